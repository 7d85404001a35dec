"""`python3 dev.py bench edges`: how well depth's edges sit on the photo's edges after refinement, on made-up pictures with known depth.

The truth is brought to a network's size, blurred and shifted a little, refined, and compared with the truth; beside it stand plain
bilinear enlargement and a guided filter.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from engine.mono.refine import enlarged, refined
from tests.cutouts import Scene, as_network, make_scene

JUMP = 1.15  # between neighbours: an edge of depth
REACH = 24  # pixels to either side of an edge that are looked at
BETWEEN = 0.2  # of the jump: a pixel further than this from both sides flies between them

Method = Callable[[np.ndarray, np.ndarray], np.ndarray]


@dataclass(frozen=True)
class Edges:
    """`displacement` in pixels; `flying` of the pixels near an edge; `invented`: steps within surfaces, in percent of depth."""

    displacement: float
    flying: float
    invented: float


def main(words: list[str]) -> int:
    """Prints a table."""
    parser = argparse.ArgumentParser(prog="bench edges", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--scenes", type=int, default=6)
    parser.add_argument("--look", type=Path, help="write pictures of each into this folder")
    arguments = parser.parse_args(words)
    scenes = [make_scene(seed) for seed in range(arguments.scenes)]
    print("| | displacement, px | flying pixels | invented steps | processor seconds |\n|---|---|---|---|---|")
    for name, method in METHODS.items():
        rows, began = [], time.process_time()
        results = [method(as_network(scene.inverse_depth, seed), scene.picture) for seed, scene in enumerate(scenes)]
        seconds = (time.process_time() - began) / len(scenes)
        rows = [judge(scene, result) for scene, result in zip(scenes, results, strict=True)]
        moved, flying, invented = (float(np.mean([getattr(row, k) for row in rows])) for k in Edges.__annotations__)
        print(f"| {name} | {moved:.2f} | {flying:.1%} | {invented:.2f} % | {seconds:.2f} |", flush=True)
        if arguments.look is not None:
            _show(arguments.look, name, scenes, results)
    return 0


def judge(scene: Scene, guess: np.ndarray) -> Edges:
    """Against the truth."""
    true = scene.inverse_depth
    jump = np.zeros(true.shape, np.uint8)
    for axis in (0, 1):
        ahead = np.roll(true, -1, axis)
        step = np.maximum(true / ahead, ahead / true) > JUMP
        step[(-1,) if axis == 0 else (slice(None), -1)] = False
        jump |= step
    length = float(jump.sum())
    kernel = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * REACH + 1, 2 * REACH + 1))
    band = cv2.dilate(jump, kernel) > 0
    wide = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (4 * REACH + 1, 4 * REACH + 1))
    here = cv2.getStructuringElement(cv2.MORPH_ELLIPSE, (2 * REACH + 1, 2 * REACH + 1))
    near, far = cv2.dilate(true, here), cv2.erode(true, here)
    at, truly = ((plane - far) / np.maximum(near - far, 1e-9) for plane in (guess, true))
    two = band & (np.minimum(truly, 1 - truly) < BETWEEN) & (near / far > JUMP)  # a third thing in between is left out
    wrong = two & ((at > 0.5) != (truly > 0.5))
    flying = two & (at > BETWEEN) & (at < 1 - BETWEEN)
    inside = cv2.dilate(jump, wide) == 0
    fine = np.log(np.maximum(guess, 1e-6))
    steps = np.abs(fine - cv2.GaussianBlur(fine, (0, 0), 6))[inside]
    return Edges(
        displacement=float(wrong.sum()) / length,
        flying=float(flying.sum()) / float(two.sum()),
        invented=100 * float(np.sqrt(np.mean(steps**2))),
    )


def guided(coarse: np.ndarray, picture: np.ndarray) -> np.ndarray:
    """The usual way: within windows depth is a linear function of the picture's brightness."""
    grey = cv2.cvtColor(picture, cv2.COLOR_RGB2GRAY).astype(np.float32) / 255
    plane = enlarged(coarse, picture.shape[1], picture.shape[0])
    size = (25, 25)
    mean, depth = cv2.blur(grey, size), cv2.blur(plane, size)
    slope = (cv2.blur(grey * plane, size) - mean * depth) / (cv2.blur(grey * grey, size) - mean * mean + 1e-3)
    level = depth - slope * mean
    return np.asarray(cv2.blur(slope, size) * grey + cv2.blur(level, size))


def _show(folder: Path, name: str, scenes: list[Scene], results: list[np.ndarray]) -> None:
    from engine.mono.colours import coloured

    folder.mkdir(parents=True, exist_ok=True)
    for number, (scene, result) in enumerate(zip(scenes, results, strict=True)):
        clear = np.zeros(result.shape, bool)
        span = (float(scene.inverse_depth.min()), float(scene.inverse_depth.max()))
        shown = [scene.picture, *(coloured(p, clear, span) for p in (scene.inverse_depth, result.astype(np.float32)))]
        cv2.imwrite(str(folder / f"{number}-{name}.png"), np.hstack(shown)[:, :, ::-1])


METHODS: dict[str, Method] = {
    "bilinear": lambda coarse, picture: enlarged(coarse, picture.shape[1], picture.shape[0]),
    "guided filter": guided,
    "Maquette": refined,
}
