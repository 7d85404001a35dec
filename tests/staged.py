"""A made-up stage with exact truth: a floor, a wall behind it, a box in front, and a sky; as the engine hands it to Blender."""

from __future__ import annotations

from pathlib import Path

import numpy as np
from PIL import Image

from engine.datatypes import FocalSource, Photo, TriMesh
from engine.single import FocalFrom, Layer, MonoDepth, Part, Staged, UvMesh

WIDTH, HEIGHT, FOCAL = 96, 72, 90.0
CAM_FROM_WORLD = np.array([[1.0, 0, 0, 0], [0, 0, -1, 0], [0, 1, 0, 0]])  # level, at the origin, looking along +Y


def truth() -> tuple[np.ndarray, np.ndarray, np.ndarray]:
    """Colour (H, W, 3), depth (H, W; infinite in the sky) and what each pixel shows: 0 sky, 1 wall, 2 floor, 3 box."""
    v, u = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    down = (v - HEIGHT / 2) / FOCAL
    across = (u - WIDTH / 2) / FOCAL
    with np.errstate(divide="ignore"):
        floor = np.where(down > 0, 1.0 / down, np.inf)
    depth = np.minimum(floor, 8.0)
    what = np.where(floor < 8.0, 2, 1)
    sky = v < HEIGHT * 0.2
    depth, what = np.where(sky, np.inf, depth), np.where(sky, 0, what)
    box = (np.abs(across) < 0.15) & (np.abs(down) < 0.25)
    depth, what = np.where(box, 3.0, depth), np.where(box, 3, what)
    palette = np.array([[150, 190, 240], [170, 150, 130], [110, 120, 100], [200, 60, 50]])
    grain = np.random.default_rng(1).integers(-12, 13, (HEIGHT, WIDTH, 1))
    return np.clip(palette[what] + grain, 0, 255).astype(np.uint8), depth, what


def make_photo(folder: Path) -> Path:
    """The picture of it, losslessly."""
    folder.mkdir(parents=True, exist_ok=True)
    path = folder / "made-up.png"
    Image.fromarray(truth()[0]).save(path)
    return path


def make_stage(folder: Path) -> Staged:
    """The whole stage: the truth as depth, a relief of quads a pixel wide, two layers (what is behind the box is invented)."""
    path = make_photo(folder)
    colour, depth, what = truth()
    K = np.array([[FOCAL, 0, WIDTH / 2], [0, FOCAL, HEIGHT / 2], [0, 0, 1]])
    photo = Photo(
        name=path.name,
        path=path,
        content_hash="made-up",
        width=WIDTH,
        height=HEIGHT,
        orientation=1,
        working_width=WIDTH,
        working_height=HEIGHT,
        focal_px=FOCAL,
        focal_source=FocalSource.GUESS,
        camera_key="made-up",
        sharpness=1.0,
        brightness=0.5,
    )
    mono = MonoDepth(
        photo=photo,
        K=K,
        focal_from=FocalFrom.DEFAULT,
        provider="embedded",
        metric=False,
        inverse_depth=np.where(np.isinf(depth), 0, 1 / depth).astype(np.float32),
        sky=what == 0,
    )
    behind = np.where(what == 3, np.minimum(_floor_depth(), 8.0), depth)
    back = np.where(what[..., None] == 3, np.array([140, 135, 115]), colour)
    layers = (
        _layer("back", back, np.where(what == 0, 0, behind), what == 3),
        _layer("front", colour, np.where(what == 3, depth, 0), np.zeros_like(what, bool)),
    )
    return Staged(
        mono=mono,
        cam_from_world=CAM_FROM_WORLD,
        relief=_sheet(np.where(np.isinf(depth), 0, depth), tear=0.5),
        layers=layers,
        sway=0.3,
        push=0.2,
        pivot=3.0,
        ground=np.array([0.0, 0.0, 1.0, 1.0]),
        sun=np.array([0.4, -0.5, 0.77]),
    )


def _floor_depth() -> np.ndarray:
    down = (np.mgrid[0:HEIGHT, 0:WIDTH][0] + 0.5 - HEIGHT / 2) / FOCAL
    with np.errstate(divide="ignore"):
        return np.where(down > 0, 1.0 / down, np.inf)


def _layer(name: str, colour: np.ndarray, depth: np.ndarray, invented: np.ndarray) -> Layer:
    alpha = np.where(depth > 0, 255, 0)[..., None]
    return Layer(
        name=name,
        colour=np.concatenate([colour, alpha], 2).astype(np.uint8),
        depth=depth.astype(np.float32),
        invented=invented,
        surface=_sheet(depth, tear=np.inf, invented=invented),
    )


def _sheet(depth: np.ndarray, *, tear: float, invented: np.ndarray | None = None) -> UvMesh:
    """Two triangles between each four neighbouring pixel centres whose depths differ by less than `tear`."""
    v, u = np.mgrid[0:HEIGHT, 0:WIDTH] + 0.5
    z = np.where(depth > 0, depth, 1.0)
    points = np.stack([(u - WIDTH / 2) / FOCAL * z, z, -(v - HEIGHT / 2) / FOCAL * z], 2).reshape(-1, 3)
    at = np.arange(HEIGHT * WIDTH).reshape(HEIGHT, WIDTH)
    a, b, c, d = (at[:-1, :-1].ravel(), at[:-1, 1:].ravel(), at[1:, 1:].ravel(), at[1:, :-1].ravel())
    corners = depth.ravel()[np.stack([a, b, c, d])]
    whole = (corners > 0).all(0) & (np.ptp(corners, axis=0) < tear)
    faces = np.concatenate([np.stack([a, d, c], 1)[whole], np.stack([a, c, b], 1)[whole]]).astype(np.int32)
    used, faces = np.unique(faces, return_inverse=True)
    faces = faces.reshape(-1, 3).astype(np.int32)
    filled = np.zeros(len(faces), bool) if invented is None else invented.ravel()[used][faces].all(1)
    uvs = np.stack([u.ravel() / WIDTH, 1 - v.ravel() / HEIGHT], 1)[used]
    mesh = TriMesh(vertices=points[used].astype(np.float32), faces=faces, filled=filled)
    return UvMesh(mesh=mesh, uvs=uvs.astype(np.float32), part=np.full(len(faces), Part.FRONT.value, np.uint8))
