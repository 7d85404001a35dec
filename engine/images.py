"""The one place that turns files into pixels: upright, sRGB, 8-bit, under limits; and views into undistorted pictures."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from . import decoding
from .colour import to_srgb
from .datatypes import F32, U8, Bool, Photo, View
from .decoding import Unreadable
from .errors import EngineError
from .geometry import distort, intrinsics, is_distorted
from .tiff import ORIENTATION

RATIO_TOLERANCE = 0.02  # a mask's sides may be rounded otherwise than the photo's
MAP_STEP = 8  # pixels between the nodes where lens distortion is computed: in between it is linear to 0.01 pixel


def load_photo(photo: Photo, width: int, height: int) -> U8:
    """The photo upright as (height, width, 3) sRGB."""
    if photo.orientation >= 5:
        width, height = height, width
    with _still_there(photo), decoding.regular_file(photo.path) as handle, decoding.open_image(handle) as image:
        if image.size != stored_size(photo):
            raise Unreadable("changed", "has another size than before")
        pixels = decoding.read_rgb(image, width, height, partial=photo.mask == photo.path)
    return decoding.turned(pixels, photo.orientation)


def load_mask(photo: Photo, width: int, height: int) -> Bool | None:
    """True = keep, upright. None where the photo has no mask.

    A mask is an image of its own, or the photo itself: then its alpha channel, or the part of a damaged file that could
    be read.
    """
    if photo.mask is None:
        return None
    with _still_there(photo):
        keep = own_mask(photo) if photo.mask == photo.path else read_mask(photo.mask, photo)
    if keep.shape != (height, width):
        shrinks = width <= keep.shape[1]
        keep = cv2.resize(keep, (width, height), interpolation=cv2.INTER_AREA if shrinks else cv2.INTER_LINEAR)
    return np.asarray(keep > 127)


def load_view(view: View) -> U8:
    """The view's undistorted picture, (H, W, 3). Pixels outside the photo repeat its edge; see `view_valid`."""
    pixels = load_photo(view.photo, view.width, view.height)
    if not is_distorted(view.camera):
        return pixels
    map_x, map_y = _undistort_maps(view)
    return np.asarray(cv2.remap(pixels, map_x, map_y, cv2.INTER_LANCZOS4, borderMode=cv2.BORDER_REPLICATE), np.uint8)


def view_valid(view: View) -> Bool:
    """True where the undistorted view shows photo and the user's mask keeps it."""
    keep = load_mask(view.photo, view.width, view.height)
    if keep is None:
        keep = np.ones((view.height, view.width), bool)
    if not is_distorted(view.camera):
        return keep
    map_x, map_y = _undistort_maps(view)
    remapped = cv2.remap(keep.astype(np.uint8) * 255, map_x, map_y, cv2.INTER_LINEAR, borderValue=0)
    return np.asarray(remapped > 127)


def view_empty(view: View) -> Bool:
    """True where the undistorted view shows photo that the user's mask leaves out."""
    keep = load_mask(view.photo, view.width, view.height)
    if keep is None:
        return np.zeros((view.height, view.width), bool)
    if not is_distorted(view.camera):
        return ~keep
    map_x, map_y = _undistort_maps(view)
    remapped = cv2.remap((~keep).astype(np.uint8) * 255, map_x, map_y, cv2.INTER_LINEAR, borderValue=0)
    return np.asarray(remapped > 127)


def stored_size(photo: Photo) -> tuple[int, int]:
    """(width, height) of the file's pixels, before the EXIF orientation."""
    return (photo.height, photo.width) if photo.orientation >= 5 else (photo.width, photo.height)


def read_mask(path: Path, photo: Photo) -> U8:
    """A mask file upright, (H, W), 255 = keep. Raises Unreadable where it can't belong to the photo.

    It is taken as an artist sees it, upright. Only where its shape fits the pixels as they are stored, and not the upright
    photo, is it turned along with the photo.
    """
    with decoding.regular_file(path) as handle, decoding.open_image(handle) as image:
        turn = decoding.orientation_of(decoding.exif_of(image, handle, (ORIENTATION,)))
        decoding.load(image, partial=False)
        values = _mask_values(image)
    values = decoding.turned(values, turn)
    if not _same_ratio(values, photo.width, photo.height):
        if photo.orientation < 5 or turn != 1 or not _same_ratio(values, *stored_size(photo)):
            found, wanted = f"{values.shape[1]} × {values.shape[0]}", f"{photo.width} × {photo.height}"
            raise Unreadable("mask_shape", f"has another shape than its photo ({found}, the photo {wanted})")
        values = decoding.turned(values, photo.orientation)
    return values


def own_mask(photo: Photo) -> U8:
    """What the photo itself says to keep, upright: its alpha channel, or the rows that could be decoded."""
    with decoding.regular_file(photo.path) as handle, decoding.open_image(handle) as image:
        width, height = stored_size(photo)
        image.draft("L", (max(width // 4, 1), max(height // 4, 1)))
        rows = decoding.load(image, partial=True)
        keep = decoding.alpha_of(image)
        if keep is None:
            keep = np.zeros((image.height, image.width), np.uint8)
            keep[:rows] = 255
    return decoding.turned(keep, photo.orientation)


def _mask_values(image: Image.Image) -> U8:
    """White is kept. A mask that is all in its alpha channel (a cut-out) is taken from there."""
    alpha = decoding.alpha_of(image)
    return np.asarray(to_srgb(image).convert("L"), np.uint8) if alpha is None else alpha


def _same_ratio(values: U8, width: int, height: int) -> bool:
    return bool(abs(values.shape[1] / values.shape[0] / (width / height) - 1) <= RATIO_TOLERANCE)


@contextmanager
def _still_there(photo: Photo) -> Iterator[None]:
    """The photo was read once already: if it can't be now, somebody took it away."""
    try:
        yield
    except (Unreadable, OSError) as error:
        clause = error.clause if isinstance(error, Unreadable) else "could not be read again"
        raise EngineError(
            "photo_gone",
            f"{photo.path.name} {clause}: it was changed or removed while the model was being made.",
            file=photo.path,
            advice="Leave the photos where they are and run again.",
        ) from error


def _undistort_maps(view: View) -> tuple[F32, F32]:
    """For each pixel of the view, where the photo (at the view's size) holds it, in OpenCV's pixel centres."""
    # One node more on every side, so that the enlargement below never has to guess beyond its last node.
    nodes_x, nodes_y = (-(-side // MAP_STEP) + 2 for side in (view.width, view.height))
    x, y = np.meshgrid((np.arange(nodes_x) - 0.5) * MAP_STEP, (np.arange(nodes_y) - 0.5) * MAP_STEP)
    pixels = np.stack([x.ravel(), y.ravel()], 1)
    ideal = (pixels - view.K[:2, 2]) / np.array([view.K[0, 0], view.K[1, 1]])
    K = intrinsics(view.camera)
    K[0] *= view.width / view.camera.width
    K[1] *= view.height / view.camera.height
    bent = distort(view.camera, ideal) * np.array([K[0, 0], K[1, 1]]) + K[:2, 2] - 0.5
    size = (nodes_x * MAP_STEP, nodes_y * MAP_STEP)
    fine = (cv2.resize(bent[:, i].reshape(nodes_y, nodes_x).astype(np.float32), size) for i in (0, 1))
    map_x, map_y = (m[MAP_STEP : MAP_STEP + view.height, MAP_STEP : MAP_STEP + view.width] for m in fine)
    return np.ascontiguousarray(map_x), np.ascontiguousarray(map_y)
