"""What leaves the engine: glTF, PLY, a COLMAP model, a preview."""
