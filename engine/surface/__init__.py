"""Stage four: oriented points ─► a clean mesh within its budget."""
