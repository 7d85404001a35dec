"""The artist's settings, copied once into the words of the engine's command line."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.types import Context

from .. import preferences
from ..engine.errors import EngineError
from ..properties.model import AUTOMATIC

FEW = 40  # photos named one by one on the engine's command line


@dataclass(frozen=True, kw_only=True)
class Request:
    """A model to build: its name, where its results go, and what the engine is told."""

    name: str
    out: Path
    words: tuple[str, ...]


def request_of(context: Context) -> Request:
    """What the scene's settings ask for; EngineError where they don't make sense."""
    settings = context.scene.maquette
    photos = chosen_photos(context)
    name = (photos[0] if settings.source == "FOLDER" else photos[0].parent).name or "Model"
    out = _folder(settings.output) or preferences.models_folder(context) / f"{name}-{_mark(photos)}"
    words = ["model", *_photo_words(photos), "-o", str(out), "--quality", settings.quality, "--region", settings.region]
    words += ["--device", preferences.of(context).device]
    if settings.faces:
        words += ["--faces", str(settings.faces)]
    if settings.texture != AUTOMATIC:
        words += ["--texture", settings.texture]
    if settings.watertight:
        words += ["--watertight"]
    masks = _folder(settings.masks)
    if masks is not None:
        words += ["--masks", str(masks)]
    return Request(name=name, out=out, words=tuple(words))


def _photo_words(photos: list[Path]) -> list[str]:
    """Many files go through a list: Windows allows no more than 32,000 letters on a command line."""
    if len(photos) <= FEW:
        return [str(path) for path in photos]
    listed = Path(bpy.app.tempdir) / "maquette-photos.txt"
    listed.write_text("\n".join(map(str, photos)), encoding="utf-8")
    return ["--photos-from", str(listed)]


def chosen_photos(context: Context) -> list[Path]:
    """The chosen folder alone, or the chosen files."""
    settings = context.scene.maquette
    if settings.source == "FOLDER":
        folder = _folder(settings.folder)
        if folder is None or not folder.is_dir():
            raise EngineError(
                "no_folder", "There is no folder of photos yet.", file=folder, advice="Choose one in the sidebar."
            )
        return [folder]
    if not len(settings.files):
        raise EngineError("no_files", "There are no photos yet.", advice="Choose some in the sidebar.")
    return [Path(bpy.path.abspath(item.path)) for item in settings.files]


def texture_folder(context: Context) -> Path | None:
    """Where the texture goes: None packs it."""
    if context.scene.maquette.storage == "PACKED":
        return None
    if not bpy.data.filepath:
        raise EngineError(
            "not_saved",
            "The texture goes beside the .blend, which has no place yet.",
            advice="Save the .blend first, or choose to pack the texture.",
        )
    return Path(bpy.data.filepath).parent / "textures"


def _folder(text: str) -> Path | None:
    return Path(bpy.path.abspath(text)).resolve() if text else None


def _mark(photos: list[Path]) -> str:
    """Tells two folders of the same name apart; the same photos come back to the same results and resume them."""
    return hashlib.sha256("\n".join(sorted(map(str, photos))).encode()).hexdigest()[:8]
