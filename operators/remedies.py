"""What helps: for each thing that can go wrong, by its code, the buttons that the panel shows below the sentence about it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(frozen=True)
class Remedy:
    """A button: an operator, what the button says, and how the operator is set."""

    operator: str
    label: str
    icon: str
    settings: dict[str, Any] = field(default_factory=dict)


ADD = Remedy("maquette.add_photos", "Add Photos", "FILE_IMAGE")
STAGE = Remedy("maquette.build_stage", "Stage from This Photo", "VIEW_PERSPECTIVE", {"listed": True})
CHOOSE_STAGE = Remedy("maquette.stage_photo", "Choose Photo…", "FILE_IMAGE")
CHECK = Remedy("maquette.check_photos", "Check Photos", "VIEWZOOM")
TICK = Remedy("maquette.tick_photos", "Tick All", "CHECKBOX_HLT", {"action": "ALL"})
FIND_PHOTOS = Remedy("maquette.find_photos", "Find Photos…", "VIEWZOOM")
FIND_RESULT = Remedy("maquette.find_result", "Find Result Folder…", "FILE_FOLDER")
OTHER_FOLDER = Remedy("maquette.choose_output", "Another Folder…", "FILE_FOLDER")
FREE_SPACE = Remedy("maquette.empty_cache", "Free Up Space", "TRASH")
PREFERENCES = Remedy("maquette.open_preferences", "Preferences", "PREFERENCES")
LOG = Remedy("maquette.open_log", "Open Log", "TEXT")
SAVE = Remedy("wm.save_as_mainfile", "Save the .blend…", "FILE_TICK")
PACK = Remedy("wm.context_set_enum", "Pack It", "PACKAGE", {"data_path": "scene.maquette.storage", "value": "PACKED"})
DRAFT = Remedy(
    "wm.context_set_enum", "Use Draft", "MODIFIER", {"data_path": "scene.maquette.quality", "value": "draft"}
)
NO_MASKS = Remedy("wm.context_set_string", "Without Masks", "X", {"data_path": "scene.maquette.masks", "value": ""})
RUN_PHOTOS = Remedy("maquette.find_retexture_photos", "Find Photos…", "VIEWZOOM")
PUT_BACK = Remedy("maquette.put_back", "Put Back onto the Model", "LOOP_BACK")
NEW_UVS = Remedy(
    "wm.context_set_boolean", "Make New UVs", "UV", {"data_path": "scene.maquette.retexture.new_uvs", "value": True}
)
NO_MODIFIERS = Remedy(
    "wm.context_set_boolean",
    "Without Modifiers",
    "MODIFIER_OFF",
    {"data_path": "scene.maquette.retexture.modifiers", "value": False},
)
AUTO_DEVICE = Remedy("maquette.open_preferences", "Choose a Device", "PREFERENCES")
NETWORKS = Remedy("maquette.open_preferences", "Depth Networks", "PREFERENCES")
ADD_PACK = Remedy("maquette.add_pack", "Add PyTorch Pack…", "IMPORT")
ONLINE = Remedy("extensions.userpref_allow_online", "Allow Online Access", "INTERNET")
HIDE = Remedy("maquette.hide_around", "Hide It", "HIDE_ON")
OWN_NETWORK = Remedy(
    "wm.context_set_enum",
    "Use Maquette's Own",
    "FILE_TICK",
    {"data_path": "scene.maquette.stage.provider", "value": "embedded"},
)

REMEDIES: dict[str, tuple[Remedy, ...]] = {
    # before a run
    "no_photos": (ADD,),
    "none_ticked": (TICK,),
    "photos_missing": (FIND_PHOTOS,),
    "photo_gone": (FIND_PHOTOS,),
    "missing_path": (FIND_PHOTOS,),
    "not_saved": (SAVE, PACK),
    "masks_missing": (NO_MASKS,),
    "libraries_missing": (PREFERENCES,),
    "library_missing": (PREFERENCES,),
    "device_missing": (AUTO_DEVICE,),
    # too few or unfit photos
    "one_photo": (STAGE, ADD),
    "too_few_photos": (ADD,),
    "too_few_registered": (CHECK, ADD),
    "no_overlap": (CHECK, ADD),
    "no_parallax": (CHECK, ADD),
    "no_depth": (CHECK, ADD),
    # a stage
    "no_stage_photo": (CHOOSE_STAGE,),
    "stage_photo_gone": (CHOOSE_STAGE,),
    "stands_inside": (HIDE,),
    # while it runs (the panel offers to go on wherever that helps)
    "crashed": (LOG,),
    "defect": (LOG,),
    "out_of_memory": (DRAFT,),
    "disk_full": (FREE_SPACE, OTHER_FOLDER),
    "read_only": (OTHER_FOLDER,),
    "write_failed": (OTHER_FOLDER,),
    "out_is_file": (OTHER_FOLDER,),
    "busy": (OTHER_FOLDER,),
    "device_cpu": (AUTO_DEVICE,),
    "device_lost": (AUTO_DEVICE,),
    # at retexturing
    "photos_gone": (RUN_PHOTOS,),
    "away": (PUT_BACK,),
    "little_agreement": (PUT_BACK,),
    "not_in_photos": (PUT_BACK,),
    "no_uvs": (NEW_UVS,),
    "uvs_missing": (NEW_UVS,),
    "modified_uvs": (NO_MODIFIERS,),
    # what a file misses that was moved, or whose folders were
    "pictures_missing": (FIND_PHOTOS,),
    "result_missing": (FIND_RESULT,),
    "broken_result": (FIND_RESULT,),
    # a single photo's depth from a network of the artist's, and the pack that opens it
    "pack_missing": (ADD_PACK, OWN_NETWORK),
    "pack_broken": (NETWORKS, OWN_NETWORK),
    "pack_network": (ADD_PACK,),
    "pack_failed": (ADD_PACK, LOG),
    "offline": (ONLINE,),
    "weights_missing": (NETWORKS, OWN_NETWORK),
    "weights_unknown": (NETWORKS, OWN_NETWORK),
    "weights_broken": (NETWORKS, OWN_NETWORK),
    "weights_unfit": (NETWORKS, OWN_NETWORK),
    "wrong_weights": (NETWORKS, OWN_NETWORK),
    "pickle_refused": (NETWORKS, OWN_NETWORK),
    "onnx_wanted": (NETWORKS, OWN_NETWORK),
    "onnx_unknown": (NETWORKS, OWN_NETWORK),
    "no_depth_read": (OWN_NETWORK,),
}
