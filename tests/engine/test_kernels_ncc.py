"""The depth kernels against their NumPy twins, on the CPU always and on a GPU where there is one."""

from __future__ import annotations

import numpy as np
import pytest

from engine.datatypes import Camera, CameraModel, FocalSource, Photo, PosedPhoto, View
from engine.errors import EngineError
from engine.geometry import view_of
from engine.kernels import buffers, consistency, ncc, patchmatch, selftest
from engine.kernels.device import open_device
from engine.settings import DeviceChoice
from engine.stereo.pyramid import pair_row
from tests.synthetic import look_at

WIDTH, HEIGHT, NOISE = 64, 48, 2.0


@pytest.fixture(scope="module", autouse=True, params=[DeviceChoice.CPU, DeviceChoice.CUDA, DeviceChoice.METAL])
def device(request: pytest.FixtureRequest) -> None:
    try:
        open_device(request.param)
    except EngineError as error:
        pytest.skip(f"no such device: {error}")


def make_view(name: str, eye: tuple[float, float, float]) -> View:
    camera = Camera(model=CameraModel.PINHOLE, width=WIDTH, height=HEIGHT, params=(70.0, 70.0, WIDTH / 2, HEIGHT / 2))
    photo = Photo(
        name=name, path=name, content_hash=name, width=WIDTH, height=HEIGHT, orientation=1, working_width=WIDTH,
        working_height=HEIGHT, focal_px=70.0, focal_source=FocalSource.GUESS, camera_key="c", sharpness=1.0,
        brightness=0.5,
    )  # type: ignore[arg-type]  # fmt: skip
    return view_of(
        PosedPhoto(photo=photo, camera_id=1, cam_from_world=look_at(np.array(eye), np.zeros(3))), camera, WIDTH
    )


@pytest.fixture(scope="module")
def pair() -> tuple[View, View]:
    return make_view("a", (2.0, 0.0, 0.8)), make_view("b", (1.9, 0.6, 0.7))


def soft_noise(seed: int) -> np.ndarray:
    rng = np.random.default_rng(seed)
    grey = rng.uniform(0, 255, (HEIGHT, WIDTH))
    for axis in (0, 1):
        grey = (grey + np.roll(grey, 1, axis) + np.roll(grey, -1, axis)) / 3
    return np.clip((grey - 128) * 2 + 128, 0, 255).astype(np.uint8)


def test_the_kernel_scores_planes_as_numpy_does(pair: tuple[View, View]) -> None:
    rng = np.random.default_rng(0)
    ref, source = soft_noise(1), soft_noise(2)
    count = WIDTH * HEIGHT
    planes = np.zeros((count, 4), np.float32)
    planes[:, 0] = rng.uniform(1 / 3, 1 / 1.6, count)
    planes[:, 1:3] = planes[:, :1] / 70 * rng.uniform(-0.8, 0.8, (count, 2))
    row = pair_row(*pair, 1.0)
    tex = buffers.int_buffer(np.concatenate([ncc.pack(ref), ncc.pack(source)]))
    offsets, weights = (buffers.float_buffer(a) for a in ncc.window())
    plane, views = buffers.float_buffer(planes), buffers.ints(count)
    slots = buffers.int_buffer(np.array([count, WIDTH, HEIGHT, 0], np.int32))
    patchmatch.choose_views(
        tex, buffers.floats(2 * count), buffers.float_buffer(row), slots, offsets, weights, plane, views, 0, WIDTH,
        HEIGHT, 0, HEIGHT, 1, 1, NOISE, 0.0,
    )  # fmt: skip
    fast = buffers.get_floats(plane, 0, 4 * count)[3::4]
    pixels = np.stack([np.arange(count) % WIDTH, np.arange(count) // WIDTH], 1).astype(np.int32)
    plain = ncc.cost_plain(ref, source, row, pixels, planes[:, :3], NOISE)
    near_edge = (plain == 2) != (fast == 2)
    assert near_edge.mean() < 0.01
    assert np.ptp(plain) > 0.5 and 0.2 < (plain < 2).mean() < 1
    np.testing.assert_allclose(fast[~near_edge], plain[~near_edge], atol=2e-3)


def test_there_and_back_is_as_in_numpy(pair: tuple[View, View]) -> None:
    rng = np.random.default_rng(3)
    count = WIDTH * HEIGHT
    first = rng.uniform(0.488, 0.492, (HEIGHT, WIDTH)).astype(np.float32)
    second = rng.uniform(0.488, 0.492, (HEIGHT, WIDTH)).astype(np.float32)
    second[:, 30:] *= 1.2  # an edge in depth
    second[10:14] = 0  # nothing known
    row = pair_row(*pair, 1.0)
    idepth = buffers.float_buffer(np.concatenate([first.ravel(), second.ravel()]))
    slots = buffers.int_buffer(np.array([count, WIDTH, HEIGHT, 0], np.int32))
    views, support, mean = buffers.ints(count), buffers.ints(count), buffers.floats(count)
    consistency.agree(
        idepth, buffers.float_buffer(row), slots, views, support, mean, 0, WIDTH, 0, HEIGHT, 1, 3.0, 0.06
    )  # fmt: skip
    pixels = np.stack([np.arange(count) % WIDTH, np.arange(count) // WIDTH], 1).astype(np.float32)
    error, inverse = ncc.there_and_back_plain(second, row[:12], row[12:24], pixels, first.ravel())
    agrees = (error < 3) & (np.abs(inverse - first.ravel()) < 0.06 * first.ravel())
    assert 0.1 < agrees.mean() < 0.8
    fast = buffers.get_ints(support, 0, count) > 0
    assert (fast != agrees).mean() < 0.005
    both = fast & agrees
    expected = (first.ravel() + inverse)[both] / 2
    np.testing.assert_allclose(buffers.get_floats(mean, 0, count)[both], expected, rtol=1e-4)


def test_a_pair_row_leads_to_the_projection(pair: tuple[View, View]) -> None:
    a, b = pair
    point = np.array([0.1, -0.05, 0.2])
    in_a, in_b = (v.rotation @ point + v.translation for v in pair)
    pixel_a, pixel_b = ((v.K @ c)[:2] / c[2] - 0.5 for v, c in ((a, in_a), (b, in_b)))
    row = pair_row(a, b, 0.5).astype(float)
    x, y, z = row[:9].reshape(3, 3) @ [*pixel_a, 1] + row[9:12] / in_a[2]
    np.testing.assert_allclose([x / z, y / z], pixel_b, atol=1e-4)
    assert z / (1 / in_a[2]) == pytest.approx(in_b[2], rel=1e-5)
    assert row[24] == 0.5


def test_packed_normals_come_back() -> None:
    rng = np.random.default_rng(0)
    normals = rng.standard_normal((500, 3)).astype(np.float32)
    normals /= np.linalg.norm(normals, axis=1, keepdims=True)
    packed = consistency.pack_normals(normals)
    back = np.stack([(packed >> shift & 1023) - 512 for shift in (0, 10, 20)], 1) / 511
    np.testing.assert_allclose(back, normals, atol=1.1e-3)


def test_candidates_come_from_the_other_colour() -> None:
    spread = patchmatch.reach().reshape(-1, 2)
    assert len(spread) == 32 and len(np.unique(spread, axis=0)) == 32
    assert (np.abs(spread).sum(1) % 2 == 1).all()


def test_the_self_test_passes_and_can_fail(monkeypatch: pytest.MonkeyPatch) -> None:
    assert 0.9 < selftest.share_right() <= 1
    straight = ncc.pack
    monkeypatch.setattr(ncc, "pack", lambda grey: straight(grey)[::-1].copy())
    assert selftest.share_right() < 0.3
