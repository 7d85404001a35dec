"""The one place that turns files into pixels: upright, sRGB, 8-bit, under limits; and views into undistorted pictures."""

from __future__ import annotations

import cv2
import numpy as np
from PIL import Image, ImageOps

from .datatypes import U8, Bool, Photo, View
from .geometry import distort, intrinsics, is_distorted


def load_photo(photo: Photo, width: int, height: int) -> U8:
    """The photo upright as (height, width, 3) sRGB. (First version: the photos helper hardens it.)"""
    with Image.open(photo.path) as image:
        image.draft("RGB", (width, height))
        upright = ImageOps.exif_transpose(image).convert("RGB")
        if upright.size != (width, height):
            pixels = cv2.resize(np.asarray(upright), (width, height), interpolation=cv2.INTER_AREA)
        else:
            pixels = np.asarray(upright)
    return np.ascontiguousarray(pixels, np.uint8)


def load_mask(photo: Photo, width: int, height: int) -> Bool | None:
    """True = keep. None where the photo has no mask."""
    if photo.mask is None:
        return None
    with Image.open(photo.mask) as image:
        return np.asarray(image.convert("L").resize((width, height), Image.Resampling.BILINEAR)) > 127


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


def _undistort_maps(view: View) -> tuple[np.ndarray, np.ndarray]:
    """For each pixel of the view, where the photo (at the view's size) holds it, in OpenCV's pixel centres."""
    x, y = np.meshgrid(np.arange(view.width) + 0.5, np.arange(view.height) + 0.5)
    pixels = np.stack([x.ravel(), y.ravel()], 1)
    ideal = (pixels - view.K[:2, 2]) / np.array([view.K[0, 0], view.K[1, 1]])
    K = intrinsics(view.camera)
    K[0] *= view.width / view.camera.width
    K[1] *= view.height / view.camera.height
    bent = distort(view.camera, ideal) * np.array([K[0, 0], K[1, 1]]) + K[:2, 2] - 0.5
    shape = (view.height, view.width)
    return bent[:, 0].reshape(shape).astype(np.float32), bent[:, 1].reshape(shape).astype(np.float32)
