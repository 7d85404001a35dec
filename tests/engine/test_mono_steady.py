"""A made-up film whose depth is known: flicker falls, motion is not lagged behind, a cut begins anew."""

from __future__ import annotations

import json
from itertools import pairwise
from pathlib import Path

import cv2
import numpy as np
import pytest

from engine.errors import EngineError
from engine.jobs import DepthJob
from engine.mono.guess import Guess
from engine.mono.steady import Steady
from engine.recipes import depth
from engine.settings import DepthFormat, MonoSettings
from tests.tiny_network import write_network

W, H, FRAMES = 160, 120, 40


def texture(seed: int, cells: int = 24) -> np.ndarray:
    values = np.random.default_rng(seed).random((cells, cells, 3)).astype(np.float32)
    return np.asarray(cv2.resize(values, (512, 512), interpolation=cv2.INTER_CUBIC) * 255)


WALL, THING, FLOOR = texture(1, 40), texture(2, 16), texture(3, 40)


def frame(t: float) -> tuple[np.ndarray, np.ndarray]:
    """A camera that goes sideways and forwards: a wall at 6, a floor, a thing at 3 that comes nearer by itself, too. Picture and
    inverse depth."""
    step, ahead = 0.01 * t, 0.02 * t
    y, x = np.mgrid[0:H, 0:W].astype(np.float32)
    across, down = (x + 0.5 - W / 2) / W, (y + 0.5 - H / 2) / W

    def seen(plane: np.ndarray, depth: float, scale: float) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        u, v = across * depth + step, down * depth
        at = (np.float32(256 + u * scale), np.float32(256 + v * scale))
        return cv2.remap(plane, *at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP), u, v

    far, near = 6 - ahead, 3 - 2 * ahead
    picture, *_ = seen(WALL, far, 60)
    floor = 1 / np.maximum(down / 0.9, 1e-6)  # 0.9 below the camera
    floor_at = (np.float32(256 + (across * floor + step) * 60), np.float32(np.minimum((floor + ahead) * 60, 1e4)))
    on_floor = floor < far
    ground = cv2.remap(FLOOR, *floor_at, cv2.INTER_LINEAR, borderMode=cv2.BORDER_WRAP)
    picture = np.where(on_floor[..., None], ground, picture)
    front, u, v = seen(THING, near, 120)
    inside = (np.abs(u - 0.1) < 0.6) & (np.abs(v) < 0.5)
    inverse = np.where(inside, 1 / near, np.where(on_floor, 1 / floor, 1 / far))
    picture = np.where(inside[..., None], front, picture)
    return np.clip(picture, 0, 255).astype(np.uint8), inverse.astype(np.float32)


def flickering(true: np.ndarray, t: int) -> np.ndarray:
    """What a network would say: another scale and shift in each frame, and blotches."""
    rng = np.random.default_rng(100 + t)
    blotches = cv2.GaussianBlur(rng.standard_normal(true.shape).astype(np.float32), (0, 0), 6)
    blotches *= 0.04 / blotches.std()
    return np.asarray(true * (1 + rng.normal(0, 0.08)) * (1 + blotches) + rng.normal(0, 0.01), np.float32)


def film() -> tuple[list[np.ndarray], list[np.ndarray], list[np.ndarray], list[bool]]:
    steady = Steady()
    truths, raw, steadied, begun = [], [], [], []
    for t in range(FRAMES):
        picture, true = frame(t)
        guess = flickering(true, t)
        out, begins = steady.follow(picture, Guess(inverse_depth=guess))
        truths.append(true), raw.append(guess), steadied.append(out.inverse_depth), begun.append(begins)
    return truths, raw, steadied, begun


def flicker(truths: list[np.ndarray], guesses: list[np.ndarray]) -> float:
    """How much the error changes from frame to frame, in percent of depth."""
    errors = [np.log(guess / true) for guess, true in zip(guesses, truths, strict=True)]
    inner = (slice(10, -10), slice(10, -10))
    return 100 * float(np.mean([np.median(np.abs(b - a)[inner]) for a, b in pairwise(errors[5:])]))


def parts(true: np.ndarray) -> tuple[np.ndarray, np.ndarray]:
    """The thing, and the wall beside it: each is all at one depth."""
    depths, counts = np.unique(true, return_counts=True)
    wall, thing = np.sort(depths[np.argsort(counts)[-2:]])
    return true == thing, true == wall


def thing_to_wall(guess: np.ndarray, true: np.ndarray) -> float:
    """How much nearer the thing is than the wall: what a lag would get wrong, whatever the scale."""
    front, back = (cv2.erode(part.astype(np.uint8), np.ones((9, 9))) > 0 for part in parts(true))
    return float(np.median(guess[front]) / np.median(guess[back]))


def test_flicker_falls_by_a_factor_and_nothing_lags() -> None:
    truths, raw, steadied, begun = film()
    assert begun == [True] + [False] * (FRAMES - 1)
    before, after = flicker(truths, raw), flicker(truths, steadied)
    assert before > 5 and after < before / 6
    wanted = np.array([thing_to_wall(t, t) for t in truths])
    got = np.array([thing_to_wall(g, t) for g, t in zip(steadied, truths, strict=True)])
    assert wanted[-1] > 1.5 * wanted[0]  # the thing does come nearer
    late = np.abs(np.log(got / wanted))[FRAMES // 2 :]
    assert late.mean() < 0.05 and late.max() < 0.1


def test_the_edge_of_what_moves_stays_sharp() -> None:
    truths, _, steadied, _ = film()
    true, got = truths[-1], steadied[-1]
    thing, wall = parts(true)
    gap = (got - np.median(got[wall])) / (np.median(got[thing]) - np.median(got[wall]))
    assert ((gap > 0.5) == thing)[thing | wall].mean() > 0.985


def test_a_cut_begins_anew() -> None:
    steady = Steady()
    first, true = frame(0)
    other = np.ascontiguousarray(255 - texture(9, 30)[:H, :W]).astype(np.uint8)
    assert steady.follow(first, Guess(inverse_depth=true))[1]
    assert not steady.follow(frame(1)[0], Guess(inverse_depth=true))[1]
    flat = np.full((H, W), 3.0, np.float32)
    out, begins = steady.follow(other, Guess(inverse_depth=flat))
    assert begins and (out.inverse_depth == flat).all()


def test_a_still_picture_keeps_its_depth() -> None:
    steady = Steady()
    picture, true = frame(0)
    for t in range(60):
        out, _ = steady.follow(picture, Guess(inverse_depth=flickering(true, t)))
        if t >= 29:  # neither flattened nor blown up, however long it stands
            assert out.inverse_depth.std() / true.std() == pytest.approx(1, abs=0.2)


def test_a_film_becomes_a_depth_map_per_frame(tmp_path: Path) -> None:
    path = write_film(tmp_path / "a film.avi", 6)
    job = DepthJob(
        photos=(path,),
        out=tmp_path / "out",
        format=DepthFormat.NPY,
        settings=MonoSettings(weights=write_network(tmp_path / "tiny.onnx")),
    )
    depth.run(job)
    names = sorted(p.name for p in (tmp_path / "out").glob("*.npy"))
    assert names == [f"a_film-{n:05d}.npy" for n in range(1, 7)]
    assert json.loads((tmp_path / "out" / "report.json").read_text())["sequence"]
    assert np.load(tmp_path / "out" / names[-1]).shape == (H, W)
    (tmp_path / "out" / names[3]).unlink()
    whole = np.load(tmp_path / "out" / names[-1])
    depth.run(job)  # resumes within the film
    assert (tmp_path / "out" / names[3]).exists() and (np.load(tmp_path / "out" / names[-1]) == whole).all()


def test_a_broken_film_is_told_plainly(tmp_path: Path) -> None:
    path = tmp_path / "bad.mp4"
    path.write_bytes(b"\0\0\0\x18ftypmp42" + bytes(500))
    with pytest.raises(EngineError) as caught:
        depth.run(DepthJob(photos=(path,), out=tmp_path / "out"))
    assert caught.value.code == "unreadable_film" and "MP4" in caught.value.advice
    assert not list((tmp_path / "out").rglob("frames*"))


def write_film(path: Path, count: int) -> Path:
    film = cv2.VideoWriter(str(path), cv2.VideoWriter.fourcc(*"MJPG"), 24, (W, H))
    for t in range(count):
        film.write(frame(t)[0][:, :, ::-1])
    film.release()
    return path
