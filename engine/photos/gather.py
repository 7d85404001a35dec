"""Paths ─► the files that may be photos: folders are walked without loops, in natural order, past hidden files and results."""

from __future__ import annotations

import os
import re
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..errors import EngineError
from ..report import Report

MAX_FILES = 50_000
PASSED_FOLDERS = frozenset({"@eadir", "__macosx", "$recycle.bin", "lost+found"})
MASK_FOLDERS = frozenset({"mask", "masks"})
WORKSPACE = ".maquette"  # beside it lie results
RESULTS = frozenset({"preview.png", "undistorted", "cameras", "textures"})
WINDOWS_HIDDEN = 2


@dataclass(frozen=True)
class Found:
    """A file; `named` by the user, not met in a folder."""

    path: Path
    named: bool


def gather(paths: Sequence[Path], masks: Path | None, report: Report) -> list[Found]:
    """All files in the order of `paths`, each once."""
    walk = _Walk(masks, report)
    found: list[Found] = []
    seen: set[tuple[object, ...]] = set()
    for path in paths:
        kind = _status(path)
        files: Iterator[Path] = walk.files(path, top=True) if stat.S_ISDIR(kind.st_mode) else iter((path,))
        for file in files:
            report.check()
            identity = _identity(file)
            if identity not in seen:
                seen.add(identity)
                found.append(Found(file, not stat.S_ISDIR(kind.st_mode)))
            if len(found) > MAX_FILES:
                raise EngineError(
                    "too_many_files",
                    f"There are more than {MAX_FILES:,} files in {path.name or path}.",
                    file=path,
                    advice="Choose the folder that holds the photos alone.",
                )
    return found


def _status(path: Path) -> os.stat_result:
    try:
        return os.stat(path)
    except (FileNotFoundError, NotADirectoryError, ValueError) as error:
        raise EngineError(
            "missing_path",
            f"There is no file or folder {path.name or path}.",
            file=path,
            advice="Check the spelling and that the disk is connected.",
        ) from error
    except OSError as error:
        raise EngineError(
            "unreadable_path",
            f"{path.name[:80] or path} can't be opened: {error.strerror or error}.",
            file=path,
            advice="Check the path and the permissions.",
        ) from error


def _identity(path: Path) -> tuple[object, ...]:
    try:
        status = os.stat(path)
    except OSError:
        return (str(path),)
    return (status.st_dev, status.st_ino) if status.st_ino else (os.path.realpath(path),)


class _Walk:
    """Remembers which folders it has been in, so that a link to a parent ends there."""

    def __init__(self, masks: Path | None, report: Report) -> None:
        self.report = report
        self.been: set[tuple[object, ...]] = set()
        self.masks = None if masks is None else _identity(masks)

    def files(self, folder: Path, *, top: bool = False) -> Iterator[Path]:
        """Regular files (links to them too), naturally sorted; sub-folders at their place in the order."""
        pending = [iter([folder])]
        while pending:
            self.report.check()
            path = next(pending[-1], None)
            if path is None:
                pending.pop()
                continue
            is_top = top and path is folder
            try:
                mode = os.stat(path).st_mode
            except OSError:
                continue  # a dangling link, or gone meanwhile
            if stat.S_ISDIR(mode):
                if self._enters(path, is_top):
                    pending.append(iter(self._entries(path, is_top)))
            elif stat.S_ISREG(mode):
                yield path

    def _enters(self, folder: Path, is_top: bool) -> bool:
        identity = _identity(folder)
        if identity in self.been or (identity == self.masks and not is_top):
            return False
        self.been.add(identity)
        if is_top or folder.name.casefold() not in MASK_FOLDERS:
            return True
        self.report.warn(
            "masks_unused",
            f"The folder {folder.name} looks like masks, so its files were not taken as photos.",
            file=folder,
            advice="Choose it as the folder of masks to use it.",
        )
        return False

    def _entries(self, folder: Path, is_top: bool) -> list[Path]:
        try:
            with os.scandir(folder) as entries:
                listed = [entry for entry in entries if not _is_hidden(entry)]
                names = {entry.name for entry in listed}
        except OSError as error:
            if is_top:
                raise EngineError(
                    "folder_unreadable",
                    f"The folder {folder.name} can't be read: {error.strerror or error}.",
                    file=folder,
                    advice="Check its permissions.",
                ) from error
            self.report.warn(
                "folder_unreadable", f"The folder {folder.name} can't be read and was left out.", file=folder
            )
            return []
        if (folder / WORKSPACE).is_dir():
            names -= RESULTS
        folded = {name.casefold() for name in names}
        ends = {name: os.path.splitext(name) for name in names}
        masks = {name for name, (stem, end) in ends.items() if end and stem.casefold() in folded}  # photo.jpg.png
        return [folder / name for name in sorted(names - masks, key=natural_key)]


def _is_hidden(entry: os.DirEntry[str]) -> bool:
    if entry.name.startswith(".") or entry.name.casefold() in PASSED_FOLDERS:
        return True
    try:
        attributes = getattr(entry.stat(follow_symlinks=False), "st_file_attributes", 0)
    except OSError:
        return False
    return bool(attributes & WINDOWS_HIDDEN)


def natural_key(name: str) -> tuple[list[str | int], str]:
    """IMG_2 comes before IMG_10."""
    return [int(part) if i % 2 else part for i, part in enumerate(re.split(r"([0-9]+)", name.casefold()))], name
