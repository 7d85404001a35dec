"""What an artist sees: the sidebar's tab in the 3D view. No logic."""

from __future__ import annotations

import bpy

from . import preferences, thumbnails
from .asset import PANELS as ASSET_PANELS
from .cameras import MAQUETTE_PT_cameras, MAQUETTE_UL_cameras
from .coverage import MAQUETTE_PT_coverage
from .ground import MAQUETTE_PT_ground
from .machine import MAQUETTE_PT_machine
from .model import MAQUETTE_PT_model
from .options import MAQUETTE_PT_options
from .photos import MAQUETTE_MT_photos, MAQUETTE_PT_photos, MAQUETTE_UL_photos
from .region_masks import MAQUETTE_PT_region_masks
from .result import MAQUETTE_PT_result
from .retexture import MAQUETTE_PT_retexture
from .stage import MAQUETTE_PT_stage, MAQUETTE_PT_stage_options
from .stage_tools import TOOLS as STAGE_TOOLS

_register_classes, _unregister_classes = bpy.utils.register_classes_factory(
    (
        MAQUETTE_UL_photos,
        MAQUETTE_MT_photos,
        MAQUETTE_PT_model,
        MAQUETTE_PT_photos,
        MAQUETTE_PT_options,
        MAQUETTE_PT_region_masks,
        MAQUETTE_PT_machine,
        MAQUETTE_PT_stage,
        *STAGE_TOOLS,
        MAQUETTE_PT_stage_options,
        MAQUETTE_PT_result,
        MAQUETTE_UL_cameras,
        MAQUETTE_PT_cameras,
        MAQUETTE_PT_coverage,
        MAQUETTE_PT_ground,
        MAQUETTE_PT_retexture,
        *ASSET_PANELS,
    )
)


def register() -> None:
    _register_classes()
    preferences.register()


def unregister() -> None:
    preferences.unregister()
    _unregister_classes()
    thumbnails.release()
