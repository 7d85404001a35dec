"""What an artist painted onto the last texture is carried over to the next one, where the UVs are still the same."""

from __future__ import annotations

import json
from pathlib import Path

import cv2
import numpy as np

from ..datatypes import U8, Bool, GivenMesh
from ..errors import EngineError
from ..jobs import RetextureJob
from ..meshfile import read_mesh
from ..report import Report
from ..texture.blend import Page

SAME_UVS = 1e-6
TOUCHED = 2  # 8-bit levels: a texel that differs by more was painted


def page_name(name: str, tile: int | str) -> str:
    """NAME.png, or NAME.1001.png."""
    return f"{name}.{tile}.png" if tile else f"{name}.png"


def last_texture(job: RetextureJob, mesh: GivenMesh, report: Report) -> Path | None:
    """The folder of the texture that was painted on; None where nothing can be carried over, and why."""
    if job.painted is None:
        return None
    try:
        stamp = json.loads((job.folder / "report.json").read_text(encoding="utf-8")).get("stamp")
        before = read_mesh(job.folder / "mesh.npz").corner_uvs
    except (OSError, ValueError, AttributeError, EngineError):
        return None
    if stamp != job.painted_on or before is None:
        return None  # another object's, by the same name
    now = mesh.corner_uvs
    if now is None or now.shape != before.shape or np.abs(now - before).max(initial=0) > SAME_UVS:
        if _is_painted(job):
            report.warn("paint_lost", "The UVs have changed, so what was painted is only in the texture before.")
        return None
    return job.folder


def _is_painted(job: RetextureJob) -> bool:
    """Whether there is anything that would be lost."""
    assert job.painted is not None
    if any(job.folder.glob("*-painted*.png")):
        return True
    for path in job.painted.glob("painted*.png"):
        was, now = _read(job.folder / path.name.replace("painted", job.name, 1)), _read(path)
        if was is not None and now is not None and was.shape == now.shape and (cv2.absdiff(was, now) > TOUCHED).any():
            return True
    return False


def carry_over(job: RetextureJob, last: Path, page: Page) -> Bool | None:
    """Puts the painted texels into the page; gives where they are, None where there are none."""
    assert job.painted is not None
    was = _read(last / page_name(job.name, page.tile))
    now = _read(job.painted / page_name("painted", page.tile))
    if was is None or now is None or was.shape != page.picture.shape or now.shape != was.shape:
        return None
    mask = cv2.absdiff(was, now).max(2) > TOUCHED
    older = last / page_name(f"{job.name}-painted", page.tile)
    if older.is_file():
        kept = _read(older)
        if kept is not None and kept.shape == now.shape:
            mask |= kept[..., 0] > 127
    if not mask.any():
        return None
    page.picture[mask] = now[mask]
    page.guessed[mask] = False
    return np.asarray(mask)


def _read(path: Path) -> U8 | None:
    """(H, W, 3); None where there is no such picture."""
    try:
        pixels = cv2.imdecode(np.frombuffer(path.read_bytes(), np.uint8), cv2.IMREAD_COLOR)
    except (OSError, cv2.error):
        return None
    return None if pixels is None else np.ascontiguousarray(pixels[..., ::-1]).astype(np.uint8, copy=False)
