"""What Maquette keeps on Blender's own data; one file per thing. A group comes before the one that points to it."""

from __future__ import annotations

from . import asset, machine, model, photos, region_masks, retexture, run, scale, stage, stage_tools, trust, unfinished

_PARTS = (run, machine, photos, scale, retexture, region_masks, trust, unfinished, asset, stage, stage_tools, model)


def register() -> None:
    for part in _PARTS:
        part.register()


def unregister() -> None:
    for part in reversed(_PARTS):
        part.unregister()
