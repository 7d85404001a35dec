"""Stage three: views ─► a depth map for each, and their fusion."""
