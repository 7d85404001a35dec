"""How what came of one photo lies on disk: OUT/.maquette/stage.npz, read without unpickling, and checked."""

from __future__ import annotations

import json
from dataclasses import fields
from pathlib import Path
from typing import Any

import numpy as np

from .datatypes import TriMesh
from .single import FocalFrom, Layer, MonoDepth, Staged, UvMesh
from .storage import photo_notes, photo_of, read_arrays

STAGE_FILE = "stage.npz"
UPRIGHT_FILE = "photo.png"  # beside it: the photo upright and in sRGB, where its own file is not so


def write_stage(path: Path, staged: Staged) -> None:
    """All of it in one file."""
    mono = staged.mono
    notes = _notes(staged)
    arrays: dict[str, Any] = {
        "K": mono.K,
        "inverse_depth": mono.inverse_depth,
        "sky": mono.sky,
        "cam_from_world": staged.cam_from_world,
    }
    if mono.up is not None:
        arrays["up"] = mono.up
    for name in ("ground", "sun"):
        if getattr(staged, name) is not None:
            arrays[name] = getattr(staged, name)
    _put_mesh(arrays, "relief", staged.relief)
    for i, layer in enumerate(staged.layers):
        arrays |= {f"layer{i}.{what}": getattr(layer, what) for what in ("colour", "depth", "invented")}
        _put_mesh(arrays, f"layer{i}.surface", layer.surface)
    with open(path, "wb") as handle:
        np.savez(handle, notes=np.array(json.dumps(notes, default=float)), **arrays)


def read_stage(path: Path) -> Staged:
    """What `write_stage` wrote; a ValueError or KeyError if it is something else."""
    arrays = read_arrays(path)
    notes = json.loads(str(arrays.pop("notes")))
    layers = tuple(
        Layer(
            name=name,
            margin=int(notes.get("margins", [0] * len(notes["layers"]))[i]),
            surface=_take_mesh(arrays, f"layer{i}.surface"),
            **{what: arrays[f"layer{i}.{what}"] for what in ("colour", "depth", "invented")},
        )
        for i, name in enumerate(notes["layers"])
    )
    return Staged(
        mono=_mono(notes, arrays),
        cam_from_world=arrays["cam_from_world"],
        relief=_take_mesh(arrays, "relief"),
        layers=layers,
        sway=notes["sway"],
        push=notes["push"],
        pivot=notes["pivot"],
        ground=arrays.get("ground"),
        sun=arrays.get("sun"),
    )


def _notes(staged: Staged) -> dict[str, Any]:
    mono = staged.mono
    return {
        "photo": photo_notes(mono.photo),
        "focal_from": mono.focal_from.value,
        "provider": mono.provider,
        "metric": mono.metric,
        "sway": staged.sway,
        "push": staged.push,
        "pivot": staged.pivot,
        "layers": [layer.name for layer in staged.layers],
        "margins": [layer.margin for layer in staged.layers],
    }


def _mono(notes: dict[str, Any], arrays: dict[str, Any]) -> MonoDepth:
    return MonoDepth(
        photo=photo_of(notes["photo"]),
        K=arrays["K"],
        focal_from=FocalFrom(notes["focal_from"]),
        provider=notes["provider"],
        metric=notes["metric"],
        inverse_depth=arrays["inverse_depth"],
        sky=arrays["sky"],
        up=arrays.get("up"),
    )


def read_outline(path: Path) -> Staged:
    """The same without its meshes and layers, which are nearly all of its bytes."""
    with np.load(path, allow_pickle=False) as archive:
        small = {name for name in archive.files if "." not in name}  # what belongs to a mesh has its name before a dot
        arrays = {name: archive[name] for name in small}
    return _outline(json.loads(str(arrays.pop("notes"))), arrays)


def outline_notes(staged: Staged) -> dict[str, Any]:
    """The outline as plain values, without the depth map itself."""
    return {
        "notes": _notes(staged),
        "K": staged.mono.K,
        "size": staged.mono.inverse_depth.shape,
        "cam_from_world": staged.cam_from_world,
        "ground": staged.ground,
        "sun": staged.sun,
    }


def outline_from(values: dict[str, Any]) -> Staged:
    """What `outline_notes` told; all of its depth map lies at the pivot."""
    arrays = {
        name: np.array(values[name], np.float64)
        for name in ("K", "cam_from_world", "ground", "sun")
        if values[name] is not None
    }
    height, width = values["size"]
    arrays["inverse_depth"] = np.full((height, width), 1 / values["notes"]["pivot"], np.float32)
    arrays["sky"] = np.zeros((height, width), bool)
    return _outline(values["notes"], arrays)


def _outline(notes: dict[str, Any], arrays: dict[str, Any]) -> Staged:
    nothing = UvMesh(
        mesh=TriMesh(vertices=np.zeros((0, 3), np.float32), faces=np.zeros((0, 3), np.int32), filled=np.zeros(0, bool)),
        uvs=np.zeros((0, 2), np.float32),
        part=np.zeros(0, np.uint8),
    )
    return Staged(
        mono=_mono(notes, arrays),
        cam_from_world=arrays["cam_from_world"],
        relief=nothing,
        layers=(),
        sway=notes["sway"],
        push=notes["push"],
        pivot=notes["pivot"],
        ground=arrays.get("ground"),
        sun=arrays.get("sun"),
    )


def _put_mesh(arrays: dict[str, Any], name: str, surface: UvMesh) -> None:
    arrays |= {f"{name}.{item.name}": getattr(surface.mesh, item.name) for item in fields(TriMesh)}
    arrays |= {f"{name}.uvs": surface.uvs, f"{name}.part": surface.part}


def _take_mesh(arrays: dict[str, Any], name: str) -> UvMesh:
    """Wrong indices would crash Blender, not raise: they are looked at here."""
    mesh = TriMesh(**{item.name: arrays[f"{name}.{item.name}"] for item in fields(TriMesh)})
    uvs, part = arrays[f"{name}.uvs"], arrays[f"{name}.part"]
    count = len(mesh.vertices)
    if len(uvs) != count or len(part) != len(mesh.faces) or len(mesh.filled) != len(mesh.faces):
        raise ValueError(f"the mesh {name} does not fit together")
    if mesh.faces.size and not (mesh.faces.min() >= 0 and mesh.faces.max() < count):
        raise ValueError(f"the mesh {name} has a face without vertices")
    return UvMesh(mesh=mesh, uvs=uvs, part=part)
