"""Engine results ─► Blender data; the only writer of bpy.data."""
