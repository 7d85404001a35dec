"""Mesh and poses ─► how well the photos cover the surface, how well each camera fits, and where the next photos should be taken."""
