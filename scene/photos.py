"""The scene's list of photos: filled, ticked, refreshed, judged. The list is the only truth of which photos a model is made from."""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import bpy
from bpy.types import PropertyGroup, Scene

from ..engine.capture.after import said_of_run
from ..engine.errors import EngineError
from ..engine.photos.listing import Listed, list_photos
from ..engine.verdicts import Judged, Verdict, from_plain, same_file

UNSEEN, MISSING = "unseen", "missing"  # of the list alone; the other verdicts are the engine's
USELESS = (MISSING, Verdict.UNREADABLE.value, Verdict.DUPLICATE.value)
FAULTY = (MISSING, *(verdict.value for verdict in Verdict if not verdict.is_fine))


def photos_of(scene: Scene) -> PropertyGroup:
    """The scene's list."""
    return scene.maquette.photos


def add(scene: Scene, paths: Sequence[Path]) -> int:
    """Adds files, and what folders hold; what is there already stays as it is. Gives how many came new."""
    photos = photos_of(scene)
    folders = [path for path in paths if path.is_dir()]
    listed = list_photos(paths)
    known = {same_file(folder.path) for folder in photos.folders}
    for folder in folders:
        if same_file(folder) not in known:
            photos.folders.add().path = str(folder)
    return _append(photos, listed)


def refresh(scene: Scene) -> tuple[int, int]:
    """Looks into the folders again: (new, gone). What is gone is marked, since the disk may only be unplugged."""
    photos = photos_of(scene)
    places = [Path(bpy.path.abspath(folder.path)) for folder in photos.folders]
    new = _append(photos, list_photos([place for place in places if place.is_dir()]))
    return new, mark_missing(scene)


def mark_missing(scene: Scene) -> int:
    """How many photos are not where they were; each is marked, or no longer."""
    gone = 0
    for item in photos_of(scene).rows:
        if not os.path.isfile(path_of(item)):
            gone += 1
            item.verdict, item.sentence = MISSING, f"{item.name} is not in {path_of(item).parent} any more."
        elif item.verdict == MISSING:
            item.verdict, item.sentence = UNSEEN, ""
    return gone


def relink(scene: Scene, folder: Path) -> int:
    """Finds missing photos in a folder (and below it) by their names; gives how many were found."""
    mark_missing(scene)
    there = {listed.path.name.casefold(): listed.path for listed in reversed(list_photos([folder]))}
    photos, found = photos_of(scene), 0
    for item in photos.rows:
        new = there.get(item.name.casefold()) if item.verdict == MISSING else None
        if new is not None:
            item.path, item.verdict, item.sentence = str(new), UNSEEN, ""
            found += 1
    if found and same_file(folder) not in {same_file(place.path) for place in photos.folders}:
        photos.folders.add().path = str(folder)
    return found


def ticked(scene: Scene) -> list[Path]:
    """What the next model is made from."""
    return [path_of(item) for item in photos_of(scene).rows if item.use]


def path_of(item: PropertyGroup) -> Path:
    """Where one photo lies."""
    return Path(bpy.path.abspath(item.path))


def tick(scene: Scene, wanted: Callable[[PropertyGroup], bool]) -> int:
    """Ticks those, and unticks all others; gives how many are ticked."""
    for item in photos_of(scene).rows:
        item.use = wanted(item)
    return sum(item.use for item in photos_of(scene).rows)


def remove(scene: Scene, goes: Callable[[int, PropertyGroup], bool]) -> int:
    """Takes photos out of the list (never from the disk); gives how many. An empty list forgets its folders and its verdict."""
    photos = photos_of(scene)
    gone = [index for index, item in enumerate(photos.rows) if goes(index, item)]
    for index in reversed(gone):
        photos.rows.remove(index)
    photos.active = max(min(photos.active, len(photos.rows) - 1), 0)
    if not len(photos.rows):
        photos.folders.clear()
        photos.said = ""
    return len(gone)


def judge(scene: Scene, verdicts: Iterable[Judged], said: Sequence[str] = (), mood: str = "INFO") -> int:
    """The engine's verdicts into the list, and what it says of them together; gives how many found their photo."""
    photos = photos_of(scene)
    by_path = {same_file(judged.path): judged for judged in verdicts}
    met = 0
    for item in photos.rows:
        judged = by_path.get(same_file(path_of(item)))
        if judged is not None:
            item.verdict, item.sentence = judged.verdict.value, judged.sentence
            item.sharpness = float(judged.figures.get("sharpness") or 0.0)
            met += 1
    photos.said, photos.mood = "\n".join(said), mood
    return met


def take_check(scene: Scene, path: Path) -> str:
    """A check.json into the list; gives its verdict in one sentence."""
    try:
        found = json.loads(path.read_text(encoding="utf-8"))
        said, mood, verdicts = [str(line) for line in found["said"]], str(found["mood"]), from_plain(found["verdicts"])
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise EngineError("check_unreadable", f"The check's result can't be read: {error}.", file=path) from error
    judge(scene, verdicts, said, mood)
    return said[0]


def take_run(scene: Scene, report: Mapping[str, Any]) -> None:
    """What a run's report says of its photos. A report of an older engine says nothing, and of other photos nothing is taken."""
    verdicts = from_plain(report.get("verdicts"))
    here = {same_file(path_of(item)) for item in photos_of(scene).rows}
    if any(same_file(judged.path) in here for judged in verdicts):
        mood, said = said_of_run(verdicts)
        judge(scene, verdicts, said, mood)


def _append(photos: PropertyGroup, listed: Sequence[Listed]) -> int:
    there = {same_file(path_of(item)) for item in photos.rows}
    new = [one for one in listed if same_file(one.path) not in there]
    for one in new:
        item = photos.rows.add()
        item.name, item.path = one.path.name, str(one.path)
        if one.fault:
            item.verdict = Verdict.UNREADABLE.value
            item.sentence = f"{one.path.name} {one.fault}. {one.advice}".strip()
    if new:
        photos.said = ""  # it was about other photos
    return len(new)
