"""What the layers leave in OUT: layers/ with a picture, a depth and a mark of what is invented for each, layers.glb, and the film."""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np

from ..export.exr import write_exr
from ..export.layers_glb import packed, write_layers
from ..relief.film import encodes, film_size, write_film, write_frames
from ..report import Report, RunReport
from ..settings import MoveSettings
from ..single import Layer, Staged
from ..workspace import Workspace, key_of, written_aside

VERSION = 1  # raised when a film would come out otherwise
BEYOND = 1e10  # where a layer is not, as far as an EXR's Z is concerned; Blender's own figure


def names(staged: Staged) -> list[str]:
    """Of the files, without their endings: 1 is the furthest."""
    return [f"{i}-{re.sub(r'[^a-z0-9-]+', '-', layer.name.lower())}" for i, layer in enumerate(staged.layers, 1)]


def writers(staged: Staged, out: Path, check: Callable[[], None]) -> dict[str, tuple[Path, Callable[[Path], None]]]:
    """By the result's key: where it goes, and what writes it. Empty where there are no layers."""
    if not staged.layers:
        return {}
    return {
        "layers": (out / "layers.glb", lambda path: write_layers(path, staged, check)),
        "layers_folder": (out / "layers", lambda path: _write_folder(path, staged, check)),
    }


def _write_folder(folder: Path, staged: Staged, check: Callable[[], None]) -> None:
    shutil.rmtree(folder, ignore_errors=True)  # a killed run's
    folder.mkdir()
    for name, layer in zip(names(staged), staged.layers, strict=True):
        check()
        (folder / f"{name}.png").write_bytes(packed(layer.colour))
        check()
        (folder / f"{name}-invented.png").write_bytes(packed(layer.invented.astype(np.uint8) * 255))
        depth = np.where(layer.depth > 0, layer.depth, BEYOND).astype(np.float32)
        write_exr(folder / f"{name}-depth.exr", {"Z": depth}, check)


def entries(staged: Staged) -> list[dict[str, Any]]:
    """What camera.json says of each layer: its file, and the camera of its picture, which is larger than the photo."""
    height, width = staged.mono.inverse_depth.shape
    told = []
    for name, layer in zip(names(staged), staged.layers, strict=True):
        rows, columns = layer.colour.shape[:2]
        across, down = (columns - 2 * layer.margin) / width, (rows - 2 * layer.margin) / height
        told.append(
            {
                "name": layer.name,
                "file": f"layers/{name}.png",
                "width": columns,
                "height": rows,
                "margin_px": layer.margin,
                "focal_px": [round(float(staged.mono.K[i, i]) * s, 4) for i, s in enumerate((across, down))],
                "principal_point_px": [
                    round(float(staged.mono.K[i, 2]) * s + layer.margin, 4) for i, s in enumerate((across, down))
                ],
                "invented": round(float(_invented(layer)), 4),
            }
        )
    return told


def _invented(layer: Layer) -> float:
    return float(layer.invented.sum() / max((layer.depth > 0).sum(), 1))


def film(
    staged: Staged, settings: MoveSettings, key: str, out: Path, workspace: Workspace, report: RunReport
) -> dict[str, str]:
    """The move as move.mp4, or as PNG frames in move/ where nothing here encodes films; not made anew where it is there."""
    if not staged.layers or settings.height <= 0:
        return {}
    key = key_of(VERSION, key, settings)
    target, folder = out / "move.mp4", out / "move"
    made = _made(workspace, key)
    done = made is not None and (out / made).exists()
    with report.stage("film", skipped=done) as stage:
        stage.count("size", list(film_size(staged, settings)))
        if made is None or not done:
            made = _make(staged, settings, target, folder, stage)
            workspace.save_names("film", key, {"file": made})
        stage.preview("move", out / made)
    return {"move": str(out / made)}


def _made(workspace: Workspace, key: str) -> str | None:
    try:
        return workspace.load_names("film")["file"] if workspace.has("film", key) else None
    except (OSError, ValueError, KeyError):
        return None


def _make(staged: Staged, settings: MoveSettings, target: Path, folder: Path, report: Report) -> str:
    if not encodes(target.parent, settings.fps, film_size(staged, settings)):
        report.warn("no_encoder", "Nothing here encodes films: the move was written as PNG frames into “move”.")
        with written_aside(folder) as part:
            shutil.rmtree(part, ignore_errors=True)
            write_frames(part, staged, settings, report)
        return folder.name
    with written_aside(target) as part:
        # the encoder goes by the name's ending
        film_part = part.with_name(part.name + ".mp4")
        try:
            write_film(film_part, staged, settings, report)
            os.replace(film_part, part)
        finally:
            film_part.unlink(missing_ok=True)
    return target.name
