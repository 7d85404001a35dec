"""What makes a new object sit in the picture: a sun like the photo's, and what it throws its shadow on.

In Cycles the photo itself is left alone: a twin of the relief, and a ground plane, only catch shadows. They are rendered
with the new objects as a view layer of their own, which the compositor lays over the photo. So the camera may move, things of the
photo stand before the new object, and where no shadow falls every pixel is the photo's. EEVEE knows no shadow catchers.
"""

from __future__ import annotations

import math

import bmesh
import bpy
import numpy as np
from bpy.types import Collection, Context, Material, Object, Scene, World
from mathutils import Matrix, Vector

from ..errors import ModelError
from ..model import ROLE
from ..moving import world_of
from .camera import photo_size
from .find import StageInScene
from .fog import fog_of, linear, looked_at, wear
from .layers_for_light import CATCHER, CATCHERS, LIGHTS, catchers_of, follow_relief, split, unsplit
from .objects import home_of, objects_of
from .outline import outline_of
from .rays import depth_of, matched, ray_of, turned, under

SUN, GROUND, ADDED = "sun", "ground", "added"  # values of ROLE
AMBIENT, BEFORE = "maquette_ambient", "maquette_before"  # on a world that we made; the one in whose place it is
GREY = 0.5  # the usual albedo of what a photo shows
DEFAULT_SUN = Vector((-0.5, -0.45, 0.75))  # over the photographer's left shoulder
GROUND_SIZE = 6.0  # times the distance of the pivot
ON_GROUND = 0.15  # of its distance: so far from the ground may a place lie and still be meant to be on it


def sun_of(stage: StageInScene) -> Object | None:
    """The stage's sun, if it has one."""
    return _of_role(stage, SUN)


def add_light(context: Context, stage: StageInScene, *, use_cycles: bool = True) -> Object:
    """Sun, ambient light, shadow catchers, view layer and compositor: all of it, or what is missing of it."""
    sun = set_sun(context, stage)
    catch(context, stage)
    if use_cycles:
        context.scene.render.engine = "CYCLES"
    return sun


def set_sun(context: Context, stage: StageInScene) -> Object:
    """The sun and the ambient light, as bright and as warm as the photo lets one guess."""
    scene, staged = context.scene, outline_of(stage)
    to_sun = Vector(staged.sun) if staged.sun is not None else DEFAULT_SUN
    towards = (stage.world_from_stage(staged).to_3x3() @ to_sun).normalized()
    sun = _of_role(stage, SUN)
    if sun is None:
        data = bpy.data.lights.new(f"{stage.name} Sun", "SUN")
        sun = bpy.data.objects.new(data.name, data)
        sun[ROLE] = SUN
        home = bpy.data.collections.new(f"{stage.name} Light")
        home[LIGHTS] = True
        home.objects.link(sun)
        stage.collection.children.link(home)
    colour, strength, ambient = guess_light(stage, max(float(to_sun.normalized().z), 0.3))
    sun.data.color, sun.data.energy, sun.data.angle = colour, strength, math.radians(3)
    distance = staged.pivot * world_scale(stage)
    sun.matrix_world = (
        Matrix.Translation(world_of(matched(stage)).translation + distance * (towards + Vector((0, 0, 0.2))))
        @ towards.to_track_quat("Z", "Y").to_matrix().to_4x4()
    )
    _hang(stage, sun)
    _ambient(scene, ambient)
    return sun


def guess_light(stage: StageInScene, height: float) -> tuple[tuple[float, ...], float, tuple[float, ...]]:
    """(colour, strength) of the sun and the ambient light, so that grey under them is as bright as the photo in light and shade."""
    image = stage.photo
    if image is None:
        return (1.0, 0.96, 0.9), 3.0, (0.4, 0.4, 0.4)
    colours, _, sky = looked_at(stage)
    if sky.mean() > 0.9:
        sky = np.zeros_like(sky)
    pixels = linear(colours[~sky])  # the sky is no thing in the light
    brightness = pixels @ np.array([0.2126, 0.7152, 0.0722])
    light, shade = np.percentile(brightness, (80, 25))
    bright = pixels[(brightness >= light) & (brightness <= np.percentile(brightness, 98))].mean(0)
    dark = pixels[brightness <= max(shade, brightness.min())].mean(0)
    tint = 0.5 + 0.5 * bright / max(bright.max(), 1e-6)  # half of it may be the things' own colour
    ambient = (0.5 * dark + 0.5 * dark.mean()) / GREY
    strength = math.pi * max(light - shade, 0.05) / GREY / height
    return tuple(map(float, tint)), float(np.clip(strength, 0.2, 12.0)), tuple(map(float, np.clip(ambient, 0.02, 2.0)))


def catch(context: Context, stage: StageInScene) -> None:
    """The shadow catchers, in a view layer of their own with what was added, laid over the photo."""
    scene = context.scene
    home_of(stage)  # before the view layers are told what they show
    home = catchers_of(stage)
    if home is None:
        home = bpy.data.collections.new(f"{stage.name} Shadow Catchers")
        home[CATCHERS] = True
        stage.collection.children.link(home)
    twin = _of_role(stage, CATCHER)
    if twin is None:
        twin = bpy.data.objects.new(f"{stage.name} Shadow Catcher", stage.relief.data)
        twin[ROLE] = CATCHER
        home.objects.link(twin)
        twin.parent = stage.relief
    follow_relief(stage)
    twin.is_shadow_catcher = True
    for slot in twin.material_slots:  # what shines can't be shaded: the twin takes light like paper
        slot.link = "OBJECT"
        slot.material = slot.material or _matt(f"{stage.name} Shadow Catcher")
    if _of_role(stage, GROUND) is None:
        _make_ground(stage, home)
    split(scene, stage, home)


def ground_plane(stage: StageInScene) -> tuple[Vector, Vector] | None:
    """(a point of it, its normal) in Blender's world: the artist's ground plane if there is one, else what the engine found."""
    plane = _of_role(stage, GROUND)
    if plane is not None:
        place = world_of(plane)
        return place.translation.copy(), (place.to_3x3() @ Vector((0, 0, 1))).normalized()
    staged = outline_of(stage)
    if staged.ground is None:
        return None
    normal, offset = Vector(staged.ground[:3]), float(staged.ground[3])
    into = stage.world_from_stage(staged)
    before = Vector((0, staged.pivot, 0))  # below what the camera looks at
    foot = before - normal * (normal.dot(before) + offset) / normal.length_squared
    return into @ foot, turned(into, normal)


def place_for(stage: StageInScene, origin: Vector, direction: Vector) -> tuple[Vector, Vector]:
    """Where a new object stands that was clicked along this ray, and which way is up there."""
    hit, ground = under(stage, origin, direction), ground_plane(stage)
    if ground is not None:
        point, normal = ground
        slope = direction.dot(normal)
        along = (point - origin).dot(normal) / slope if abs(slope) > 1e-6 else -1.0
        on_ground = origin + along * direction
        if along > 0 and (hit is None or (on_ground - hit.point).length < ON_GROUND * (hit.point - origin).length):
            return on_ground, normal
    if hit is None:
        raise ModelError("There is nothing to stand on at that place.")
    return hit.point, Vector((0, 0, 1))


def add_object(
    context: Context, stage: StageInScene, ray: tuple[Vector, Vector], what: str, size: float
) -> Object | None:
    """Puts something where the ray meets the ground: `size` is its height as a share of the picture's. "CURSOR": the cursor alone."""
    point, up = place_for(stage, *ray)
    context.scene.cursor.location = point
    if what == "CURSOR":
        return None
    height = size * depth_of(stage, point) * picture_height(stage)
    thing = context.view_layer.objects.active if what == "ACTIVE" else _primitive(what)
    if thing is None or thing in stage.collection.objects[:]:
        raise ModelError("Select the object that is to stand there first.")
    if what != "ACTIVE":
        home_of(stage).objects.link(thing)
        thing[ROLE] = ADDED
    elif thing not in objects_of(stage):
        home_of(stage).objects.link(thing)
    _stand(context, thing, point, up, height, stage)
    if what != "ACTIVE":  # an artist's own object stays theirs
        _hang(stage, thing)
    group = fog_of(stage)
    if group is not None and thing.type == "MESH":
        wear(thing, group)
    for other in context.view_layer.objects:
        other.select_set(False)
    if thing.name in context.view_layer.objects:
        thing.select_set(True)
        context.view_layer.objects.active = thing
    return thing


def picture_height(stage: StageInScene) -> float:
    """How high the picture is at distance 1."""
    middle = photo_size(stage)
    top, bottom = ray_of(stage, (middle[0] / 2, 0)), ray_of(stage, (middle[0] / 2, middle[1]))
    axis = (world_of(matched(stage)).to_3x3() @ Vector((0, 0, -1))).normalized()
    return float((top[1] / top[1].dot(axis) - bottom[1] / bottom[1].dot(axis)).length)


def world_scale(stage: StageInScene) -> float:
    """Blender's units to one of the engine's."""
    return float(stage.world_from_stage(outline_of(stage)).median_scale)


def clear_light(context: Context, stage: StageInScene) -> None:
    """Sun, catchers and view layers go; what the artist added stays."""
    unsplit(context.scene)
    _clear_ambient(context.scene)
    for role in (SUN, CATCHER, GROUND):
        thing = _of_role(stage, role)
        if thing is not None:
            bpy.data.objects.remove(thing)
    for home in list(stage.collection.children):
        if CATCHERS in home or (LIGHTS in home and not home.objects):
            bpy.data.collections.remove(home)


def _make_ground(stage: StageInScene, home: Collection) -> None:
    found = ground_plane(stage)
    if found is None:
        return  # the relief's twin catches alone
    point, up = found
    staged = outline_of(stage)
    half = GROUND_SIZE * staged.pivot * world_scale(stage) / 2
    mesh = bpy.data.meshes.new(f"{stage.name} Ground")
    mesh.from_pydata([(-half, -half, 0), (half, -half, 0), (half, half, 0), (-half, half, 0)], [], [(0, 1, 2, 3)])
    plane = bpy.data.objects.new(mesh.name, mesh)
    plane[ROLE] = GROUND
    plane.is_shadow_catcher = True
    home.objects.link(plane)
    plane.matrix_world = Matrix.Translation(point) @ up.to_track_quat("Z", "Y").to_matrix().to_4x4()
    _hang(stage, plane)


def _hang(stage: StageInScene, thing: Object) -> None:
    """It goes where the stage goes, and stays where it is now."""
    here = thing.matrix_basis.copy() if thing.parent is None else world_of(thing)
    thing.parent = stage.relief
    thing.matrix_parent_inverse = world_of(stage.relief).inverted_safe()
    thing.matrix_basis = here


def _of_role(stage: StageInScene, role: str) -> Object | None:
    return next((thing for thing in stage.collection.all_objects if thing.get(ROLE) == role), None)


def _ambient(scene: Scene, colour: tuple[float, ...]) -> None:
    """A world of ours in the place of a plain one: what an artist has made of theirs stays."""
    before = scene.world
    if before is not None and not _is_plain(before):
        return
    world = before
    if world is None or AMBIENT not in world:
        world = scene.world = bpy.data.worlds.new("Photo's Soft Light")
        world[AMBIENT] = True
        if before is not None:
            world[BEFORE] = before
    if bpy.app.version < (5, 0):
        world.use_nodes = True
    background = next(node for node in world.node_tree.nodes if node.type == "BACKGROUND")
    background.inputs["Color"].default_value = (*colour, 1.0)
    background.inputs["Strength"].default_value = 1.0


def _clear_ambient(scene: Scene) -> None:
    world = scene.world
    if world is not None and AMBIENT in world:
        scene.world = world.get(BEFORE)
        if world.users == 0:
            bpy.data.worlds.remove(world)


def _is_plain(world: World) -> bool:
    """Ours, or as Blender makes one: a grey without a picture."""
    if AMBIENT in world or world.node_tree is None:
        return True
    kinds = {node.type for node in world.node_tree.nodes}
    return kinds <= {"BACKGROUND", "OUTPUT_WORLD"}


def _primitive(what: str) -> Object:
    """Of size 1, standing on its origin, unlinked."""
    shape = bmesh.new()
    if what == "CUBE":
        bmesh.ops.create_cube(shape, size=1.0)
    elif what == "SPHERE":
        bmesh.ops.create_uvsphere(shape, u_segments=48, v_segments=24, radius=0.5)
    elif what == "MONKEY":
        bmesh.ops.create_monkey(shape, matrix=Matrix.Scale(0.5, 4))
    else:
        bmesh.ops.create_cone(shape, cap_ends=True, segments=48, radius1=0.25, radius2=0.25, depth=1.0)
    lowest = min(vertex.co.z for vertex in shape.verts)
    high = max(vertex.co.z for vertex in shape.verts) - lowest
    bmesh.ops.transform(
        shape, matrix=Matrix.Scale(1 / high, 4) @ Matrix.Translation((0, 0, -lowest)), verts=shape.verts
    )
    for face in shape.faces:
        face.smooth = what in ("SPHERE", "MONKEY")
    mesh = bpy.data.meshes.new(what.capitalize())
    shape.to_mesh(mesh)
    shape.free()
    mesh.materials.append(_matt(mesh.name))
    thing = bpy.data.objects.new(mesh.name, mesh)
    thing.show_wire = True  # the view shows the photo without a lamp, in which a plain shape would be a white patch
    return thing


def _matt(name: str) -> Material:
    """A plain surface."""
    material = bpy.data.materials.new(name)
    if bpy.app.version < (5, 0):
        material.use_nodes = True
    surface = next(node for node in material.node_tree.nodes if node.type == "BSDF_PRINCIPLED")
    surface.inputs["Roughness"].default_value = 0.9
    return material


def _stand(context: Context, thing: Object, point: Vector, up: Vector, height: float, stage: StageInScene) -> None:
    """On its lowest point, upright, its face to the camera, as high as wanted; an object without a size keeps its own."""
    place = world_of(matched(stage)).translation - point
    towards = place - up * place.dot(up)
    side = up.cross(towards).normalized() if towards.length > 1e-6 else up.orthogonal().normalized()
    front = side.cross(up)
    turn = Matrix((side, -front, up)).transposed()
    corners = [Vector(corner) for corner in thing.bound_box] if thing.type not in {"EMPTY", "LIGHT", "CAMERA"} else []
    low = min((corner.z for corner in corners), default=0.0)
    tall = max((corner.z for corner in corners), default=0.0) - low
    size = height / tall if tall > 1e-9 else thing.matrix_world.median_scale
    thing.matrix_world = (
        Matrix.Translation(point) @ turn.to_4x4() @ Matrix.Scale(size, 4) @ Matrix.Translation((0, 0, -low))
    )
    context.view_layer.update()
