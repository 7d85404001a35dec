"""Last step: every file is read again, and held against what it should be: size, axes, triangles, pictures, limits."""

from __future__ import annotations

import zipfile
from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.types import Object
from mathutils import Vector

from .settings import Format, Limits
from .tools import triangles_of

UNREAD = "this Blender could not read it again"
CLOSE = 0.01  # of the diagonal: so far may a size be off


@dataclass(frozen=True, kw_only=True)
class Check:
    """One file."""

    path: Path
    triangles: int
    pictures: int
    size: Vector
    faults: tuple[str, ...]

    @property
    def megabytes(self) -> float:
        return self.path.stat().st_size / 1e6


def check(path: Path, kind: Format, first: Object, *, pictures: bool) -> Check:
    """Reads a file into this Blender and takes it away again."""
    if kind is Format.USDZ and not bpy.app.build_options.usd:
        return _check_archive(path, first)
    before = {kind_of: set(getattr(bpy.data, kind_of)) for kind_of in ("objects", "meshes", "materials", "images")}
    unread = _read(path, kind)
    bpy.context.view_layer.update()
    new = [thing for thing in bpy.data.objects if thing not in before["objects"] and thing.type == "MESH"]
    shown = [thing for thing in new if not thing.name.startswith(("UCX_", "UBX_")) and "coll" not in thing.name]
    levels = [
        thing
        for thing in shown
        if not any(mark in thing.name.lower() for mark in ("_lod1", "_lod2", "_lod3", "_lod4", "_lod5"))
    ]
    images = [
        one
        for one in bpy.data.images
        if one not in before["images"] and one.name not in ("Render Result", "Viewer Node")
    ]
    corners = [thing.matrix_world @ Vector(corner) for thing in levels for corner in thing.bound_box]
    size = _extent(corners)
    found = Check(
        path=path,
        triangles=sum(triangles_of(thing.data) for thing in levels),
        pictures=_maps_of(path)
        if kind is Format.OBJ
        else sum(1 for image in images if image.has_data or image.packed_file),
        size=size,
        faults=(),
    )
    faults = [unread] if unread else _faults(found, first, pictures)
    for kind_of, known in before.items():
        bpy.data.batch_remove([one for one in getattr(bpy.data, kind_of) if one not in known])
    return Check(**{**vars(found), "faults": tuple(faults)})


def _faults(found: Check, first: Object, pictures: bool) -> list[str]:
    faults = []
    wanted = _extent([Vector(corner) for corner in first.bound_box])
    if (found.size - wanted).length > CLOSE * wanted.length:
        said = " × ".join(f"{value:.3f}" for value in found.size)
        faults.append(f"it measures {said} m, not {' × '.join(f'{value:.3f}' for value in wanted)} m")
    triangles = triangles_of(first.data)
    if found.triangles != triangles:
        faults.append(f"it holds {found.triangles:,} triangles, not {triangles:,}")
    if pictures and not found.pictures:
        faults.append("its textures are missing")
    return faults


def over_limits(found: Check, kind: Format, limits: Limits, texture: int) -> list[str]:
    """What a platform would not take, in words; empty where all is well."""
    said = []
    if limits.triangles and found.triangles > limits.triangles:
        said.append(f"{found.triangles:,} triangles, {limits.triangles:,} are allowed")
    if limits.texture and texture > limits.texture:
        said.append(f"{texture} px textures, {limits.texture} px are allowed")
    allowed = {Format.GLB: limits.glb_mb, Format.USDZ: limits.usdz_mb}.get(kind, 0.0)
    if allowed and found.megabytes > allowed:
        said.append(f"{found.megabytes:.1f} MB, {allowed:g} MB are recommended")
    return said


def _extent(corners: list[Vector]) -> Vector:
    if not corners:
        return Vector()
    return Vector([max(c[k] for c in corners) - min(c[k] for c in corners) for k in range(3)])


def _read(path: Path, kind: Format) -> str:
    """Into this Blender; gives what is to be said where Blender can't."""
    try:
        _import(path, kind)
    except (AttributeError, KeyError, RuntimeError, TypeError) as error:
        lines = [line.strip() for line in str(error).splitlines() if "Location:" not in line and line.strip()]
        lines = lines or [type(error).__name__]
        return f"{UNREAD} to check it ({lines[-1]})"
    return ""


def _import(path: Path, kind: Format) -> None:
    if kind is Format.GLB:
        bpy.ops.import_scene.gltf(filepath=str(path))
    elif kind is Format.USDZ:
        bpy.ops.wm.usd_import(filepath=str(path), import_textures_mode="IMPORT_PACK")
    elif kind is Format.FBX:
        bpy.ops.import_scene.fbx(filepath=str(path))
    else:
        bpy.ops.wm.obj_import(filepath=str(path))


def _maps_of(path: Path) -> int:
    """How many pictures an OBJ's materials name that are there: Blender would find them elsewhere too, others would not."""
    material = path.with_suffix(".mtl")
    lines = material.read_text(encoding="utf-8").splitlines() if material.is_file() else []
    return sum((path.parent / line.split(" ")[-1]).is_file() for line in lines if line.startswith(("map_", "bump")))


def _check_archive(path: Path, first: Object) -> Check:
    """Without an importer: what can be told from outside."""
    with zipfile.ZipFile(path) as archive:
        pictures = [name for name in archive.namelist() if name.lower().endswith((".png", ".jpg"))]
    size = _extent([Vector(corner) for corner in first.bound_box])
    return Check(path=path, triangles=triangles_of(first.data), pictures=len(pictures), size=size, faults=())
