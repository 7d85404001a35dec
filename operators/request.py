"""The artist's settings, copied once into the words of the engine's command line."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from pathlib import Path

import bpy
from bpy.types import Context

from .. import preferences
from ..engine.errors import EngineError
from ..engine.settings import Turntable
from ..properties.model import AUTOMATIC
from ..scene import photos, region
from ..scene.errors import ModelError
from ..scene.scale import metres_of
from ..scene.unfinished import Unfinished

FEW = 40  # photos named one by one on the engine's command line


class Request(Unfinished):
    """A model to build."""

    @property
    def words(self) -> tuple[str, ...]:
        """The engine's command line."""
        return ("model", *photo_words(list(self.photos)), *self.options)


def request_of(context: Context, *, with_box: bool = True) -> Request:
    """What the scene's settings ask for; EngineError where they don't make sense."""
    settings = context.scene.maquette
    chosen = chosen_photos(context)
    name = chosen[0].parent.name or "Model"
    out = _folder(settings.output) or preferences.models_folder(context) / f"{name}-{_mark(chosen)}"
    words = ["-o", str(out), "--quality", settings.quality, "--region", settings.region]
    words += ["--device", preferences.of(context).device]
    if settings.faces:
        words += ["--faces", str(settings.faces)]
    if settings.texture != AUTOMATIC:
        words += ["--texture", settings.texture]
    if settings.watertight:
        words += ["--watertight"]
    if settings.scale.use_markers:
        words += ["--marker-size", f"{metres_of(context.scene, settings.scale.marker_size):.9g}"]
        words += ["--marker-floor"] if settings.scale.markers_on_floor else []
    masks = _folder(settings.masks)
    if masks is not None:
        words += ["--masks", str(masks)]
    if settings.region_masks.turntable != Turntable.AUTO.value:
        words += ["--turntable" if settings.region_masks.turntable == Turntable.ON.value else "--no-turntable"]
    if with_box and settings.region_masks.use_box:
        words += ["--box", str(_box_file(context, out))]
    return Request(name=name, out=out, photos=tuple(chosen), options=tuple(words))


def _box_file(context: Context, out: Path) -> Path:
    """The region box, beside the run's products: a run that is gone on with later needs it still."""
    path = out / ".maquette" / "box.json"
    try:
        region.write_box(region.engine_box(context), path)
    except ModelError as error:
        raise EngineError("region_box", str(error)) from error
    return path


def photo_words(chosen: list[Path]) -> list[str]:
    """Many files go through a list: Windows allows no more than 32,000 letters on a command line."""
    if len(chosen) <= FEW:
        return [str(path) for path in chosen]
    listed = Path(bpy.app.tempdir) / "maquette-photos.txt"
    listed.write_text("\n".join(map(str, chosen)), encoding="utf-8")
    return ["--photos-from", str(listed)]


def chosen_photos(context: Context) -> list[Path]:
    """The ticked photos; EngineError where there are none, or where some are gone."""
    rows = photos.photos_of(context.scene).rows
    if not len(rows):
        raise EngineError("no_photos", "There are no photos yet.", advice="Drop some into the 3D view, or choose them.")
    chosen = photos.ticked(context.scene)
    if not chosen:
        raise EngineError("none_ticked", "No photo is ticked.", advice="Tick those that the model is to be made from.")
    all_there(context, chosen)
    return chosen


def all_there(context: Context, chosen: Sequence[Path]) -> None:
    """EngineError where photos are gone."""
    gone = [path for path in chosen if not path.is_file()]
    if gone:
        photos.mark_missing(context.scene)
        raise EngineError(
            "photos_missing",
            f"{len(gone)} of {len(chosen)} photos are not where they were.",
            file=gone[0],
            advice="Connect the disk, find them again with Find Missing Photos, or untick them.",
        )


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


def _mark(chosen: list[Path]) -> str:
    """Tells two folders of the same name apart; the same photos come back to the same results and resume them."""
    return hashlib.sha256("\n".join(sorted(map(str, chosen))).encode()).hexdigest()[:8]
