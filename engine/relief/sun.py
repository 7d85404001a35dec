"""Where the light comes from, read off how surfaces of one colour get darker as they turn away; None where that is not sure."""

from __future__ import annotations

import cv2
import numpy as np

from ..datatypes import F32, F64, U8, Bool
from ..single import MonoDepth
from .frame import in_camera

SIDE = 200  # pixels: the longer side that is looked at
COLOURS = 6  # kinds of surface
SAMPLES = 3000  # pixels
DIRECTIONS = 500  # that are tried, over the upper half of the sphere
EXPLAINED = 0.28  # of the brightness's variance within kinds: less is no light that one could point at
SPREAD = 28.0  # degrees: directions that explain nearly as much may be no further apart
NEARLY = 0.94
TURNED = 0.06  # of the normals' variance: a flat picture says nothing
LOWEST = 0.08  # height of the sun over the horizon, as a sine


def sun(mono: MonoDepth, picture: U8, cam_from_world: F64) -> F64 | None:
    """A unit vector in world, from the scene to the light."""
    normals, light, kinds, fit = _observed(mono, picture)
    if fit.sum() < 400:
        return None
    n, value, kind = normals[fit] @ cam_from_world[:, :3], light[fit], kinds[fit]
    if float(np.linalg.eigvalsh(np.cov(n.T))[1]) < TURNED / 3:
        return None
    tried = _half_sphere()
    every = max(len(n) // SAMPLES, 1)
    n, value, kind = n[::every], value[::every], kind[::every]
    explained = np.array([_explained(n @ direction, value, kind) for direction in tried])
    best = int(explained.argmax())
    if explained[best] < EXPLAINED:
        return None
    rivals = tried[explained > NEARLY * explained[best]]
    if np.degrees(np.arccos(np.clip(rivals @ tried[best], -1, 1))).max() > SPREAD:
        return None
    weight = explained[explained > NEARLY * explained[best]] - NEARLY * explained[best]
    direction = (rivals * weight[:, None]).sum(0)
    return np.asarray(direction / np.linalg.norm(direction))


def _observed(mono: MonoDepth, picture: U8) -> tuple[F64, F32, np.ndarray, Bool]:
    """Normals in the camera's frame, linear brightness, the kind of surface, and what of it is of use."""
    height, width = mono.inverse_depth.shape
    scale = min(1.0, SIDE / max(height, width))
    size = (max(round(width * scale), 8), max(round(height * scale), 8))
    inverse = cv2.resize(mono.inverse_depth, size, interpolation=cv2.INTER_AREA)
    sky = cv2.resize(mono.sky.astype(np.float32), size, interpolation=cv2.INTER_AREA) > 0
    small = cv2.resize(picture, size, interpolation=cv2.INTER_AREA).astype(np.float32) / 255
    linear = np.where(small <= 0.04045, small / 12.92, ((small + 0.055) / 1.055) ** 2.4)
    brightness = cv2.GaussianBlur(linear.mean(2), (0, 0), 1.0)
    normals, smooth = _normals(np.maximum(inverse, 1e-6), mono, size, (width, height))
    lit = (brightness > 0.015) & (small.max(2) < 0.985)
    fit = smooth & lit & ~(cv2.dilate(sky.astype(np.uint8), np.ones((5, 5), np.uint8)) > 0)
    return normals, brightness.astype(np.float32), _kinds(linear, fit), fit


def _normals(inverse: F32, mono: MonoDepth, size: tuple[int, int], full: tuple[int, int]) -> tuple[F64, Bool]:
    """Towards the camera; and where no edge is near."""
    calm = cv2.GaussianBlur(cv2.medianBlur(inverse, 5), (0, 0), 1.5)
    x, y = np.meshgrid((np.arange(size[0]) + 0.5) * full[0] / size[0], (np.arange(size[1]) + 0.5) * full[1] / size[1])
    pixels = np.stack([x.ravel(), y.ravel()], 1)
    points = in_camera(pixels, 1 / calm.ravel().astype(np.float64), mono.K).reshape(size[1], size[0], 3)
    normal = np.cross(np.gradient(points, axis=0), np.gradient(points, axis=1))
    length = np.linalg.norm(normal, axis=-1, keepdims=True)
    normal = normal / np.maximum(length, 1e-12)
    away = (normal * points).sum(-1, keepdims=True) > 0
    normal = np.where(away, -normal, normal)
    high, low = cv2.dilate(inverse, np.ones((7, 7))), cv2.erode(inverse, np.ones((7, 7)))
    bent = np.linalg.norm(cv2.GaussianBlur(normal, (0, 0), 1.5), axis=-1)
    return np.asarray(normal), np.asarray((high < low * 1.35) & (bent > 0.9))


def _kinds(linear: F32, fit: Bool) -> np.ndarray:
    """Surfaces told apart by their colour, whatever their brightness."""
    share = linear / np.maximum(linear.sum(2, keepdims=True), 1e-4)
    values = np.ascontiguousarray(share[fit][:, :2], np.float32)
    kinds = np.zeros(fit.shape, int)
    if len(values) > COLOURS * 10:
        cv2.setRNGSeed(1)
        rule = (cv2.TERM_CRITERIA_EPS + cv2.TERM_CRITERIA_MAX_ITER, 20, 1e-4)
        _, labels, _ = cv2.kmeans(values, COLOURS, np.empty((0, 1), np.int32), rule, 2, cv2.KMEANS_PP_CENTERS)
        kinds[fit] = labels.ravel()
    return kinds


def _half_sphere() -> F64:
    """Evenly spread directions above the horizon."""
    k = np.arange(DIRECTIONS) + 0.5
    z = LOWEST + (1 - LOWEST) * (1 - k / DIRECTIONS)
    turn = np.pi * (1 + 5**0.5) * k
    flat = np.sqrt(1 - z * z)
    return np.stack([flat * np.cos(turn), flat * np.sin(turn), z], 1)


def _explained(facing: F64, value: F32, kind: np.ndarray) -> float:
    """How much of the brightness a light in that direction explains: in each kind a base and a share of how much it faces the light.

    A surface can be lit less for lying in shadow, and never gets brighter for turning away.
    """
    lit = np.maximum(facing, 0)
    left = total = 0.0
    for one in range(COLOURS):
        at = kind == one
        count = int(at.sum())
        if count < 40:
            continue
        v, f = value[at] / max(float(value[at].mean()), 1e-6), lit[at]
        dv, df = v - v.mean(), f - f.mean()
        spread = float((df * df).sum())
        slope = max(float((dv * df).sum()) / spread, 0.0) if spread > 1e-3 * count else 0.0
        whole = float((dv * dv).sum())
        total += whole
        left += whole - 2 * slope * float((dv * df).sum()) + slope * slope * spread
    return 1 - left / total if total > 0 else 0.0
