"""Fourth step: the high mesh's colour, normals and occlusion on the low mesh's UVs, by Cycles."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import bpy
import numpy as np
from bpy.types import Object
from mathutils.bvhtree import BVHTree

from .pictures import double, fill, halve, pixels_of
from .tools import coordinates, diagonal, select_only

FARTHEST, NEAREST = 0.03, 0.002  # of the diagonal: how far a ray starts outside the low mesh, at most and at least
SHARE = 98.0  # percent of the low mesh that must lie within reach; the rest would pull the cage through thin walls
SAMPLED = 20_000  # points at which the two meshes are compared
SHARP_UP_TO = 2048  # up to this size a map is baked at twice the size: a bake takes one ray per texel, which flickers
OCCLUSION_REACH = 0.25  # of the diagonal: what is farther away casts no occlusion


def reach_between(low: Object, high: Object) -> float:
    """How far apart the two surfaces are where it matters: what the cage must hold."""
    places = coordinates(low.data)
    middles = np.empty(len(low.data.polygons) * 3, np.float32)
    low.data.polygons.foreach_get("center", middles)
    apart = [
        _distances(high, np.concatenate([places, middles.reshape(-1, 3)])),
        _distances(low, coordinates(high.data)),
    ]
    farthest = max(float(np.percentile(one, SHARE)) for one in apart)
    size = diagonal(high.data)
    return float(np.clip(farthest * 1.5, NEAREST * size, FARTHEST * size))


def _distances(thing: Object, points: np.ndarray) -> np.ndarray:
    """From some of the points to the mesh."""
    tree = BVHTree.FromPolygons(coordinates(thing.data).tolist(), [face.vertices[:] for face in thing.data.polygons])
    step = max(len(points) // SAMPLED, 1)
    return np.array([tree.find_nearest(point)[3] or 0.0 for point in points[::step].tolist()])


def bake_colour(low: Object, high: Object, size: int, reach: float) -> np.ndarray:
    """(S, S, 3) the high mesh's base colour without any light, linear."""
    return _sharp("DIFFUSE", low, high, size, reach, pass_filter={"COLOR"})


def bake_normal(low: Object, high: Object, size: int, reach: float) -> np.ndarray:
    """(S, S, 3) tangent space, 0..1, green up (OpenGL), of unit length."""
    baked = _sharp("NORMAL", low, high, size, reach, normal_space="TANGENT") * 2 - 1
    length = np.linalg.norm(baked, axis=2, keepdims=True)
    return np.where(length > 0.05, baked / np.maximum(length, 1e-6), np.float32([0, 0, 1])) * 0.5 + 0.5


def bake_occlusion(low: Object, high: Object, size: int, reach: float, samples: int) -> np.ndarray:
    """(S, S, 3) 1 where the sky is open. It changes slowly, so half the size with more rays is cleaner than all of it."""
    world = bpy.context.scene.world or bpy.data.worlds.new("Bake")
    bpy.context.scene.world = world
    world.light_settings.distance = diagonal(high.data) * OCCLUSION_REACH
    baked = _bake("AO", low, high, max(size // 2, 64), reach, samples=samples)
    return np.clip(double(baked) if size > 64 else baked, 0, 1)


def _sharp(kind: str, low: Object, high: Object, size: int, reach: float, **options: object) -> np.ndarray:
    if size > SHARP_UP_TO:
        return _bake(kind, low, high, size, reach, samples=1, **options)
    return halve(_bake(kind, low, high, size * 2, reach, samples=1, **options))


def _bake(
    kind: str, low: Object, high: Object, size: int, reach: float, *, samples: int, **options: object
) -> np.ndarray:
    """(S, S, 3), filled beyond the charts and where no ray found the high mesh."""
    scene = bpy.context.scene
    scene.render.engine = "CYCLES"
    scene.cycles.samples = samples
    scene.cycles.use_denoising = False  # some builds lack it, and a bake's noise is not an image's
    with _alone(low, high), _target(low, size) as image:
        select_only(low, high)
        bpy.ops.object.bake(
            type=kind,
            use_selected_to_active=True,
            cage_extrusion=reach,
            max_ray_distance=reach * 2,
            margin=0,
            use_clear=True,
            target="IMAGE_TEXTURES",
            save_mode="INTERNAL",
            **options,
        )
        pixels = pixels_of(image)
    return fill(pixels[..., :3], pixels[..., 3] > 0.5)


@contextmanager
def _alone(low: Object, high: Object) -> Iterator[None]:
    """Nothing else casts occlusion, nor does the low mesh, which lies half above and half below the high one."""
    rays = ("visible_diffuse", "visible_glossy", "visible_shadow", "visible_transmission")
    hidden = {thing: thing.hide_render for thing in bpy.context.scene.objects}
    for thing in hidden:
        thing.hide_render = thing not in (low, high)
    for ray in rays:
        setattr(low, ray, False)
    try:
        yield
    finally:
        for thing, was in hidden.items():
            thing.hide_render = was
        for ray in rays:
            setattr(low, ray, True)


@contextmanager
def _target(low: Object, size: int) -> Iterator[bpy.types.Image]:
    """A picture for the bake, on a material of the moment."""
    image = bpy.data.images.new("Bake", size, size, alpha=True, float_buffer=True)
    image.generated_color = (0, 0, 0, 0)
    image.colorspace_settings.name = "Non-Color"  # plain numbers out, whatever the map
    material = bpy.data.materials.new("Bake")
    if bpy.app.version < (5, 0):
        material.use_nodes = True
    node = material.node_tree.nodes.new("ShaderNodeTexImage")
    node.image = image
    material.node_tree.nodes.active = node
    kept = list(low.data.materials)
    low.data.materials.clear()
    low.data.materials.append(material)
    try:
        yield image
    finally:
        low.data.materials.clear()
        for one in kept:
            low.data.materials.append(one)
        bpy.data.materials.remove(material)
        bpy.data.images.remove(image)
