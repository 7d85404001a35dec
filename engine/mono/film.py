"""A video file ─► its frames as pictures, under limits."""

from __future__ import annotations

import shutil
from pathlib import Path

import cv2
import numpy as np

from ..errors import EngineError, Exit
from ..report import Report
from ..workspace import disk_error

MAX_FRAMES = 20_000
QUALITY = 95  # of the frames' JPEGs: as lossless they would fill the disk
KEEP_FREE_MB = 500  # on the disk
_ENDINGS = frozenset(
    {".mp4", ".mov", ".m4v", ".avi", ".mkv", ".webm", ".mpg", ".mpeg", ".mts", ".m2ts", ".ogv", ".wmv"}
)
_HEADS = (b"RIFF", b"\x1a\x45\xdf\xa3", b"\x00\x00\x01\xba", b"\x00\x00\x01\xb3", b"OggS", b"0&\xb2u", b"G")


def is_film(path: Path) -> bool:
    """By name and by content."""
    if path.suffix.lower() not in _ENDINGS or not path.is_file():
        return False
    with open(path, "rb") as handle:
        head = handle.read(16)
    return head[4:8] in (b"ftyp", b"moov", b"mdat", b"wide", b"free") or head.startswith(_HEADS)


def read_frames(path: Path, folder: Path, max_megapixels: float, report: Report) -> list[Path]:
    """Each frame as FOLDER/NAME-00001.jpg, upright."""
    film = cv2.VideoCapture(str(path), cv2.CAP_FFMPEG)
    try:
        width, height = (int(film.get(key)) for key in (cv2.CAP_PROP_FRAME_WIDTH, cv2.CAP_PROP_FRAME_HEIGHT))
        if not film.isOpened() or width <= 0 or height <= 0:
            raise _unreadable(path)
        if width * height > max_megapixels * 1e6:
            raise EngineError(
                "too_large", f"The frames of {path.name} are too large.", file=path, advice="Scale it down."
            )
        count = int(max(min(film.get(cv2.CAP_PROP_FRAME_COUNT), MAX_FRAMES), 0))
        try:
            folder.mkdir(parents=True, exist_ok=True)
            frames = _all(film, path, folder, count, report)
        except OSError as error:
            raise disk_error(error, folder / path.name) from error
    finally:
        film.release()
    if not frames:
        raise _unreadable(path)
    return frames


def _all(film: cv2.VideoCapture, path: Path, folder: Path, count: int, report: Report) -> list[Path]:
    frames: list[Path] = []
    with report.step("frames", count) as step:
        while len(frames) < MAX_FRAMES:
            read, pixels = film.read()
            if not read:
                break
            if len(frames) % 50 == 0 and shutil.disk_usage(folder).free < KEEP_FREE_MB * 1e6:
                raise EngineError(
                    "disk_full",
                    f"The disk is too small for the frames of {path.name}: {len(frames)} of them are written.",
                    exit_code=Exit.RESOURCES,
                    file=folder,
                    advice="Free some space, or cut the film shorter.",
                )
            frames.append(_write(folder / f"{path.stem}-{len(frames) + 1:05d}.jpg", np.asarray(pixels, np.uint8)))
            step.advance()
    if len(frames) == MAX_FRAMES:
        report.warn("film_too_long", f"Only the first {MAX_FRAMES:,} frames of {path.name} are used.", file=path)
    return frames


def _write(target: Path, pixels: np.ndarray) -> Path:
    done, data = cv2.imencode(".jpg", pixels, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    assert done
    target.write_bytes(data.tobytes())
    return target


def _unreadable(path: Path) -> EngineError:
    return EngineError(
        "unreadable_film",
        f"{path.name} is not a film that can be read.",
        file=path,
        advice="Export it as MP4 (H.264), or as single pictures, and run again.",
    )
