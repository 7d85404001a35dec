"""`python3 dev.py bench relief`: how well reliefs of made-up scenes match their photo and follow the true edges of depth.

Each scene is ray-cast with exact depth (training/scenes). It is measured twice: from the exact depth, and from depth as a small
network gives it (192 nodes wide, blurred) brought to the photo's edges by the engine. The scenes' numbers are not those of training.
"""

from __future__ import annotations

import argparse
import json
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from PIL import Image

from engine.datatypes import F32, U8, FocalSource, Photo
from engine.mono.guess import Guess
from engine.mono.refine import refined
from engine.mono.skies import split_sky
from engine.relief.frame import LEVEL
from engine.relief.stage import relief
from engine.report import Report
from engine.settings import ReliefSettings
from engine.single import FocalFrom, MonoDepth
from tests.relief_edges import CLEAR, FAINT, share_near, torn_edges, true_edges
from tests.relief_views import psnr, shot

from .places import RESULTS, machine

SEEDS = tuple(900_000_001 + 7 * i for i in range(16))
WIDTH, HEIGHT = 768, 576
REACH = 1.5  # pixels
NETWORK, BLUR = 192, 1.0  # a network's picture: how wide, and how soft


@dataclass(frozen=True, kw_only=True)
class Row:
    """One relief's figures."""

    seed: int
    depth: str
    faces: int
    psnr: float
    covered: float
    recall: float  # of clear edges of the truth (a tenth in depth): with a tear within REACH
    precision: float  # of the tears: within REACH of an edge, also of a faint one
    seconds: float


def main(words: list[str]) -> int:
    """Prints a table and saves it as JSON."""
    parser = argparse.ArgumentParser(prog="bench relief", description=__doc__.splitlines()[0])
    parser.add_argument("--faces", type=int, default=ReliefSettings().faces)
    parser.add_argument("--scenes", type=int, default=len(SEEDS))
    parser.add_argument("--save", type=Path, default=RESULTS / "relief.json")
    arguments = parser.parse_args(words)
    rows = measure(SEEDS[: arguments.scenes], arguments.faces)
    for kind in ("exact", "network"):
        print(f"{kind} depth, {arguments.faces:,} faces at most")
        for row in rows:
            if row.depth == kind:
                print(_line(str(row.seed), [row]))
        print(_line("mean", [row for row in rows if row.depth == kind]), flush=True)
    values = {"machine": machine(), "reach_px": REACH, "rows": [vars(row) for row in rows]}
    arguments.save.write_text(json.dumps(values, indent=1) + "\n", encoding="utf-8")
    return 0


def measure(seeds: tuple[int, ...], faces: int) -> list[Row]:
    """Two rows for each scene."""
    from training.scenes import open_device, render

    open_device()
    rows = []
    with tempfile.TemporaryDirectory() as folder:
        for seed in seeds:
            scene = render(np.array([seed]), HEIGHT, WIDTH)
            picture, truth, sky = scene.pictures[0], scene.inverse_depth[0], scene.sky[0]
            truth = (truth / (4 * np.median(truth[~sky]))).astype(np.float32)
            path = Path(folder) / f"{seed}.png"
            Image.fromarray(picture).save(path)
            rows.append(_row(seed, "exact", _mono(path, truth, sky), picture, truth, faces))
            rows.append(_row(seed, "network", _mono(path, *_as_network(truth, sky, picture)), picture, truth, faces))
    return rows


def _row(seed: int, kind: str, mono: MonoDepth, picture: U8, truth: F32, faces: int) -> Row:
    started = time.perf_counter()
    surface = relief(mono, ReliefSettings(faces=faces), Report())
    seconds = time.perf_counter() - started
    own, covered = shot(surface, picture, LEVEL, mono.K, WIDTH, HEIGHT)
    torn = torn_edges(surface, mono.K, WIDTH, HEIGHT)
    return Row(
        seed=seed,
        depth=kind,
        faces=len(surface.mesh.faces),
        psnr=round(psnr(own, picture), 2),
        covered=float(covered.mean()),
        recall=round(share_near(true_edges(truth, CLEAR), torn, WIDTH, HEIGHT, REACH), 4),
        precision=round(share_near(torn, true_edges(truth, FAINT), WIDTH, HEIGHT, REACH), 4),
        seconds=round(seconds, 2),
    )


def _as_network(truth: F32, sky: np.ndarray, picture: U8) -> tuple[F32, np.ndarray]:
    size = (NETWORK, NETWORK * HEIGHT // WIDTH)
    small = [
        cv2.GaussianBlur(cv2.resize(plane, size, interpolation=cv2.INTER_AREA), (0, 0), BLUR)
        for plane in (truth, sky.astype(np.float32))
    ]
    coarse, above = split_sky(Guess(inverse_depth=small[0], sky=small[1]), picture)
    return np.where(above, 0, refined(coarse, picture)).astype(np.float32), above


def _mono(path: Path, inverse_depth: F32, sky: np.ndarray) -> MonoDepth:
    photo = Photo(
        name=path.name, path=path, content_hash=path.stem, width=WIDTH, height=HEIGHT, orientation=1,
        working_width=WIDTH, working_height=HEIGHT, focal_px=WIDTH, focal_source=FocalSource.GUESS,
        camera_key="", sharpness=1.0, brightness=0.5,
    )  # fmt: skip
    K = np.array([[0.9 * WIDTH, 0, WIDTH / 2], [0, 0.9 * WIDTH, HEIGHT / 2], [0, 0, 1]])
    return MonoDepth(
        photo=photo, K=K, focal_from=FocalFrom.DEFAULT, provider="embedded", metric=False,
        inverse_depth=inverse_depth, sky=sky,
    )  # fmt: skip


def _line(name: str, rows: list[Row]) -> str:
    mean = {key: float(np.mean([getattr(row, key) for row in rows])) for key in ("faces", "psnr", "covered", "recall")}
    precision, seconds = (float(np.mean([getattr(row, key) for row in rows])) for key in ("precision", "seconds"))
    return (
        f"  {name:>10}  {mean['faces']:9,.0f} faces  {mean['psnr']:6.2f} dB  covered {mean['covered']:.5f}  "
        f"edges: recall {mean['recall']:.3f}  precision {precision:.3f}  {seconds:5.2f} s"
    )
