"""A model in the scene: which mesh, cameras and points belong together, and how they move as one.

The cameras and the points are children of the mesh: an artist who moves, turns or scales it takes them along, and applying the
mesh's transform leaves them where they are. So a photo can be projected onto the mesh again wherever it went: what
counts is the camera's place against the mesh's, both in Blender's world.
"""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Collection, Context, Object, Scene
from mathutils import Matrix, Vector

from ..engine import storage
from ..engine.alignment import target_from_source
from ..engine.jobs import ModelJob
from .axes import world_from_camera
from .cameras import GHOST, PHOTO, is_ghost, is_ours
from .errors import ModelError
from .moving import move_as_one, world_of

UNREGISTERED = "maquette_unregistered"  # on the model's collection, as JSON: photos without a place, and why
FOLDER = "maquette_folder"  # on the model's collection: where its result lies
ROLE = "maquette_role"  # on objects: "mesh" or "points"
ASSET_OF = "maquette_asset_of"  # on the collection of an asset: the model's collection


@dataclass(frozen=True, kw_only=True)
class Model:
    """References into bpy.data: fetch it again after an undo, never keep it."""

    collection: Collection
    mesh: Object
    cameras: tuple[Object, ...]
    points: Object | None
    ghosts: tuple[Object, ...] = ()  # where the next photos should be taken

    @property
    def folder(self) -> Path:
        """The run's OUT."""
        return Path(bpy.path.abspath(self.collection[FOLDER]))

    @property
    def objects(self) -> tuple[Object, ...]:
        """All of it, the mesh first."""
        return (self.mesh, *self.cameras, *((self.points,) if self.points else ()))


def models_in(scene: Scene) -> list[Model]:
    """Every model of the scene."""
    found = (_model_of(collection) for collection in scene.collection.children_recursive if FOLDER in collection)
    return [model for model in found if model is not None]


def active_model(context: Context) -> Model:
    """The one that the active object belongs to; else the only one there is."""
    models = models_in(context.scene)
    if not models:
        raise ModelError("There is no model in this scene yet: build one, or import a finished one.")
    active = context.view_layer.objects.active
    homes = active.users_collection if active is not None else ()
    for model in models:
        if active is not None and active in model.collection.all_objects[:]:
            return model
        if any(home.get(ASSET_OF) == model.collection for home in homes):
            return model
    if len(models) > 1:
        raise ModelError("There are several models: select the one that is meant.")
    return models[0]


def photo_of(camera: Object) -> str:
    """The name by which the engine knows the photo of one of our cameras."""
    return str(camera.data[PHOTO])


def solved_from_world(model: Model) -> Matrix:
    """Blender's world ─► the world in which the engine solved the run that lies in the model's folder now.

    It is read off the cameras, as they stand in the scene and as the run has them: so it holds wherever the artist moved, turned,
    scaled or stretched the model, applied or not, and after a new run into the same folder. Cameras moved alone are outvoted.
    """
    try:
        solved = storage.read_sparse(ModelJob(photos=(), out=model.folder).workspace / "sparse.npz")
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise ModelError(f"The model's run in {model.folder} is gone or can't be read: build it again.") from error
    places = {posed.photo.name: world_from_camera(posed.cam_from_world) for posed in solved.posed}
    here = {photo_of(camera): np.array(world_of(camera)) for camera in model.cameras}
    names = [name for name, place in here.items() if name in places and abs(np.linalg.det(place)) > 1e-18]
    if not names:
        raise ModelError("None of the model's cameras is in the scene any more: import the finished model again.")
    world = np.array([here[name] for name in names])
    return Matrix(target_from_source(world, np.array([places[name] for name in names])).tolist())


def move(model: Model, change: Matrix) -> None:
    """Moves, turns and scales the model as one (a similarity in Blender's world): mesh, cameras, points, and all their children.

    The mesh's and the points' coordinates take the change, and what hangs on them follows, so an artist's numbers stay clean.
    """
    kept = [model.mesh, *([model.points] if model.points else [])]
    move_as_one(kept, model.cameras, change)


def subject_centre(model: Model) -> Vector:
    """The middle of the mesh's bounding box, in world."""
    corners = [model.mesh.matrix_world @ Vector(corner) for corner in model.mesh.bound_box]
    return sum(corners, Vector()) / len(corners)


def _model_of(collection: Collection) -> Model | None:
    """None where the artist has deleted the mesh: what is left is theirs."""
    things = collection.all_objects[:]
    cameras = tuple(thing for thing in things if is_ours(thing) and not is_ghost(thing))
    ghosts = tuple(sorted((thing for thing in things if is_ghost(thing)), key=lambda ghost: ghost.data[GHOST]))
    meshes = [thing for thing in things if thing.type == "MESH"]
    points = next((thing for thing in meshes if thing.get(ROLE) == "points"), None)
    mesh = next((thing for thing in meshes if thing.get(ROLE) == "mesh"), None)
    if mesh is None:
        return None
    return Model(collection=collection, mesh=mesh, cameras=cameras, points=points, ghosts=ghosts)
