"""A made-up scene with exact truth: a textured sphere and a box on a floor, cameras on rings around them, ray-cast in NumPy."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
from PIL import Image

from engine.datatypes import Camera, CameraModel, DepthMap, FocalSource, Photo, PosedPhoto, Sparse, View
from engine.geometry import rays_in_world, view_of

SPHERE_CENTRE, SPHERE_RADIUS = np.array([-0.18, 0.0, 0.3]), 0.3
BOX_LOW, BOX_HIGH = np.array([0.16, -0.25, 0.0]), np.array([0.5, 0.2, 0.34])
SKY = np.array([190, 205, 225], float)
FLOOR_RADIUS = 2.5


@lru_cache(maxsize=1)
def _volume() -> np.ndarray:
    """A periodic cube of coloured noise, rich from coarse to fine, (64, 64, 64, 3) in about -1..1."""
    rng = np.random.default_rng(3)
    total = np.zeros((64, 64, 64, 3), np.float32)
    for cells in (4, 8, 16, 32, 64):
        grid = rng.standard_normal((cells, cells, cells, 3)).astype(np.float32)
        for axis in range(3):
            grid = np.repeat(grid, 64 // cells, axis)
            for _ in range(64 // cells):  # a running mean turns the blocks into ramps
                grid = (grid + np.roll(grid, 1, axis)) / 2
        total += grid / grid.std() * (cells / 4) ** -0.4
    return np.asarray(total / total.std())


def _sample(points: np.ndarray) -> np.ndarray:
    """Trilinear and periodic: (N, 3) in cells -> (N, 3)."""
    volume = _volume().reshape(-1, 3)
    cell = np.floor(points).astype(np.int32)
    f = (points - cell).astype(np.float32)
    out = np.zeros((len(points), 3), np.float32)
    for corner in range(8):
        bits = np.array([corner >> 2 & 1, corner >> 1 & 1, corner & 1], np.int32)
        i = (cell + bits) & 63
        w = np.prod(np.where(bits, f, 1 - f), axis=1)
        out += w[:, None] * volume[(i[:, 0] * 64 + i[:, 1]) * 64 + i[:, 2]]
    return out


def colour_at(points: np.ndarray, kind: np.ndarray) -> np.ndarray:
    """View-independent colours, (N, 3) in 0..255; kind 0 floor, 1 sphere, 2 box. Two scales that never repeat together."""
    turned = points @ np.array([[0.8, 0.6, 0], [-0.36, 0.48, 0.8], [0.48, -0.64, 0.6]])
    mixed = 0.6 * _sample(points * 90) + 0.6 * _sample(turned * 260)
    tints = np.array([[0.75, 0.72, 0.68], [0.95, 0.55, 0.4], [0.4, 0.65, 0.95]])
    return np.asarray(255 * np.clip(0.5 + 0.3 * mixed, 0.04, 1) * tints[kind])


def cast(origin: np.ndarray, rays: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """(N, 3) rays -> distance along the ray (inf = sky), normal, kind."""
    t = np.full(len(rays), np.inf)
    normal, kind = np.zeros_like(rays), np.zeros(len(rays), int)
    with np.errstate(divide="ignore", invalid="ignore"):
        floor = -origin[2] / rays[:, 2]
        hit = origin + floor[:, None] * rays
    ok = (floor > 0) & (np.hypot(hit[:, 0], hit[:, 1]) < FLOOR_RADIUS)
    t[ok], normal[ok] = floor[ok], (0, 0, 1)
    a = (rays**2).sum(1)
    o = origin - SPHERE_CENTRE
    b = rays @ o
    root = b * b - a * (o @ o - SPHERE_RADIUS**2)
    near = (-b - np.sqrt(np.maximum(root, 0))) / a
    ok = (root > 0) & (near > 0) & (near < t)
    t[ok], kind[ok] = near[ok], 1
    normal[ok] = (origin + near[ok, None] * rays[ok] - SPHERE_CENTRE) / SPHERE_RADIUS
    with np.errstate(divide="ignore", invalid="ignore"):
        t0, t1 = (BOX_LOW - origin) / rays, (BOX_HIGH - origin) / rays
    enter, leave = np.minimum(t0, t1), np.maximum(t0, t1)
    near, far = enter.max(1), leave.min(1)
    ok = (near < far) & (near > 0) & (near < t)
    t[ok], kind[ok] = near[ok], 2
    axis = enter.argmax(1)
    n = np.zeros_like(rays)
    n[np.arange(len(rays)), axis] = -np.sign(rays[np.arange(len(rays)), axis])
    normal[ok] = n[ok]
    return t, normal, kind


@dataclass(frozen=True, kw_only=True)
class Truth:
    """The scene as cameras see it."""

    views: tuple[View, ...]
    pictures: tuple[np.ndarray, ...]  # (H, W, 3) uint8
    depths: tuple[np.ndarray, ...]  # (H, W) float32, 0 = sky
    normals: tuple[np.ndarray, ...]  # (H, W, 3)
    kinds: tuple[np.ndarray, ...]  # 0 floor, 1 sphere, 2 box, -1 sky

    def depth_maps(self) -> list[DepthMap]:
        return [
            DepthMap(
                view=v,
                depth=d,
                normal=n.astype(np.float32),
                confidence=(d > 0).astype(np.float32),
                empty=np.zeros(d.shape, bool),
            )
            for v, d, n in zip(self.views, self.depths, self.normals, strict=True)
        ]

    def sparse(self, per_view: int = 150, seed: int = 0) -> Sparse:
        """True poses with points drawn from the true depth, each seen by all views that truly see it."""
        rng = np.random.default_rng(seed)
        points = []
        for view, depth in zip(self.views, self.depths, strict=True):
            rows, cols = np.nonzero(depth > 0)
            pick = rng.choice(len(rows), per_view, replace=False)
            rays = rays_in_world(view)[rows[pick], cols[pick]]
            points.append(view.centre_in_world + rays * depth[rows[pick], cols[pick], None])
        world = np.concatenate(points)
        seen = [_visible(view, depth, world) for view, depth in zip(self.views, self.depths, strict=True)]
        who = np.concatenate([np.full(len(index), i) for i, (index, _) in enumerate(seen)])
        return Sparse(
            cameras={1: self.views[0].camera},
            posed=tuple(PosedPhoto(photo=v.photo, camera_id=1, cam_from_world=v.cam_from_world) for v in self.views),
            points_in_world=world,
            point_colours=np.full((len(world), 3), 128, np.uint8),
            point_errors=np.full(len(world), 0.3, np.float32),
            seen_point=np.concatenate([index for index, _ in seen]).astype(np.int32),
            seen_posed=who.astype(np.int32),
            seen_pixel=np.concatenate([pixel for _, pixel in seen]).astype(np.float32),
        )


def _visible(view: View, depth: np.ndarray, world: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    cam = world @ view.rotation.T + view.translation
    pixel = (cam @ view.K.T)[:, :2] / cam[:, 2:]
    inside = (cam[:, 2] > 0) & (pixel >= 1).all(1) & (pixel[:, 0] < view.width - 1) & (pixel[:, 1] < view.height - 1)
    index = np.nonzero(inside)[0]
    x, y = pixel[index].astype(int).T
    ok = np.abs(depth[y, x] - cam[index, 2]) < 0.01 * cam[index, 2]
    return index[ok], pixel[index[ok]]


def look_at(eye: np.ndarray, target: np.ndarray) -> np.ndarray:
    """cam_from_world (3, 4) of a camera at `eye`, upright."""
    z = (target - eye) / np.linalg.norm(target - eye)
    x = np.cross(z, [0, 0, 1.0])
    x /= np.linalg.norm(x)
    R = np.stack([x, np.cross(z, x), z])
    return np.concatenate([R, (-R @ eye)[:, None]], 1)


def make_truth(
    folder: Path,
    *,
    count: int = 12,
    width: int = 480,
    height: int = 360,
    rings: tuple[float, ...] = (0.55, 1.0),
    arc: float = 360.0,
) -> Truth:
    """Renders the scene and writes the photos as JPEG into `folder`; cameras on rings of the given heights, 1.6 away."""
    folder.mkdir(parents=True, exist_ok=True)
    focal = width * 1.1
    camera = Camera(model=CameraModel.PINHOLE, width=width, height=height, params=(focal, focal, width / 2, height / 2))
    per_ring = [count // len(rings) + (i < count % len(rings)) for i in range(len(rings))]
    eyes = []
    for ring, (z, n) in enumerate(zip(rings, per_ring, strict=True)):
        for i in range(n):
            angle = np.radians(arc) * (i + 0.5 * ring) / n
            radius = np.sqrt(1.6**2 - z**2)
            eyes.append(np.array([radius * np.cos(angle), radius * np.sin(angle), z]))
    rows = [_render(folder / f"view_{i:03d}.jpg", eye, camera) for i, eye in enumerate(eyes)]
    views, pictures, depths, normals, kinds = zip(*rows, strict=True)
    return Truth(views=views, pictures=pictures, depths=depths, normals=normals, kinds=kinds)


def _render(path: Path, eye: np.ndarray, camera: Camera) -> tuple[View, np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    exif = Image.Exif()
    exif.get_ifd(0x8769)[0xA405] = round(36 * camera.params[0] / camera.width)  # focal length in 35 mm film
    photo = Photo(
        name=path.name, path=path, content_hash=path.stem, width=camera.width, height=camera.height, orientation=1,
        working_width=camera.width, working_height=camera.height, focal_px=camera.params[0],
        focal_source=FocalSource.EXIF_35MM, camera_key="synthetic", sharpness=1.0, brightness=0.5,
    )  # fmt: skip
    posed = PosedPhoto(photo=photo, camera_id=1, cam_from_world=look_at(eye, np.array([0.1, 0.0, 0.2])))
    view = view_of(posed, camera, max(camera.width, camera.height))
    depth, normal, kind, _ = _trace(view)
    fine = view.resized(view.width * 2, view.height * 2)
    colour = _trace(fine)[3].reshape(view.height, 2, view.width, 2, 3).mean((1, 3))
    picture = colour.clip(0, 255).round().astype(np.uint8)
    Image.fromarray(picture).save(path, quality=96, subsampling=0, exif=exif)
    return view, picture, depth.astype(np.float32), normal, kind


def _trace(view: View) -> tuple[np.ndarray, np.ndarray, np.ndarray, np.ndarray]:
    rays = rays_in_world(view).reshape(-1, 3)
    t, normal, kind = cast(view.centre_in_world, rays)
    hit = np.isfinite(t)
    colour = np.tile(SKY, (len(rays), 1))
    colour[hit] = colour_at(view.centre_in_world + rays[hit] * t[hit, None], kind[hit])
    shape = (view.height, view.width)
    kind = np.where(hit, kind, -1)
    return (
        np.where(hit, t, 0).reshape(shape),
        normal.reshape(*shape, 3),
        kind.reshape(shape),
        colour.reshape(*shape, 3),
    )
