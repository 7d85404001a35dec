"""Which folders of results the open file still needs."""

from __future__ import annotations

from pathlib import Path

import bpy

from .model import FOLDER


def paths_in_use() -> set[Path]:
    """The folders of its models, the unfinished ones too, and every picture that it shows from the disk."""
    folders = [str(collection[FOLDER]) for collection in bpy.data.collections if FOLDER in collection]
    folders += [folder for scene in bpy.data.scenes if (folder := scene.maquette.unfinished.folder)]
    pictures = [image.filepath for image in bpy.data.images if image.filepath]
    libraries = [library.filepath for library in bpy.data.libraries]
    return {Path(bpy.path.abspath(text)).resolve() for text in (*folders, *pictures, *libraries)}
