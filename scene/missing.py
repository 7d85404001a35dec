"""What a file misses that was moved to another machine, or whose folders were: said in words, and found again by name.

Where two files have the same name, the one decides that lies in a folder of the old folder's name; else, for photos, their content.
"""

from __future__ import annotations

import hashlib
import os
from collections import Counter, defaultdict
from dataclasses import dataclass
from pathlib import Path

import bpy
from bpy.types import Image, Scene

from ..engine import storage
from ..engine.jobs import ModelJob
from .model import FOLDER, Model, models_in, photo_of
from .photos import photos_of

MOST_FILES = 200_000  # looked at below a chosen folder


@dataclass(frozen=True, kw_only=True)
class Missing:
    """What is not where the file says it is."""

    photos: tuple[str, ...]  # of the list for the next model
    pictures: tuple[Image, ...]  # that cameras show behind the model
    models: tuple[Model, ...]  # whose result folder is gone

    def sentences(self) -> list[tuple[str, str]]:
        """(code, sentence) for the panel."""
        told = []
        if self.models:
            names = ", ".join(model.mesh.name for model in self.models)
            place = self.models[0].folder
            told.append(("result_missing", f"The result folder of {names} is not there any more ({place})."))
        if self.pictures:
            first, count = self.pictures[0].name, len(self.pictures)
            more = f" and {count - 1} more" if count > 1 else ""
            told.append(("pictures_missing", f"The cameras' photos are not where they were: {first}{more}."))
        if self.photos:
            more = f" and {len(self.photos) - 1} more" if len(self.photos) > 1 else ""
            told.append(("photos_missing", f"Photos of the list are not where they were: {self.photos[0]}{more}."))
        return told


def missing_in(scene: Scene) -> Missing:
    """Looks at each file and folder once."""
    models = models_in(scene)
    rows = photos_of(scene).rows
    return Missing(
        photos=tuple(row.name for row in rows if not os.path.isfile(bpy.path.abspath(row.path))),
        pictures=tuple(image for model in models for image in _pictures_of(model) if _is_gone(image)),
        models=tuple(model for model in models if not (model.folder / "report.json").is_file()),
    )


def relink_pictures(scene: Scene, folder: Path) -> int:
    """Finds what the cameras show in a folder and below it; gives how many were found."""
    gone = missing_in(scene).pictures
    if not gone:
        return 0
    there, hashes = _files_below(folder), _hashes(scene)
    found = 0
    for image in gone:
        old = Path(bpy.path.abspath(image.filepath))
        new = _best(old, there.get(old.name.casefold(), []), hashes.get(old.name.casefold()))
        if new is not None:
            image.filepath = str(new)
            found += 1
    return found


def remember_photos(scene: Scene, folder: Path) -> Path | None:
    """Where below a folder the models' own photos lie now, kept for texturing again; None if none of them is there."""
    names = {photo_of(camera).casefold() for model in models_in(scene) for camera in model.cameras}
    if not names:
        return None
    homes = Counter(path.parent for name, paths in _files_below(folder).items() if name in names for path in paths)
    if not homes:
        return None
    home = homes.most_common(1)[0][0]
    scene.maquette.retexture.photos = str(home)
    return home


def relink_result(model: Model, folder: Path) -> int:
    """The model's result lies here now; gives how many of its cameras' pictures were found in it."""
    model.collection[FOLDER] = str(folder)
    found = 0
    for image in _pictures_of(model):
        place = folder / "undistorted" / Path(image.filepath).name
        if _is_gone(image) and place.is_file():
            image.filepath = str(place)
            found += 1
    return found


def _pictures_of(model: Model) -> list[Image]:
    shown = (background.image for camera in model.cameras for background in camera.data.background_images)
    return [image for image in shown if image is not None]


def _is_gone(image: Image) -> bool:
    return (
        image.source == "FILE"
        and image.packed_file is None
        and bool(image.filepath)
        and not os.path.isfile(bpy.path.abspath(image.filepath))
    )


def _files_below(folder: Path) -> dict[str, list[Path]]:
    """By name, in small letters: disks differ in whether they count."""
    there: dict[str, list[Path]] = defaultdict(list)
    count = 0
    for place, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not name.startswith("."))
        for name in names:
            there[name.casefold()].append(Path(place) / name)
        count += len(names)
        if count > MOST_FILES:
            break
    return there


def _best(old: Path, candidates: list[Path], content: str | None) -> Path | None:
    if len(candidates) > 1 and content is not None:
        candidates = [path for path in candidates if _hash(path) == content] or candidates
    same_place = [path for path in candidates if path.parent.name == old.parent.name]
    return next(iter(same_place or candidates), None)


def _hashes(scene: Scene) -> dict[str, str]:
    """The photos' content by their names, where a model's result is there to ask."""
    found = {}
    for model in models_in(scene):
        path = ModelJob(photos=(), out=model.folder).workspace / "sparse.npz"
        if path.is_file():
            for posed in storage.read_sparse(path).posed:
                found[posed.photo.path.name.casefold()] = posed.photo.content_hash
    return found


def _hash(path: Path) -> str:
    """As the engine reckons it."""
    digest = hashlib.sha256()
    with open(path, "rb") as handle:
        while block := handle.read(1 << 20):
            digest.update(block)
    return digest.hexdigest()[:32]
