"""Eighth step: the files. LOD0 alone goes where a file has no levels, else all would be drawn at once."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.types import Image, Object

from .naming import Names
from .settings import Convention, Format
from .tools import StepError, select_only


@dataclass(frozen=True, kw_only=True)
class Parts:
    """What the files are made of."""

    levels: tuple[Object, ...]
    collider: Object | None
    root: Object | None  # the levels' parent, where the engine wants one
    swapped: dict[Image, Image]  # for FBX: pictures that the engine wants otherwise than Blender


def write(kind: Format, parts: Parts, names: Names, folder: Path) -> list[Path]:
    """The files of one format, the main one first; StepError where this Blender can't."""
    path = folder / f"{names.root}.{kind.value}"
    written = [path]
    if kind is Format.USDZ and not bpy.app.build_options.usd:
        raise StepError("This Blender was built without USD, so there is no USDZ file.")
    try:
        if kind is Format.GLB:
            with_collider = [parts.collider] if parts.collider and names.convention is Convention.GODOT else []
            _gltf([parts.levels[0], *with_collider], path)
            if names.convention is not Convention.UNREAL and len(parts.levels) > 1:
                for level, thing in enumerate(parts.levels[1:], 1):
                    written.append(folder / f"{names.mesh(level)}.glb")
                    _gltf([thing], written[-1])
        elif kind is Format.USDZ:
            _usdz([parts.levels[0]], path)
        elif kind is Format.FBX:
            with _swapped(parts):
                _fbx([thing for thing in (*parts.levels, parts.collider, parts.root) if thing], names.convention, path)
        else:
            _obj([parts.levels[0]], path)
            written.append(path.with_suffix(".mtl"))
    except (AttributeError, KeyError, RuntimeError, TypeError) as error:  # KeyError: an operator that was not built in
        raise StepError(f"This Blender could not write {kind.value.upper()}: {_last_line(error)}") from error
    if not path.is_file():
        raise StepError(f"This Blender wrote no {kind.value.upper()}: it may have been built without it.")
    return [one for one in written if one.is_file()]


def _last_line(error: Exception) -> str:
    return str(error).strip().splitlines()[-1] if str(error).strip() else type(error).__name__


def _gltf(things: Sequence[Object], path: Path) -> None:
    """+Y up, metres, pictures inside as they are packed."""
    with _at_origin(things):
        bpy.ops.export_scene.gltf(
            filepath=str(path),
            export_format="GLB",
            use_selection=True,
            export_yup=True,
            export_apply=False,
            export_image_format="AUTO",
            export_animations=False,
            export_extras=False,
            export_cameras=False,
            export_lights=False,
        )


def _usdz(things: Sequence[Object], path: Path) -> None:
    with _at_origin(things):
        known = bpy.ops.wm.usd_export.get_rna_type().properties.keys()
        wanted = {
            "selected_objects_only": True,
            "export_animation": False,
            "export_materials": True,
            "generate_preview_surface": True,
            "export_textures": True,  # up to 4.2
            "export_textures_mode": "NEW",  # from 4.3 on
            "export_normals": True,
            "export_uvmaps": True,
            "convert_orientation": True,  # AR Quick Look wants +Y up
            "export_global_forward_selection": "NEGATIVE_Z",
            "export_global_up_selection": "Y",
            "root_prim_path": "/Root",
            "convert_world_material": False,
        }
        bpy.ops.wm.usd_export(filepath=str(path), **{key: value for key, value in wanted.items() if key in known})


def _fbx(things: Sequence[Object], convention: Convention, path: Path) -> None:
    """+Y up, −Z forward in the file's head; Unity reads its unit (scale 1 there), Unreal wants centimetres in the objects."""
    with _at_origin(things):
        bpy.ops.export_scene.fbx(
            filepath=str(path),
            use_selection=True,
            object_types={"MESH", "EMPTY"},
            apply_scale_options="FBX_SCALE_NONE" if convention is Convention.UNREAL else "FBX_SCALE_UNITS",
            axis_forward="-Z",
            axis_up="Y",
            mesh_smooth_type="FACE",  # without smoothing groups Unreal warns
            use_tspace=_has_triangles_and_quads_only(things),
            use_custom_props=False,
            bake_anim=False,
            path_mode="COPY",
            embed_textures=True,
        )


def _has_triangles_and_quads_only(things: Sequence[Object]) -> bool:
    """Tangents can't be written for larger polygons, nor without UVs."""
    meshes = [thing.data for thing in things if thing.type == "MESH"]
    return all(mesh.uv_layers and all(face.loop_total <= 4 for face in mesh.polygons) for mesh in meshes)


def _obj(things: Sequence[Object], path: Path) -> None:
    with _at_origin(things):
        bpy.ops.wm.obj_export(
            filepath=str(path),
            export_selected_objects=True,
            forward_axis="NEGATIVE_Z",
            up_axis="Y",
            export_materials=True,
            export_pbr_extensions=True,
            path_mode="STRIP",
            apply_modifiers=True,
        )
    _point_to_textures(path.with_suffix(".mtl"))


def _point_to_textures(material: Path) -> None:
    """The exporter names packed pictures as if they lay elsewhere; ours lie in the folder beside."""
    if not material.is_file():
        return
    lines = material.read_text(encoding="utf-8").splitlines()
    for index, line in enumerate(lines):
        if line.startswith("map_"):
            words, name = line.rsplit(" ", 1)[0], Path(line.rsplit(" ", 1)[1].replace("\\", "/")).name
            lines[index] = f"{words} textures/{name}"
    material.write_text("\n".join(lines) + "\n", encoding="utf-8")


@contextmanager
def _at_origin(things: Sequence[Object]) -> Iterator[None]:
    """Selected, and standing on the world's origin, wherever the scan lies in the scene."""
    places = {thing: thing.location.copy() for thing in things if thing.parent is None}
    try:
        for thing in places:
            thing.location = (0, 0, 0)
        bpy.context.view_layer.update()
        select_only(*things)
        yield
    finally:
        for thing, place in places.items():
            thing.location = place
        bpy.context.view_layer.update()


@contextmanager
def _swapped(parts: Parts) -> Iterator[None]:
    nodes = [
        node
        for material in parts.levels[0].data.materials
        if material
        for node in material.node_tree.nodes
        if node.type == "TEX_IMAGE" and node.image in parts.swapped
    ]
    kept = {node: node.image for node in nodes}
    for node in nodes:
        node.image = parts.swapped[node.image]
    try:
        yield
    finally:
        for node, image in kept.items():
            node.image = image
