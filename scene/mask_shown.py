"""The mask of the photo that is looked through, as one image that is drawn over it and never saved with the file."""

from __future__ import annotations

from pathlib import Path

import bpy
import numpy as np
from bpy.types import Image, Object, Scene

from ..engine import geometry
from ..engine.datatypes import F64, Camera, CameraModel
from ..engine.errors import EngineError
from ..engine.photos.masks import MaskFolder
from .cameras import LENS, LENS_PARAMS, PHOTO, PHOTO_SIZE
from .photo_rays import pinhole

NAME = ".Maquette Mask"  # a leading dot: hidden from the artist's lists
WANTED, FILE = "maquette_wanted", "maquette_file"  # on the image: what it stands for, and where that was found
GRID = 16  # cells on a side: within one a lens bends nothing to speak of


def wanted(scene: Scene, camera: Object) -> str:
    """Which mask in which state; another one must be read where this changes."""
    folder = Path(bpy.path.abspath(scene.maquette.masks))
    try:
        changed = folder.stat().st_mtime_ns
    except OSError:
        changed = 0
    return f"{folder}|{camera.data[PHOTO]}|{changed}"


def ready(scene: Scene, camera: Object) -> Image | None:
    """The image, if it is this camera's mask as it is now."""
    image = bpy.data.images.get(NAME)
    return image if image is not None and image.get(WANTED) == wanted(scene, camera) else None


def read(scene: Scene, camera: Object) -> Image:
    """This camera's mask comes into the image. A photo without a mask leaves it empty: see `is_empty`."""
    image = bpy.data.images.get(NAME) or bpy.data.images.new(NAME, 1, 1, is_data=True)
    file = mask_of(scene, camera)
    if file is not None:
        image.source, image.filepath = "FILE", str(file)
        image.colorspace_settings.name = "Non-Color"
        image.reload()
    image[FILE], image[WANTED] = str(file or ""), wanted(scene, camera)
    return image


def is_empty(image: Image) -> bool:
    return not image[FILE] or not image.size[0]


def mask_of(scene: Scene, camera: Object) -> Path | None:
    """The file that the engine would take."""
    try:
        return MaskFolder.read(Path(bpy.path.abspath(scene.maquette.masks))).find(Path(camera.data[PHOTO]))
    except EngineError:
        return None


def forget() -> None:
    """The image goes."""
    image = bpy.data.images.get(NAME)
    if image is not None:
        bpy.data.images.remove(image)


def places_in_mask(camera: Object) -> F64:
    """(GRID + 1, GRID + 1, 2): for an even grid over the frame, from its lower left, where in the mask that is, from 0 to 1.

    A mask belongs to the photo as it was taken; the frame shows it with straight lines.
    """
    width, height = camera.data[PHOTO_SIZE]
    fx, fy, cx, cy = pinhole(camera)
    across, up = np.meshgrid(np.linspace(0, 1, GRID + 1), np.linspace(0, 1, GRID + 1))
    if LENS not in camera.data:
        return np.stack([across, up], -1)
    lens = Camera(
        model=CameraModel(camera.data[LENS]), width=width, height=height, params=tuple(camera.data[LENS_PARAMS])
    )
    ideal = np.stack([(across * width - cx) / fx, ((1 - up) * height - cy) / fy], -1)
    bent = geometry.distort(lens, ideal.reshape(-1, 2)).reshape(ideal.shape)
    return np.stack([(bent[..., 0] * fx + cx) / width, 1 - (bent[..., 1] * fy + cy) / height], -1)
