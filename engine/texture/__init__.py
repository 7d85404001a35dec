"""Stage five: mesh and views ─► UVs and a base-colour image."""
