"""A stage in the scene: which relief, layers, sky and cameras belong together, and the way from the engine's world to Blender's.

All of it hangs on the relief, whose origin is where the photo was taken: scaling it there never changes the picture. What an
object is stands on it as `ROLE`; the run's folder on the collection as `STAGE`.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.types import Collection, Context, Image, Object, Scene
from mathutils import Matrix

from ...engine.single import Staged
from ...engine.single_storage import STAGE_FILE, read_stage
from ..cameras import picture_of
from ..errors import ModelError
from ..model import ROLE
from ..moving import world_of

STAGE = "maquette_stage"  # on the collection: its run's OUT
RELIEF, LAYER, SKY, CAMERA = "relief", "layer", "sky", "stage_camera"  # values of ROLE
MOVING = "moving_camera"  # of ROLE: a camera that films the stage; the matched one stays where the photo was taken
PLACE = "maquette_layer"  # on a layer: its number, 0 = furthest
FOCAL = "maquette_focal"  # on the relief's data: the lens that its shape stands for, millimetres on a 35 mm film
FIRST_FOCAL = "maquette_first_focal"  # the same as the run found it
UNIT = "maquette_unit"  # on the relief's data: how many times as large as in the engine's world it was made
MIDDLE = "maquette_middle"  # on the relief's data: how far away the middle of the picture is, in the engine's world


@dataclass(frozen=True, kw_only=True)
class StageInScene:
    """References into bpy.data: fetch it again after an undo, never keep it."""

    collection: Collection
    relief: Object
    layers: tuple[Object, ...]  # the furthest first
    sky: Object | None
    camera: Object | None  # matched to the photo; None where the artist has deleted it
    moving: Object | None  # films the stage, where there is such a camera

    @property
    def name(self) -> str:
        return str(self.collection.name)

    @property
    def folder(self) -> Path:
        """The run's OUT."""
        return Path(bpy.path.abspath(self.collection[STAGE]))

    @property
    def meshes(self) -> tuple[Object, ...]:
        """All that shows the photo, the relief first."""
        return (self.relief, *((self.sky,) if self.sky else ()), *self.layers)

    @property
    def photo(self) -> Image | None:
        """The photo, upright."""
        return picture_of(self.camera) if self.camera is not None else None

    def staged(self) -> Staged:
        """What the engine found, read from the folder each time; ModelError where that is gone."""
        try:
            return read_stage(self.folder / ".maquette" / STAGE_FILE)
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
            raise ModelError(f"The stage's folder {self.folder} is gone or can't be read: build it again.") from error

    def world_from_stage(self, staged: Staged) -> Matrix:
        """The engine's world ─► Blender's, wherever the artist moved, turned or scaled the stage, and whatever lens it has now.

        With another lens than the run's it stretches: a plane's normal goes by the inverse transpose.
        """
        data = self.relief.data
        if self.camera is None:
            return world_of(self.relief)
        wider = data[FIRST_FOCAL] / data[FOCAL]
        stretch = Matrix.Diagonal((wider, wider, 1.0, 1.0))
        cam_from_stage = Matrix([*staged.cam_from_world.tolist(), [0, 0, 0, 1]])
        axes = Matrix.Diagonal((1.0, -1.0, -1.0, 1.0))
        return world_of(self.camera) @ Matrix.Scale(data[UNIT], 4) @ axes @ stretch @ cam_from_stage


def stages_in(scene: Scene) -> list[StageInScene]:
    """Every stage of the scene."""
    found = (_stage_of(collection) for collection in scene.collection.children_recursive if STAGE in collection)
    return [stage for stage in found if stage is not None]


def active_stage(context: Context) -> StageInScene:
    """The one that the active object belongs to; else the only one there is."""
    stages = stages_in(context.scene)
    if not stages:
        raise ModelError("There is no stage in this scene yet: build one from a photo.")
    active = context.view_layer.objects.active
    for stage in stages:
        if active is not None and active in stage.collection.all_objects[:]:
            return stage
    if len(stages) > 1:
        raise ModelError("There are several stages: select the one that is meant.")
    return stages[0]


def has_stage(context: Context) -> bool:
    """Cheap, for a panel's poll."""
    return any(STAGE in collection for collection in context.scene.collection.children_recursive)


def _stage_of(collection: Collection) -> StageInScene | None:
    """None where the artist has deleted the relief: what is left is theirs."""
    by_role: dict[str, list[Object]] = {}
    for thing in collection.all_objects:
        by_role.setdefault(thing.get(ROLE, ""), []).append(thing)
    if RELIEF not in by_role:
        return None

    def first(role: str) -> Object | None:
        return next(iter(by_role.get(role, ())), None)

    return StageInScene(
        collection=collection,
        relief=by_role[RELIEF][0],
        layers=tuple(sorted(by_role.get(LAYER, ()), key=lambda layer: layer.get(PLACE, 0))),
        sky=first(SKY),
        camera=first(CAMERA),
        moving=first(MOVING),
    )
