"""What earlier runs left in the folder for models: how much it is, and how it is emptied. Only what Maquette made is touched."""

from __future__ import annotations

import os
import shutil
from collections.abc import Collection, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path

from .errors import EngineError
from .guard import exclusive

WORKSPACE = ".maquette"
WORKING = ("depth-*", "cloud.npz", "mesh.npz", "*.part", ".planes*")  # in a workspace: a rerun makes them again
PRODUCTS = ("model.glb", "points.ply", "preview.png", "report.json", "cameras", "undistorted", WORKSPACE)


@dataclass(frozen=True, kw_only=True)
class Kept:
    """One run's folder."""

    folder: Path
    finished: bool
    working_bytes: int
    all_bytes: int


def survey(root: Path) -> list[Kept]:
    """Every run's folder in `root`. Takes a while where there are many: call it from a thread."""
    return [_look(folder) for folder in _runs(root)]


def in_use(folder: Path, used: Collection[Path]) -> bool:
    """Whether one of the paths is this folder or lies in it."""
    return any(folder == path or folder in path.parents for path in used)


def freed_by(kept: Iterable[Kept], used: Collection[Path], everything: bool) -> tuple[int, int, int, int]:
    """What `empty` would delete: bytes; finished models that lose working files, unfinished runs, finished models."""
    size, tidied, unfinished, models = 0, 0, 0, 0
    for run in kept:
        if in_use(run.folder, used):
            continue
        whole = everything or not run.finished
        size += run.all_bytes if whole else run.working_bytes
        unfinished += not run.finished
        models += run.finished and everything
        tidied += run.finished and not everything and run.working_bytes > 0
    return size, tidied, unfinished, models


def empty(root: Path, used: Collection[Path], *, everything: bool = False) -> int:
    """Deletes working files and unfinished runs; with `everything`, finished models too. Gives the bytes freed.

    Folders that `used` points to or into stay as they are, and so does a folder that an engine is writing into.
    """
    freed = 0
    for folder in _runs(root):
        if in_use(folder, used):
            continue
        before = _look(folder)
        try:
            with exclusive(folder / WORKSPACE):
                for path in _globbed(folder / WORKSPACE, WORKING):
                    _delete(path)
        except EngineError:  # at work, or not ours to write
            continue
        if everything or not before.finished:
            for path in _globbed(folder, PRODUCTS):
                _delete(path)
            with suppress(OSError):  # what else lies there is not ours
                folder.rmdir()
        freed += before.all_bytes - (_look(folder).all_bytes if folder.is_dir() else 0)
    return freed


def _runs(root: Path) -> Iterator[Path]:
    """Folders that hold a workspace. Links are not followed: what they point to may be anybody's."""
    with suppress(OSError):
        for folder in sorted(root.iterdir()):
            workspace = folder / WORKSPACE
            if workspace.is_dir() and not folder.is_symlink() and not workspace.is_symlink():
                yield folder


def _look(folder: Path) -> Kept:
    workspace = folder / WORKSPACE
    return Kept(
        folder=folder.resolve(),
        finished=(folder / "report.json").is_file() and (workspace / "textured.npz").is_file(),
        working_bytes=sum(map(_size, _globbed(workspace, WORKING))),
        all_bytes=sum(map(_size, _globbed(folder, PRODUCTS))),
    )


def _globbed(folder: Path, patterns: Iterable[str]) -> list[Path]:
    return sorted({path for pattern in patterns for path in folder.glob(pattern)})


def _size(path: Path) -> int:
    """Bytes of a file, or of all below a folder; a file that vanishes meanwhile counts nothing."""
    total = 0
    with suppress(OSError):
        if path.is_symlink():
            return 0
        if path.is_file():
            return path.stat().st_size
        for entry in os.scandir(path):
            total += _size(Path(entry.path))
    return total


def _delete(path: Path) -> None:
    if path.is_symlink() or path.is_file():
        with suppress(OSError):
            path.unlink()
    else:
        shutil.rmtree(path, ignore_errors=True)
