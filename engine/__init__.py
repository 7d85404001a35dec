"""Maquette's engine: photos in, a textured mesh with its cameras out. It knows nothing of Blender."""
