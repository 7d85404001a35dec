"""A picture of the model from a three-quarter view, drawn in software: what an artist sees first."""

from __future__ import annotations

from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from ..datatypes import F32, F64, I32, U8, TexturedMesh, View
from ..kernels.shot import seen
from ..kernels.texture_cover import NOBODY
from .glb import smooth_normals

OVERSAMPLING = 2
KEY = np.array([-0.45, -0.65, -0.61], np.float32)  # where the light comes from, in the camera's frame
ELEVATION = 22.0  # degrees above the horizon
FIELD_OF_VIEW = 26.0  # degrees, along the picture's width
TOP, BOTTOM = np.array([236, 238, 241.0]), np.array([196, 199, 204.0])  # background, sRGB


def write_preview(path: Path, textured: TexturedMesh, width: int = 1024) -> None:
    """Writes a PNG, 4:3."""
    Image.fromarray(render(textured, width, width * 3 // 4)).save(path, "PNG")


def write_picture(path: Path, textured: TexturedMesh, view: View) -> None:
    """Writes a PNG of what a camera would see of the model."""
    big = view.resized(view.width * OVERSAMPLING, view.height * OVERSAMPLING)
    Image.fromarray(_drawn(textured, big.cam_from_world, big.K, view.width, view.height)).save(path, "PNG")


def render(textured: TexturedMesh, width: int, height: int) -> U8:
    """(height, width, 3) the textured model, softly lit, before a grey that fades downwards."""
    big_width, big_height = width * OVERSAMPLING, height * OVERSAMPLING
    cam_from_world, focal = _camera(textured, big_width, big_height)
    K = np.array([[focal, 0, big_width / 2], [0, focal, big_height / 2], [0, 0, 1]])
    return _drawn(textured, cam_from_world, K, width, height)


def render_view(textured: TexturedMesh, cam_from_world: F64, K: F64, width: int, height: int) -> U8:
    """(height, width, 3) what a camera sees of the model; `K` is for that size."""
    big = K * OVERSAMPLING
    big[2, 2] = 1
    return _drawn(textured, cam_from_world, big, width, height)


def _drawn(textured: TexturedMesh, cam_from_world: F64, K: F64, width: int, height: int) -> U8:
    """`K` is for the oversampled picture."""
    big_width, big_height = width * OVERSAMPLING, height * OVERSAMPLING
    vertices = textured.mesh.vertices.astype(np.float64)
    cam = vertices @ cam_from_world[:, :3].T + cam_from_world[:, 3]
    cam[:, 2] = np.where(np.abs(cam[:, 2]) < 1e-9, -1e-9, cam[:, 2])  # on the camera's plane: behind it
    pixels = cam[:, :2] / cam[:, 2:] * [K[0, 0], K[1, 1]] + K[:2, 2]
    face = _front_faces(pixels, cam[:, 2], textured.mesh.faces, big_width, big_height)
    picture = np.repeat(_background(big_height)[:, None], big_width, 1)
    rows, columns = np.nonzero(face >= 0)
    if len(rows):
        pick = textured.mesh.faces[face[rows, columns]]
        places = np.stack([columns, rows], 1).astype(np.float32) + np.float32(0.5)
        share = _shares(pixels.astype(np.float32), cam[:, 2].astype(np.float32), pick, places)
        picture[rows, columns] = _shaded(textured, pick, share, cam_from_world[:, :3])
    small = cv2.resize(picture.astype(np.float32), (width, height), interpolation=cv2.INTER_AREA)
    return np.asarray(np.clip(small + 0.5, 0, 255), np.uint8)


def _camera(textured: TexturedMesh, width: int, height: int) -> tuple[F64, float]:
    """cam_from_world (3, 4) and focal length: from the side that shows most of what was measured, filling the picture."""
    mesh = textured.mesh
    corners = mesh.vertices[mesh.faces].astype(np.float64)
    normal = np.cross(corners[:, 1] - corners[:, 0], corners[:, 2] - corners[:, 0]) * ~mesh.filled[:, None]
    up = np.radians(ELEVATION)
    best, direction = -1.0, np.array([1.0, 0, 0])
    for angle in np.radians(np.arange(30, 390, 45)):
        toward = np.array([np.cos(angle) * np.cos(up), np.sin(angle) * np.cos(up), np.sin(up)])
        shown = float(np.maximum(normal @ toward, 0).sum())
        if shown > best * 1.001:
            best, direction = shown, toward
    z = -direction
    x = np.cross(z, [0, 0, 1.0])
    x /= np.linalg.norm(x)
    rotation = np.stack([x, np.cross(z, x), z])
    turned = mesh.vertices.astype(np.float64) @ rotation.T
    # The box of what is seen, with its outermost half percent let go: a stray scrap must not make the model small.
    low, high = np.percentile(turned, 0.5, axis=0), np.percentile(turned, 99.5, axis=0)
    focal = width / 2 / np.tan(np.radians(FIELD_OF_VIEW) / 2)
    middle, half = (low + high) / 2, np.maximum((high - low) / 2, 1e-9)
    distance = 1.12 * max(half[0] * focal / (width / 2), half[1] * focal / (height / 2)) + half[2]
    translation = -middle + [0, 0, distance]
    return np.concatenate([rotation, translation[:, None]], 1), float(focal)


def _front_faces(pixels: F64, depth: F64, faces: I32, width: int, height: int) -> I32:
    """(H, W) the nearest face at each pixel, -1 = none."""
    owner, _ = seen(pixels, depth, faces, width, height)
    return np.where(owner == NOBODY, -1, owner).astype(np.int32)


def _shares(pixels: F32, depth: F32, pick: I32, places: F32) -> F32:
    """(n, 3) barycentric coordinates on the surface under each pixel."""
    a, b, c = (pixels[pick[:, k]] - places for k in range(3))

    def cross(u: F32, v: F32) -> F32:
        return np.asarray(u[:, 0] * v[:, 1] - u[:, 1] * v[:, 0])

    flat = np.stack([cross(b, c), cross(c, a), cross(a, b)], 1) / depth[pick]
    total = flat.sum(1, keepdims=True)
    return np.asarray(flat / np.where(np.abs(total) < 1e-12, np.float32(1e-12), total), np.float32)


def _shaded(textured: TexturedMesh, pick: I32, share: F32, rotation: F64) -> F32:
    """(n, 3) colours: the texture under a soft key light from above left, seen from the camera."""
    uv = _blended(textured.uvs.astype(np.float32), pick, share)
    high, wide = textured.base_colour.shape[:2]
    places = np.stack([uv[:, 0] * wide - 0.5, (1 - uv[:, 1]) * high - 0.5], 1).astype(np.float32)
    padded = np.zeros((-(-len(places) // 1024) * 1024, 2), np.float32)
    padded[: len(places)] = places
    colour = cv2.remap(
        textured.base_colour, padded.reshape(-1, 1024, 2), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE
    )
    normal = _blended(smooth_normals(textured).astype(np.float32), pick, share)
    normal /= np.maximum(np.sqrt(np.einsum("ij,ij->i", normal, normal)), np.float32(1e-9))[:, None]
    toward = rotation.astype(np.float32)
    # an open scan's inside is lit as its outside
    key = (normal @ (toward.T @ KEY)) * -np.sign(normal @ toward[2] + np.float32(1e-12))
    light = 0.72 + 0.36 * np.maximum(key, 0) + 0.06 * normal[:, 2]
    return np.asarray((colour.reshape(-1, 3)[: len(uv)] * light[:, None]).clip(0, 255), np.float32)


def _blended(values: F32, pick: I32, share: F32) -> F32:
    """Corner by corner: no array of all corners' values is needed."""
    return np.asarray(sum(values[pick[:, k]] * share[:, k, None] for k in range(3)), np.float32)


def _background(height: int) -> F64:
    t = np.linspace(0, 1, height)[:, None] ** 1.5
    return np.asarray(TOP * (1 - t) + BOTTOM * t)
