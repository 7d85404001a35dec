"""Which photos share a lens, and the pixels that the solver works in: the working size, so that its tolerances mean the same for every photo."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import pycolmap

from ..datatypes import F32, Camera, CameraModel, FocalSource, Photo
from .features import Features


@dataclass(frozen=True, kw_only=True)
class Lenses:
    """One COLMAP camera per group of photos with the same key and size, at `scale` times the full size."""

    group: tuple[int, ...]  # per photo the number of its camera, from 1
    scale: tuple[float, ...]  # per photo: solver's pixels per full-size pixel
    prior_focal: dict[int, float]  # per camera, full-size pixels
    cameras: dict[int, pycolmap.Camera]

    def of(self, index: int) -> pycolmap.Camera:
        return self.cameras[self.group[index]]

    def solver_xy(self, index: int, features: Features) -> F32:
        """The photo's keypoints in the solver's pixels."""
        return features.xy * np.float32(self.scale[index])


def make_lenses(photos: Sequence[Photo]) -> Lenses:
    """Lenses as the priors say: focal length known or guessed, centre in the middle, no distortion yet."""
    numbers: dict[tuple[str, int, int, int], int] = {}
    keys = [(p.camera_key, p.width, p.height, p.working_width) for p in photos]
    group = tuple(numbers.setdefault(key, len(numbers) + 1) for key in keys)
    scale = tuple(max(p.working_width, p.working_height) / max(p.width, p.height) for p in photos)
    cameras, prior = {}, {}
    for number in numbers.values():
        members = [i for i, g in enumerate(group) if g == number]
        photo, by = photos[members[0]], scale[members[0]]
        prior[number] = float(np.median([photos[i].focal_px for i in members]))
        camera = pycolmap.Camera.create_from_model_id(
            number,
            pycolmap.CameraModelId.SIMPLE_RADIAL,
            prior[number] * by,
            round(photo.width * by),
            round(photo.height * by),
        )
        camera.params = [prior[number] * by, photo.width * by / 2, photo.height * by / 2, 0.0]
        camera.has_prior_focal_length = all(photos[i].focal_source is not FocalSource.GUESS for i in members)
        cameras[number] = camera
    return Lenses(group=group, scale=scale, prior_focal=prior, cameras=cameras)


def full_size(camera: pycolmap.Camera, photo: Photo, scale: float) -> Camera:
    """The solved lens at the photo's full size: lengths grow back, distortion has no unit."""
    model = CameraModel(camera.model.name)
    lengths = 4 if model in (CameraModel.PINHOLE, CameraModel.OPENCV) else 3
    params = [float(p) / scale if i < lengths else float(p) for i, p in enumerate(camera.params)]
    return Camera(model=model, width=photo.width, height=photo.height, params=tuple(params))
