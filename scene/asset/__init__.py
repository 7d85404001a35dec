"""Scan to asset: a light mesh with UVs, textures, LODs and a collider, named, shelved and exported. One file per step, `recipe.py` knows the order.

All of it runs in a Blender of its own (`worker.py`), on a copy: the artist's window stays free, and the scan is never touched.
"""
