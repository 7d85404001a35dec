"""A network on real photos with the depth that our multi-view engine measured: `python -m training.judge PAIRS [--onnx FILE]`.

PAIRS is what `training.measured` wrote, of photos that were not trained on.
"""

from __future__ import annotations

import argparse
import sys
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine.mono.embedded import Embedded
from engine.report import Report

FURTHEST = 0.2  # of the least inverse depth measured: what an aligned answer says beyond that is held to it


@dataclass(frozen=True)
class Score:
    """Means over what is known of a picture, after least squares of scale and shift in inverse depth."""

    abs_rel: float
    within_25: float  # the share that is off by a factor of less than 1.25
    within_10: float


def main(words: list[str] | None = None) -> int:
    """Runs the command."""
    parser = argparse.ArgumentParser(prog="python -m training.judge", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pairs", type=Path)
    parser.add_argument("--onnx", type=Path, help="a checkpoint that was exported; without it, the released network")
    args = parser.parse_args(words)
    photos = sorted(args.pairs.glob("*.jpg"))
    if not photos:
        print(f"There are no pairs in {args.pairs}.", file=sys.stderr)
        return 2
    network = Embedded(args.onnx)
    scores = [judged(network, photo) for photo in photos]
    means = {name: float(np.mean([getattr(score, name) for score in scores])) for name in Score.__annotations__}
    print(f"{len(photos)} pictures: " + ", ".join(f"{name} {value:.3f}" for name, value in means.items()))
    return 0


def judged(network: Embedded, photo: Path) -> Score:
    """One pair."""
    with np.load(photo.with_suffix(".npz")) as pair:
        known, truth = pair["known"], pair["inverse_depth"]
    picture = cv2.cvtColor(cv2.imread(str(photo)), cv2.COLOR_BGR2RGB)
    answer = network.read(np.asarray(picture, np.uint8), None, Report()).inverse_depth
    fitting = cv2.resize(answer, known.shape[::-1], interpolation=cv2.INTER_LINEAR)
    return score(fitting[known], truth[known])


def score(answer: NDArray[np.float32], truth: NDArray[np.float32]) -> Score:
    """Of inverse depths, pixel by pixel."""
    basis = np.stack([answer, np.ones_like(answer)], 1).astype(np.float64)
    aligned = basis @ np.linalg.lstsq(basis, truth.astype(np.float64), rcond=None)[0]
    aligned = np.maximum(aligned, FURTHEST * truth.min())
    off = np.maximum(aligned / truth, truth / aligned)
    return Score(
        abs_rel=float(np.mean(np.abs(truth / aligned - 1))),
        within_25=float((off < 1.25).mean()),
        within_10=float((off < 1.1).mean()),
    )


if __name__ == "__main__":
    sys.exit(main())
