"""Stage two: photos ─► where each was taken, and a sparse cloud."""
