"""How the products lie on disk: .npz files that are read without unpickling, and checked."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import asdict, fields
from pathlib import Path
from typing import Any, overload

import numpy as np

from .datatypes import (
    Bool,
    Camera,
    CameraModel,
    DepthMap,
    FocalSource,
    Photo,
    PosedPhoto,
    Sparse,
    TexturedMesh,
    TriMesh,
    View,
)
from .geometry import view_of


def write_arrays(path: Path, value: Any) -> None:
    """A dataclass whose fields are all arrays."""
    with open(path, "wb") as handle:
        np.savez(handle, **{item.name: getattr(value, item.name) for item in fields(value)})


def read_arrays(path: Path) -> dict[str, Any]:
    with np.load(path, allow_pickle=False) as archive:
        return {name: archive[name] for name in archive.files}


def write_sparse(path: Path, sparse: Sparse) -> None:
    notes = {
        "cameras": {str(k): {**asdict(c), "model": c.model.value} for k, c in sparse.cameras.items()},
        "posed": [{"photo": photo_notes(p.photo), "camera_id": p.camera_id} for p in sparse.posed],
        "unregistered": sparse.unregistered,
    }
    arrays = {
        item.name: getattr(sparse, item.name)
        for item in fields(sparse)
        if isinstance(getattr(sparse, item.name), np.ndarray)
    }
    poses = np.stack([p.cam_from_world for p in sparse.posed]) if sparse.posed else np.zeros((0, 3, 4))
    with open(path, "wb") as handle:
        np.savez(handle, notes=np.array(json.dumps(notes, default=float)), cam_from_world=poses, **arrays)


def read_sparse(path: Path, photos: tuple[Photo, ...] = ()) -> Sparse:
    """Photos that are not given come from the file, as they lay when it was written (Blender has none to give)."""
    arrays = read_arrays(path)
    notes = json.loads(str(arrays.pop("notes")))
    poses = arrays.pop("cam_from_world")
    by_name = {photo.name: photo for photo in photos}
    cameras = {
        int(k): Camera(model=CameraModel(c["model"]), width=c["width"], height=c["height"], params=tuple(c["params"]))
        for k, c in notes["cameras"].items()
    }
    posed = tuple(
        PosedPhoto(
            photo=by_name.get(p["photo"]["name"]) or photo_of(p["photo"]),
            camera_id=p["camera_id"],
            cam_from_world=pose,
        )
        for p, pose in zip(notes["posed"], poses, strict=True)
    )
    return Sparse(cameras=cameras, posed=posed, unregistered=notes["unregistered"], **arrays)


def photo_notes(photo: Photo) -> dict[str, Any]:
    mask = None if photo.mask is None else str(photo.mask)
    return {**asdict(photo), "path": str(photo.path), "mask": mask, "focal_source": photo.focal_source.value}


def photo_of(notes: dict[str, Any]) -> Photo:
    mask = None if notes["mask"] is None else Path(notes["mask"])
    source = FocalSource(notes["focal_source"])
    return Photo(**{**notes, "path": Path(notes["path"]), "mask": mask, "focal_source": source})


def write_depth(path: Path, depth: DepthMap) -> None:
    """Half the bytes: depth stays float32, normals and confidence become 8-bit."""
    with open(path, "wb") as handle:
        np.savez(
            handle,
            depth=depth.depth,
            normal=np.round(depth.normal * 127).astype(np.int8),
            confidence=np.round(depth.confidence * 255).astype(np.uint8),
            empty=np.packbits(depth.empty),
        )


def read_depth(path: Path, view: View) -> DepthMap:
    """`view` may have any size: it is resized to the map's."""
    arrays = read_arrays(path)
    depth = arrays["depth"]
    normal = arrays["normal"].astype(np.float32) / 127
    normal /= np.maximum(np.linalg.norm(normal, axis=2, keepdims=True), 1e-6)
    confidence = arrays["confidence"].astype(np.float32) / 255
    empty: Bool = np.unpackbits(arrays["empty"], count=depth.size).astype(bool).reshape(depth.shape)
    return DepthMap(
        view=view.resized(depth.shape[1], depth.shape[0]),
        depth=depth,
        normal=normal,
        confidence=confidence,
        empty=empty,
    )


class DepthMaps(Sequence[DepthMap]):
    """The maps in a folder, one file per view; each is read when it is asked for, none is kept."""

    def __init__(self, views: Sequence[View], folder: Path) -> None:
        self.views, self.folder = tuple(views), folder

    @staticmethod
    def of(sparse: Sparse, max_side: int, folder: Path) -> DepthMaps:
        """The maps that the depth stage makes of these poses; they need not be there yet."""
        return DepthMaps([view_of(p, sparse.cameras[p.camera_id], max_side) for p in sparse.posed], folder)

    def path(self, index: int) -> Path:
        return self.folder / f"{self.views[index].name}.npz"

    def complete(self) -> bool:
        return all(self.path(i).is_file() for i in range(len(self.views)))

    def __len__(self) -> int:
        return len(self.views)

    @overload
    def __getitem__(self, index: int) -> DepthMap: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[DepthMap]: ...
    def __getitem__(self, index: int | slice) -> DepthMap | Sequence[DepthMap]:
        if isinstance(index, slice):
            return DepthMaps(self.views[index], self.folder)
        if not -len(self) <= index < len(self):
            raise IndexError(index)
        return read_depth(self.path(index), self.views[index])


def write_textured(path: Path, textured: TexturedMesh) -> None:
    with open(path, "wb") as handle:
        np.savez(
            handle,
            vertices=textured.mesh.vertices,
            faces=textured.mesh.faces,
            filled=textured.mesh.filled,
            source_vertex=textured.source_vertex,
            uvs=textured.uvs,
            base_colour=textured.base_colour,
            guessed=np.packbits(textured.guessed),
            guessed_shape=np.array(textured.guessed.shape),
        )


def read_textured(path: Path) -> TexturedMesh:
    a = read_arrays(path)
    shape = tuple(int(n) for n in a["guessed_shape"])
    guessed: Bool = np.unpackbits(a["guessed"], count=shape[0] * shape[1]).astype(bool).reshape(shape)
    return TexturedMesh(
        mesh=TriMesh(vertices=a["vertices"], faces=a["faces"], filled=a["filled"]),
        source_vertex=a["source_vertex"],
        uvs=a["uvs"],
        base_colour=a["base_colour"],
        guessed=guessed,
    )
