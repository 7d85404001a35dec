"""Checks before the long work starts: the output folder, the space on the disk, nobody else in the workspace."""

from __future__ import annotations

import contextlib
import shutil
import sys
import uuid
from collections.abc import Iterator, Sequence
from pathlib import Path

from .datatypes import Photo
from .errors import EngineError, Exit
from .settings import ModelSettings
from .workspace import disk_error


def check_folder(out: Path) -> None:
    """Makes the output folder and tries to write into it."""
    if out.exists() and not out.is_dir():
        raise EngineError(
            "out_is_file",
            f"{out.name} is a file, not a folder.",
            file=out,
            advice="Choose a folder for the results.",
        )
    probe = out / f".maquette-{uuid.uuid4().hex[:8]}.part"
    try:
        out.mkdir(parents=True, exist_ok=True)
        probe.write_bytes(b"0")
        probe.unlink()
    except OSError as error:
        raise disk_error(error, probe) from error


def needed_mb(photos: Sequence[Photo], settings: ModelSettings) -> float:
    """A rough upper bound of what a run writes: depth maps, clouds, mesh, texture."""
    share = [min(1.0, settings.depth.max_side / max(p.width, p.height)) ** 2 * p.width * p.height for p in photos]
    depth = sum(share) * 8
    cloud = sum(share) * 36 * 0.5
    texture = settings.texture.size**2 * 4.2
    mesh = settings.surface.faces * 80
    return (depth + cloud + texture + mesh) / 1e6 + 20


def check_space(out: Path, photos: Sequence[Photo], settings: ModelSettings) -> None:
    """Says before the work, not after, that the disk will be too small."""
    needed = needed_mb(photos, settings)
    free = shutil.disk_usage(out).free / 1e6
    if free < needed:
        raise EngineError(
            "disk_full",
            f"The disk has {free:,.0f} MB free; this job needs up to {needed:,.0f} MB.",
            exit_code=Exit.RESOURCES,
            file=out,
            advice="Free some space, choose another output folder or a lower quality.",
        )


@contextlib.contextmanager
def exclusive(workspace: Path) -> Iterator[None]:
    """Holds the workspace for this process. The system releases it when we die, so no stale lock is ever left."""
    path = workspace / "lock"
    try:
        workspace.mkdir(parents=True, exist_ok=True)
        handle = open(path, "a+b")  # noqa: SIM115  (held for the whole run)
    except OSError as error:
        raise disk_error(error, path) from error
    try:
        if not _lock(handle.fileno()):
            raise EngineError(
                "busy",
                "Another run is writing into this folder.",
                exit_code=Exit.ENVIRONMENT,
                file=workspace.parent,
                advice="Wait until it is done, or choose another output folder.",
            )
        yield
    finally:
        handle.close()


def _lock(descriptor: int) -> bool:
    try:
        if sys.platform == "win32":
            import msvcrt

            msvcrt.locking(descriptor, msvcrt.LK_NBLCK, 1)
        else:
            import fcntl

            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        return False
    return True
