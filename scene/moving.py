"""A mesh and all that hangs on it, moved, turned and scaled as one, so that every object's own numbers stay clean.

The mesh's and the points' coordinates take the whole change: their location, rotation and scale stay what they were (an artist
never has to apply them), and what the artist animates or parents them to goes on working. Everything else that hangs on the
mesh, ours or the artist's, changes its place; its size goes into its data, and its scale stays as it was.
"""

from __future__ import annotations

from collections.abc import Iterable

import bpy
from bpy.types import ID, Object
from mathutils import Matrix, Vector

from .errors import ModelError

_TRANSFORMS = ("location", "rotation", "scale", "delta")


def move_as_one(kept: Iterable[Object], others: Iterable[Object], change: Matrix) -> None:
    """Applies a similarity of Blender's world to `kept`, meshes whose own numbers stay, all their children, and `others`."""
    bpy.context.view_layer.update()
    kept = list(kept)
    things = list(dict.fromkeys([*kept, *(child for mesh in kept for child in mesh.children_recursive), *others]))
    _check(things)
    before = {thing: world_of(thing) for thing in things}
    sizes = _Sizes(set(kept), things, change.median_scale)
    for thing in things:
        if thing in kept:
            sizes.transform(thing, before[thing].inverted_safe() @ change @ before[thing])
        elif not _is_animated(thing):
            sizes.grow(thing)
    after: dict[Object, Matrix] = {}
    for thing in _parents_first(things):
        if thing not in kept and thing.parent is not None and _is_animated(thing):
            _carry(thing, before, after, change)
            continue
        goal = before[thing] if thing in kept else _moved(before[thing], change)
        if thing not in kept or after.get(thing.parent) != before.get(thing.parent):
            _put(thing, goal, after)
        after[thing] = goal
    bpy.context.view_layer.update()


def world_of(thing: Object) -> Matrix:
    """Its place in Blender's world, also where its collection is switched off: then Blender's own figure is an old one."""
    if len(thing.constraints) or (thing.parent is not None and thing.parent_type != "OBJECT"):
        return thing.matrix_world.copy()
    if thing.parent is None:
        return thing.matrix_basis.copy()
    return world_of(thing.parent) @ thing.matrix_parent_inverse @ thing.matrix_basis


def _put(thing: Object, goal: Matrix, after: dict[Object, Matrix]) -> None:
    """To a place in the world, whose parent may have been moved already."""
    if thing.parent is None:
        thing.matrix_basis = goal
    elif thing.parent_type == "OBJECT":
        space = after.get(thing.parent, world_of(thing.parent)) @ thing.matrix_parent_inverse
        thing.matrix_basis = space.inverted_safe() @ goal
    else:  # a bone or vertices
        bpy.context.view_layer.update()
        thing.matrix_world = goal


def _carry(thing: Object, before: dict[Object, Matrix], after: dict[Object, Matrix], change: Matrix) -> None:
    """Its curves set its place anew at every frame: so the space that they are in is changed."""
    was = before.get(thing.parent, world_of(thing.parent))
    now = after.get(thing.parent, was)
    thing.matrix_parent_inverse = now.inverted_safe() @ change @ was @ thing.matrix_parent_inverse
    after[thing] = change @ before[thing]


def set_pivot(mesh: Object, point: Vector) -> None:
    """An object's origin goes to a point of Blender's world; its mesh and its children stay where they are."""
    if _is_animated(mesh):
        return  # its curves say where its origin is
    bpy.context.view_layer.update()
    place = world_of(mesh)
    goal = Matrix.Translation(point) @ place.to_3x3().to_4x4()
    shift = goal.inverted_safe() @ place
    mesh.data.transform(shift, shape_keys=True)
    mesh.data.update()
    _put(mesh, goal, {})
    for child in mesh.children:
        child.matrix_parent_inverse = shift @ child.matrix_parent_inverse
    bpy.context.view_layer.update()


def _moved(place: Matrix, change: Matrix) -> Matrix:
    turned = change.to_quaternion().to_matrix() @ place.to_3x3()
    return Matrix.Translation(change @ place.translation) @ turned.to_4x4()


def _parents_first(things: list[Object]) -> list[Object]:
    depth = {thing: 0 for thing in things}
    for thing in things:
        above = thing.parent
        while above is not None:
            depth[thing] += 1
            above = above.parent
    return sorted(things, key=depth.__getitem__)


def _is_animated(thing: Object) -> bool:
    """Whether keyframes or drivers set its place."""
    data = thing.animation_data
    if data is None:
        return False
    if any(driver.data_path.startswith(_TRANSFORMS) for driver in data.drivers) or len(data.nla_tracks):
        return True
    return data.action is not None


def _check(things: list[Object]) -> None:
    for thing in things:
        if thing.library is not None or (thing.data is not None and thing.data.library is not None):
            raise ModelError(f"{thing.name} comes from another file: make it local first (Object > Relations).")
        if thing.mode == "EDIT":
            raise ModelError("Leave Edit Mode first.")


class _Sizes:
    """Makes data larger or smaller, each once, and never under an object that is not meant."""

    def __init__(self, kept: set[Object], things: list[Object], scale: float) -> None:
        self.scale = scale
        self._kept = kept
        self._things = set(things)
        self._done: set[ID] = set()

    def transform(self, thing: Object, change: Matrix) -> None:
        """Coordinates, with all shape keys."""
        data = self._own(thing)
        if _is_multires(thing) and self.scale != 1.0:
            _grow_multires(thing, self.scale)
            change = change @ Matrix.Scale(1 / self.scale, 4)
        data.transform(change, shape_keys=True)
        data.remesh_voxel_size *= self.scale
        data.update()

    def grow(self, thing: Object) -> None:
        """Its size; in the data where the data can take it."""
        if self.scale == 1.0:
            return
        if thing.type == "EMPTY":
            thing.empty_display_size *= self.scale
        elif thing.type == "CAMERA":
            self._once(thing, self._grow_camera)
        elif thing.type == "MESH" and not _is_multires(thing):
            self._once(thing, self._grow_mesh)
        elif thing.type != "LIGHT":
            thing.scale *= self.scale

    def _once(self, thing: Object, grow) -> None:
        data = self._own(thing)
        if data not in self._done:
            self._done.add(data)
            grow(data)

    def _grow_mesh(self, data: ID) -> None:
        data.transform(Matrix.Scale(self.scale, 4), shape_keys=True)
        data.update()

    def _grow_camera(self, data: ID) -> None:
        data.display_size *= self.scale
        data.clip_start, data.clip_end = data.clip_start * self.scale, data.clip_end * self.scale
        data.dof.focus_distance *= self.scale
        if data.type == "ORTHO":
            data.ortho_scale *= self.scale

    def _own(self, thing: Object) -> ID:
        """Its data; a copy of its own where an object that stays uses them too."""
        if thing.data.users > 1:
            shared = [other for other in bpy.data.objects if other.data == thing.data and other != thing]
            if any(thing in self._kept or other not in self._things for other in shared):
                thing.data = thing.data.copy()
        return thing.data


def _is_multires(thing: Object) -> bool:
    return any(modifier.type == "MULTIRES" for modifier in thing.modifiers)


def _grow_multires(thing: Object, scale: float) -> None:
    """What was sculpted lies in lengths beside the coordinates; only Blender's own operator reaches them."""
    basis, inverses = (
        thing.matrix_basis.copy(),
        [(child, child.matrix_parent_inverse.copy()) for child in thing.children],
    )
    thing.matrix_basis = Matrix.Scale(scale, 4)
    with bpy.context.temp_override(object=thing, active_object=thing, selected_editable_objects=[thing]):
        bpy.ops.object.transform_apply(location=False, rotation=False, scale=True)
    thing.matrix_basis = basis
    for child, inverse in inverses:
        child.matrix_parent_inverse = inverse
