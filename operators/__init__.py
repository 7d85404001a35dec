"""What an artist can do; one file each."""

from __future__ import annotations

import bpy

from ..scene import previews
from . import (
    add_pack,
    after_load,
    cache_size,
    command,
    found_drawing,
    gesture_drawing,
    looked_up,
    mask_drawing,
    runner,
    wipe_drawing,
)
from .add_pack import MAQUETTE_OT_add_pack, MAQUETTE_OT_install_pack, MAQUETTE_OT_remove_pack
from .add_photos import (
    MAQUETTE_FH_photos,
    MAQUETTE_OT_add_photo_folder,
    MAQUETTE_OT_add_photos,
    MAQUETTE_OT_paste_photos,
)
from .build_model import MAQUETTE_OT_build_model
from .build_stage import MAQUETTE_OT_build_stage
from .cancel import MAQUETTE_OT_cancel
from .check_capture import MAQUETTE_OT_show_coverage
from .check_photos import MAQUETTE_OT_check_photos
from .choose_output import MAQUETTE_OT_choose_output
from .choose_photos import (
    MAQUETTE_OT_find_photos,
    MAQUETTE_OT_refresh_photos,
    MAQUETTE_OT_remove_photos,
    MAQUETTE_OT_tick_photos,
)
from .clear_ghosts import MAQUETTE_OT_clear_ghosts
from .compare_photo import MAQUETTE_OT_compare_photo
from .empty_cache import MAQUETTE_OT_empty_cache
from .find_cameras import MAQUETTE_OT_find_cameras
from .find_result import MAQUETTE_OT_find_result
from .find_retexture_photos import MAQUETTE_OT_find_retexture_photos
from .fit_box import MAQUETTE_OT_fit_box
from .floor_from_lowest import MAQUETTE_OT_floor_from_lowest
from .hide_around import MAQUETTE_OT_hide_around
from .import_result import MAQUETTE_OT_import_result
from .import_stage import MAQUETTE_OT_import_stage
from .lay_on_floor import MAQUETTE_OT_lay_on_floor
from .look_through import MAQUETTE_OT_leave_camera, MAQUETTE_OT_look_through, MAQUETTE_OT_next_camera
from .make_asset import MAQUETTE_OT_make_asset, MAQUETTE_OT_show_asset
from .marker_sheet import MAQUETTE_OT_marker_sheet
from .masks_from_model import MAQUETTE_OT_masks_from_model
from .match_stage import MAQUETTE_OT_match_stage
from .move_origin import MAQUETTE_OT_move_origin
from .open_log import MAQUETTE_OT_open_log
from .open_preferences import MAQUETTE_OT_open_preferences
from .put_back import MAQUETTE_OT_put_back
from .retexture import MAQUETTE_OT_retexture
from .scale_from_card import MAQUETTE_OT_scale_from_card
from .scale_from_markers import MAQUETTE_OT_scale_from_markers
from .selftest import MAQUETTE_OT_copy_machine, MAQUETTE_OT_selftest
from .set_front import MAQUETTE_OT_set_front
from .set_scale import MAQUETTE_OT_set_scale
from .show_overlay import MAQUETTE_OT_show_overlay
from .show_texture import MAQUETTE_OT_show_texture
from .stage_export import MAQUETTE_OT_stage_exr, MAQUETTE_OT_stage_film, MAQUETTE_OT_stage_glb
from .stage_focus import MAQUETTE_OT_stage_focus, MAQUETTE_OT_stage_unfocus
from .stage_fog import MAQUETTE_OT_stage_clear_fog, MAQUETTE_OT_stage_fog
from .stage_light import MAQUETTE_OT_stage_add, MAQUETTE_OT_stage_clear_light, MAQUETTE_OT_stage_light
from .stage_move import MAQUETTE_OT_stage_move, MAQUETTE_OT_stage_rest
from .stage_photo import MAQUETTE_FH_stage, MAQUETTE_OT_clear_stage_photo, MAQUETTE_OT_stage_photo
from .stage_subject import MAQUETTE_OT_stage_clear_subject, MAQUETTE_OT_stage_pick_subject, MAQUETTE_OT_stage_subject
from .unfinished import MAQUETTE_OT_forget, MAQUETTE_OT_resume
from .wipe_photo import MAQUETTE_OT_wipe_photo

_register_classes, _unregister_classes = bpy.utils.register_classes_factory(
    (
        MAQUETTE_OT_add_pack,
        MAQUETTE_OT_install_pack,
        MAQUETTE_OT_remove_pack,
        MAQUETTE_OT_add_photo_folder,
        MAQUETTE_OT_add_photos,
        MAQUETTE_OT_build_model,
        MAQUETTE_OT_cancel,
        MAQUETTE_OT_resume,
        MAQUETTE_OT_forget,
        MAQUETTE_OT_choose_output,
        MAQUETTE_OT_find_result,
        MAQUETTE_OT_open_preferences,
        MAQUETTE_OT_copy_machine,
        MAQUETTE_OT_empty_cache,
        MAQUETTE_OT_import_result,
        MAQUETTE_OT_hide_around,
        MAQUETTE_OT_look_through,
        MAQUETTE_OT_scale_from_markers,
        MAQUETTE_OT_scale_from_card,
        MAQUETTE_OT_marker_sheet,
        MAQUETTE_OT_next_camera,
        MAQUETTE_OT_leave_camera,
        MAQUETTE_OT_wipe_photo,
        MAQUETTE_OT_compare_photo,
        MAQUETTE_OT_show_coverage,
        MAQUETTE_OT_show_overlay,
        MAQUETTE_OT_clear_ghosts,
        MAQUETTE_OT_open_log,
        MAQUETTE_OT_set_scale,
        MAQUETTE_OT_set_front,
        MAQUETTE_OT_move_origin,
        MAQUETTE_OT_lay_on_floor,
        MAQUETTE_OT_floor_from_lowest,
        MAQUETTE_OT_selftest,
        MAQUETTE_OT_check_photos,
        MAQUETTE_OT_find_photos,
        MAQUETTE_OT_paste_photos,
        MAQUETTE_OT_refresh_photos,
        MAQUETTE_OT_remove_photos,
        MAQUETTE_OT_tick_photos,
        MAQUETTE_FH_photos,
        MAQUETTE_OT_make_asset,
        MAQUETTE_OT_show_asset,
        MAQUETTE_OT_find_retexture_photos,
        MAQUETTE_OT_put_back,
        MAQUETTE_OT_retexture,
        MAQUETTE_OT_show_texture,
        MAQUETTE_OT_find_cameras,
        MAQUETTE_OT_fit_box,
        MAQUETTE_OT_masks_from_model,
        MAQUETTE_OT_build_stage,
        MAQUETTE_OT_import_stage,
        MAQUETTE_OT_match_stage,
        MAQUETTE_OT_stage_photo,
        MAQUETTE_OT_clear_stage_photo,
        MAQUETTE_FH_stage,
        MAQUETTE_OT_stage_move,
        MAQUETTE_OT_stage_rest,
        MAQUETTE_OT_stage_focus,
        MAQUETTE_OT_stage_unfocus,
        MAQUETTE_OT_stage_fog,
        MAQUETTE_OT_stage_clear_fog,
        MAQUETTE_OT_stage_light,
        MAQUETTE_OT_stage_clear_light,
        MAQUETTE_OT_stage_add,
        MAQUETTE_OT_stage_subject,
        MAQUETTE_OT_stage_pick_subject,
        MAQUETTE_OT_stage_clear_subject,
        MAQUETTE_OT_stage_film,
        MAQUETTE_OT_stage_glb,
        MAQUETTE_OT_stage_exr,
    )
)


def register() -> None:
    _register_classes()
    command.register()
    after_load.register()
    wipe_drawing.register()
    mask_drawing.register()
    found_drawing.register()


def unregister() -> None:
    runner.end_all()
    gesture_drawing.end_all()
    found_drawing.unregister()
    mask_drawing.unregister()
    wipe_drawing.unregister()
    previews.close_all()
    after_load.unregister()
    cache_size.unregister()
    add_pack.unregister()
    looked_up.unregister()
    command.unregister()
    _unregister_classes()
