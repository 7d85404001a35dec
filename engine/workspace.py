"""A run's folder of finished products: written aside, flushed, renamed; a manifest holds the hash of what each was made from.

`has_X(key)` is true only if X was made from inputs with that very key and its file is whole; so a rerun resumes.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass
from enum import Enum
from pathlib import Path
from typing import Any

import numpy as np

from . import storage
from .datatypes import Photo, PointCloud, Sparse, TexturedMesh, TriMesh
from .errors import EngineError, Exit

PART_SUFFIX = ".part"  # what a temporary name ends in; removed when a run starts


@contextmanager
def written_aside(target: Path) -> Iterator[Path]:
    """Gives a temporary path beside `target`; on success it is flushed and takes the target's name, else it is removed."""
    part = target.with_name(target.name + PART_SUFFIX)
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        yield part
        _flush(part)
        _take_place(part, target)
    except OSError as error:
        _remove(part)
        raise disk_error(error, target) from error
    except BaseException:
        _remove(part)
        raise


def _take_place(part: Path, target: Path) -> None:
    """Files are replaced at once; a folder makes way for the new one only when that is complete."""
    if not (part.is_dir() and target.exists()):
        os.replace(part, target)
        return
    old = target.with_name(target.name + ".old" + PART_SUFFIX)
    _remove(old)
    target.rename(old)
    part.rename(target)
    _remove(old)


def disk_error(error: OSError, target: Path) -> EngineError:
    """An OSError at writing, in plain words."""
    import errno

    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return EngineError(
            "disk_full",
            f"The disk is full: {target.name} could not be written.",
            exit_code=Exit.RESOURCES,
            file=target,
            advice="Free some space and run again: what is finished is kept.",
        )
    if error.errno in (errno.EACCES, errno.EPERM, errno.EROFS):
        return EngineError(
            "read_only",
            f"The folder {target.parent} can't be written to.",
            exit_code=Exit.ENVIRONMENT,
            file=target,
            advice="Choose another output folder.",
        )
    return EngineError(
        "write_failed",
        f"{target.name} could not be written: {error.strerror or error}.",
        exit_code=Exit.ENVIRONMENT,
        file=target,
        advice="Check that the folder still exists and run again.",
    )


def _flush(path: Path) -> None:
    for one in [path, *path.rglob("*")] if path.is_dir() else [path]:
        if one.is_file():
            with open(one, "rb+") as handle:
                os.fsync(handle.fileno())


def _remove(path: Path) -> None:
    if path.is_dir():
        shutil.rmtree(path, ignore_errors=True)
    else:
        path.unlink(missing_ok=True)


def key_of(*values: Any) -> str:
    """A hash of settings, arrays, paths and plain values: what a product was made from."""
    digest = hashlib.sha256()
    for value in values:
        _feed(digest.update, value)
    return digest.hexdigest()[:32]


def _feed(update: Callable[[bytes], None], value: Any) -> None:
    if is_dataclass(value) and not isinstance(value, type):
        update(type(value).__name__.encode())
        for item in fields(value):
            update(item.name.encode())
            _feed(update, getattr(value, item.name))
    elif isinstance(value, np.ndarray):
        update(f"{value.dtype}{value.shape}".encode())
        update(np.ascontiguousarray(value).tobytes())
    elif isinstance(value, dict):
        for name in sorted(value, key=str):
            _feed(update, str(name))
            _feed(update, value[name])
    elif isinstance(value, (list, tuple)):
        update(f"[{len(value)}]".encode())
        for item in value:
            _feed(update, item)
    elif isinstance(value, Enum):
        update(repr(value.value).encode())
    else:
        update(repr(value).encode())


class Workspace:
    """The folder. Products are opaque to it but for how they are stored."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        try:
            folder.mkdir(parents=True, exist_ok=True)
            for left in list(folder.rglob("*" + PART_SUFFIX)):
                _remove(left)
        except OSError as error:
            raise disk_error(error, folder / "manifest.json") from error
        self._manifest_path = folder / "manifest.json"
        self._manifest: dict[str, dict[str, Any]] = self._read_manifest()

    def _read_manifest(self) -> dict[str, dict[str, Any]]:
        try:
            values = json.loads(self._manifest_path.read_text(encoding="utf-8"))
            return values if isinstance(values, dict) else {}
        except (OSError, ValueError):
            return {}

    def has(self, product: str, key: str) -> bool:
        """Whether the product's file is there, whole, and made from `key`."""
        entry = self._manifest.get(product)
        if not isinstance(entry, dict) or entry.get("key") != key:
            return False
        path = self.folder / str(entry.get("file"))
        return path.is_file() and path.stat().st_size == entry.get("bytes")

    def path(self, product: str) -> Path:
        """Where a product that `has` affirmed lies."""
        return self.folder / str(self._manifest[product]["file"])

    def save(self, product: str, key: str, file: str, write: Callable[[Path], None]) -> Path:
        """Writes a product through `write(temporary path)` and enters it in the manifest."""
        target = self.folder / file
        with written_aside(target) as part:
            write(part)
        self._manifest[product] = {"key": key, "file": file, "bytes": target.stat().st_size}
        with written_aside(self._manifest_path) as part:
            part.write_text(json.dumps(self._manifest, indent=1), encoding="utf-8")
        return target

    # What the stages make. Arrays go into uncompressed .npz files: quick, and read without unpickling.

    def save_names(self, product: str, key: str, names: dict[str, str]) -> Path:
        """A small table, as JSON."""

        def write(path: Path) -> None:
            path.write_text(json.dumps(names, indent=1, ensure_ascii=False), encoding="utf-8")

        return self.save(product, key, f"{product}.json", write)

    def load_names(self, product: str) -> dict[str, str]:
        names = json.loads(self.path(product).read_text(encoding="utf-8"))
        return {str(name): str(file) for name, file in names.items()}

    def save_sparse(self, key: str, sparse: Sparse, product: str = "sparse") -> Path:
        return self.save(product, key, f"{product}.npz", lambda path: storage.write_sparse(path, sparse))

    def load_sparse(self, photos: tuple[Photo, ...], product: str = "sparse") -> Sparse:
        return storage.read_sparse(self.path(product), photos)

    def save_cloud(self, key: str, cloud: PointCloud) -> Path:
        return self.save("cloud", key, "cloud.npz", lambda path: storage.write_arrays(path, cloud))

    def load_cloud(self) -> PointCloud:
        return PointCloud(**storage.read_arrays(self.path("cloud")))

    def save_mesh(self, key: str, mesh: TriMesh) -> Path:
        return self.save("mesh", key, "mesh.npz", lambda path: storage.write_arrays(path, mesh))

    def load_mesh(self) -> TriMesh:
        return TriMesh(**storage.read_arrays(self.path("mesh")))

    def save_textured(self, key: str, textured: TexturedMesh) -> Path:
        return self.save("textured", key, "textured.npz", lambda path: storage.write_textured(path, textured))

    def load_textured(self) -> TexturedMesh:
        return storage.read_textured(self.path("textured"))
