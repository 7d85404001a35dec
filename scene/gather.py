"""The object that an artist works on, as the engine takes it: triangles in the world in which its photos were solved."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from math import prod

import bpy
import numpy as np
from bpy.types import Context, Mesh, Object
from mathutils import Vector

from ..engine import storage
from ..engine.datatypes import F64, I32, GivenMesh, TriMesh
from ..engine.jobs import ModelJob
from .axes import world_from_camera
from .cameras import is_photo
from .errors import ModelError
from .model import FOLDER, ROLE, Model, models_in, photo_of, solved_from_world

IN_PLACE = 0.6  # of an object's bounding box must lie within the model's, or it is somewhere else
MARGIN = 0.1  # of the model's diagonal: by so much its bounding box is widened
NUDGED = 1e-3  # of the cameras' distance from one another, or as an angle: beyond, the artist moved it
COLMAP_FROM_BLENDER = np.diag([1.0, -1.0, -1.0])


@dataclass(frozen=True, kw_only=True)
class PlacedCameras:
    """The photos to take colours from, as their cameras stand now in the world in which they were solved."""

    poses: dict[str, F64]  # by the photo's name
    moved: tuple[str, ...]  # photos whose cameras the artist moved
    left_out: tuple[str, ...]  # photos whose cameras he deleted or hid from renders


@dataclass(frozen=True, kw_only=True)
class Gathered:
    """What goes to the engine, and where its UVs belong."""

    mesh: GivenMesh
    corners: I32  # (F, 3) which of the mesh's own corners each triangle's corners are
    uv_map: str  # empty where there is none
    own_corners: bool  # they are the object's own, and not only those that its modifiers made
    cameras: PlacedCameras


def target_of(context: Context) -> tuple[Model, Object]:
    """The mesh to texture and the model whose photos it gets: the active mesh, else the model's own."""
    active = context.view_layer.objects.active
    if active is not None and active.type == "MESH" and active.get(ROLE) != "points":
        return model_for(context, active), active
    models = models_in(context.scene)
    for model in models:
        if active is not None and active in model.objects:
            return model, model.mesh
    if len(models) == 1:
        return models[0], models[0].mesh
    raise ModelError("Select the mesh that the photos are to colour.")


def model_for(context: Context, thing: Object) -> Model:
    """The model whose photos show an object: the one that it is part of, else the one where it lies.

    An artist may have deleted the scan itself: its cameras do, and the object stands in for it.
    """
    found = []
    for collection in context.scene.collection.children_recursive:
        if FOLDER in collection:
            things = collection.all_objects[:]
            cameras = tuple(one for one in things if is_photo(one))
            scan = _scan(things, cameras) or thing
            if thing in things and cameras:
                return Model(collection=collection, mesh=scan, cameras=cameras, points=None)
            if cameras:
                found.append(Model(collection=collection, mesh=scan, cameras=cameras, points=None))
    if not found:
        raise ModelError("There are no cameras with photos in this scene: build a model, or import a finished one.")
    return max(found, key=lambda model: overlap(model, thing))


def _scan(things: list[Object], cameras: tuple[Object, ...]) -> Object | None:
    """The mesh that the run made. A duplicate has all its marks, but the cameras hang on the first."""
    parents = [camera.parent for camera in cameras if camera.parent is not None and camera.parent.type == "MESH"]
    marked = [one for one in things if one.type == "MESH" and one.get(ROLE) == "mesh"]
    return next(iter(parents + marked), None)


def overlap(model: Model, thing: Object) -> float:
    """0..1: how much of an object's bounding box lies within the model's. 1 for the model itself."""
    if thing == model.mesh:
        return 1.0
    low, high = _bounds(model.mesh)
    margin = MARGIN * (high - low).length
    mine_low, mine_high = _bounds(thing)
    thin = 1e-3 * max((mine_high - mine_low).length, 1e-9)
    shares = []
    for axis in range(3):
        common = min(high[axis] + margin, mine_high[axis]) - max(low[axis] - margin, mine_low[axis])
        shares.append(max(common + thin, 0.0) / (mine_high[axis] - mine_low[axis] + thin))
    return min(prod(shares), 1.0)


def is_in_place(model: Model, thing: Object) -> bool:
    """Whether it lies where the photos show it; cheap enough to be asked at every redraw."""
    return overlap(model, thing) >= IN_PLACE


def put_back(model: Model, thing: Object) -> None:
    """An object that was copied from the model and moved goes back onto it; ModelError where that is no help."""
    before = thing.matrix_world.copy()
    thing.matrix_world = model.mesh.matrix_world
    bpy.context.view_layer.update()
    if not is_in_place(model, thing):
        thing.matrix_world = before
        bpy.context.view_layer.update()
        raise ModelError(
            f"{thing.name} does not fit the model in its own coordinates either: move it onto the model by hand."
        )


def gather(context: Context, model: Model, thing: Object, *, modifiers: bool) -> Gathered:
    """The object with or without its modifiers; ModelError where there are no faces or no cameras."""
    _flush(context, thing)
    solved = solved_from_world(model)
    changed = modifiers and (len(thing.modifiers) > 0 or thing.data.shape_keys is not None)
    if changed:
        thing.data.update_tag()  # a script may have changed the mesh without a word
        context.view_layer.update()
    shown = thing.evaluated_get(context.evaluated_depsgraph_get()) if changed else thing
    mesh = shown.to_mesh()
    try:
        into = np.array(solved @ thing.matrix_world, np.float64)
        given, corners, uv_map = _triangles(mesh, into)
        own = len(mesh.loops) == len(thing.data.loops) and len(mesh.polygons) == len(thing.data.polygons)
    finally:
        shown.to_mesh_clear()
    cameras = placed_cameras(model, np.array(solved, np.float64))
    surface, polygons, uvs = given
    return Gathered(
        mesh=GivenMesh(surface=surface, polygons=polygons, corner_uvs=uvs, poses=cameras.poses),
        corners=corners,
        uv_map=uv_map,
        own_corners=own,
        cameras=cameras,
    )


def _flush(context: Context, thing: Object) -> None:
    """What an editing mode has not written into the mesh yet."""
    thing.update_from_editmode()
    sculpted = thing.mode == "SCULPT" and (
        thing.use_dynamic_topology_sculpting or any(modifier.type == "MULTIRES" for modifier in thing.modifiers)
    )
    if sculpted and context.view_layer.objects.active == thing:
        bpy.ops.object.mode_set(mode="OBJECT")
        bpy.ops.object.mode_set(mode="SCULPT")


def _triangles(mesh: Mesh, into: F64) -> tuple[tuple[TriMesh, I32, np.ndarray | None], I32, str]:
    corners, polygons = _corners_of_triangles(mesh)
    if not len(corners):
        raise ModelError("The object has no faces.")
    vertex_of = np.empty(len(mesh.loops), np.int32)
    stored = mesh.attributes.get(".corner_vert")  # ten times as fast as the loops' own
    if stored is not None:
        stored.data.foreach_get("value", vertex_of)
    else:
        mesh.loops.foreach_get("vertex_index", vertex_of)
    faces = vertex_of[corners]
    if np.linalg.det(into[:3, :3]) < 0:  # mirrored: what looked outwards would look inwards
        faces, corners = faces[:, ::-1], corners[:, ::-1]
    places = np.empty(len(mesh.vertices) * 3, np.float32)
    mesh.vertices.foreach_get("co", places)
    vertices = (places.reshape(-1, 3) @ into[:3, :3].T + into[:3, 3]).astype(np.float32)
    layer = mesh.uv_layers.active
    uvs = None
    if layer is not None and len(layer.uv):
        flat = np.empty(len(mesh.loops) * 2, np.float32)
        layer.uv.foreach_get("vector", flat)
        uvs = flat.reshape(-1, 2)[corners]
    surface = TriMesh(vertices=vertices, faces=np.ascontiguousarray(faces), filled=np.zeros(len(faces), bool))
    return (surface, polygons, uvs), np.ascontiguousarray(corners), layer.name if uvs is not None else ""


def _corners_of_triangles(mesh: Mesh) -> tuple[I32, I32]:
    """(F, 3) the mesh's corners that make up each triangle, and (F,) its polygon. A scan has nothing but triangles: that is quick."""
    count = len(mesh.polygons)
    if len(mesh.loops) == 3 * count:
        return np.arange(3 * count, dtype=np.int32).reshape(-1, 3), np.arange(count, dtype=np.int32)
    mesh.calc_loop_triangles()
    corners = np.empty(len(mesh.loop_triangles) * 3, np.int32)
    mesh.loop_triangles.foreach_get("loops", corners)
    starts = np.empty(count, np.int32)
    mesh.polygons.foreach_get("loop_start", starts)
    corners = corners.reshape(-1, 3)
    return corners, (np.searchsorted(starts, corners[:, 0], side="right") - 1).astype(np.int32)


def placed_cameras(model: Model, solved_from_blender: F64) -> PlacedCameras:
    """ModelError where none is left.

    A camera counts where it stands now: so a badly solved one can be set right by hand. Deleting it, or hiding it from renders,
    leaves its photo out. Those that nobody touched get exactly what was solved.
    """
    try:
        sparse = storage.read_sparse(ModelJob(photos=(), out=model.folder).workspace / "sparse.npz")
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise ModelError(f"The model's run in {model.folder} is gone or can't be read: build it again.") from error
    here = {photo_of(camera): camera for camera in model.cameras}
    solved = {posed.photo.name: posed.cam_from_world for posed in sparse.posed}
    centres = np.array([world_from_camera(pose)[:3, 3] for pose in solved.values()])
    spread = float(np.median(np.linalg.norm(centres - np.median(centres, axis=0), axis=1)))
    poses, moved, left_out = {}, [], []
    for name, pose in solved.items():
        camera = here.get(name)
        if camera is None or camera.hide_render:
            left_out.append(name)
            continue
        now = _pose_of(solved_from_blender @ np.array(camera.matrix_world, np.float64))
        shift = np.linalg.norm(now[:, :3].T @ now[:, 3] - pose[:, :3].T @ pose[:, 3])
        turn = np.linalg.norm(now[:, :3] - pose[:, :3])
        if shift > NUDGED * max(spread, 1e-9) or turn > NUDGED:
            moved.append(name)
            poses[name] = now
        else:
            poses[name] = pose
    if not poses:
        raise ModelError("All cameras are deleted or hidden from renders, so there is no photo to take colours from.")
    return PlacedCameras(poses=poses, moved=tuple(moved), left_out=tuple(left_out))


def _pose_of(placed: F64) -> F64:
    """A Blender camera's placement in the solved world -> cam_from_world."""
    u, _, vt = np.linalg.svd(placed[:3, :3])
    rotation = COLMAP_FROM_BLENDER @ (u @ vt).T
    return np.concatenate([rotation, (-rotation @ placed[:3, 3])[:, None]], axis=1)


def _bounds(thing: Object) -> tuple[Vector, Vector]:
    corners = [thing.matrix_world @ Vector(corner) for corner in thing.bound_box]
    low, high = (Vector([pick(corner[axis] for corner in corners) for axis in range(3)]) for pick in (min, max))
    return low, high
