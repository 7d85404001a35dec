"""Finished multi-view runs ─► pairs of a real photo and its measured depth for `--real`: `python -m training.measured RUN… -o DIR`.

RUN is the OUT folder of `python -m engine model PHOTOS… -o OUT --until depth`, whose photos are still in their place. What several
photos agree on is taken; the rest of each picture is unknown, and nothing is asked of the network there.
"""

from __future__ import annotations

import argparse
import sys
from collections.abc import Iterator
from pathlib import Path

import cv2
import numpy as np
from numpy.typing import NDArray

from engine import storage
from engine.datatypes import DepthMap
from engine.errors import EngineError
from engine.images import load_view

SURE = 0.5  # confidence: at least this much of what can see it agrees
LEAST = 0.12  # of the picture is known; less says nothing about its layout
DEEP = 1.25  # times as far is the far end of what is known; a flat ground seen from above has no depth to tell
LONGEST = 640  # pixels
QUALITY = 95


def main(words: list[str] | None = None) -> int:
    """Runs the command."""
    parser = argparse.ArgumentParser(prog="python -m training.measured", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("runs", type=Path, nargs="+", metavar="RUN")
    parser.add_argument("-o", "--out", type=Path, required=True)
    args = parser.parse_args(words)
    try:
        written = [write_pair(args.out, name, depth) for run in args.runs for name, depth in measured(run)]
    except EngineError as error:
        print(error, file=sys.stderr)
        return int(error.exit_code)
    print(
        f"{sum(written)} pairs in {args.out}; {len(written) - sum(written)} photos left out, of which too little is known"
    )
    return 0


def measured(run: Path) -> Iterator[tuple[str, DepthMap]]:
    """The depth maps of a run, each with a name that no other run's has."""
    workspace = run / ".maquette"
    folders = sorted(workspace.glob("depth-*"))
    if not folders or not (workspace / "sparse.npz").is_file():
        raise EngineError(
            "no_result", f"{run} holds no depth maps.", file=run, advice="Run engine model into it first."
        )
    sparse = storage.read_sparse(workspace / "sparse.npz")
    maps = storage.DepthMaps.of(sparse, LONGEST, folders[-1])
    for index in range(len(maps)):
        if maps.path(index).is_file():
            yield f"{run.name}-{maps.views[index].name}".replace(".", "_"), maps[index]


def write_pair(out: Path, name: str, depth: DepthMap) -> bool:
    """NAME.jpg and NAME.npz; False where too little is known to learn from."""
    known = (depth.depth > 0) & (depth.confidence >= SURE) & inner(depth.depth)
    if known.mean() < LEAST:
        return False
    near, far = np.percentile(depth.depth[known], (5, 95))
    if far < DEEP * near:
        return False
    out.mkdir(parents=True, exist_ok=True)
    picture = cv2.cvtColor(load_view(depth.view), cv2.COLOR_RGB2BGR)
    cv2.imwrite(str(out / f"{name}.jpg"), picture, [cv2.IMWRITE_JPEG_QUALITY, QUALITY])
    inverse = np.where(known, 1 / np.maximum(depth.depth, 1e-9), 0).astype(np.float32)
    np.savez_compressed(out / f"{name}.npz", inverse_depth=inverse, known=known)
    return True


def inner(depth: NDArray[np.float32]) -> NDArray[np.bool_]:
    """Away from jumps, where a map may be a pixel off."""
    inverse = np.where(depth > 0, 1 / np.maximum(depth, 1e-9), 0).astype(np.float32)
    step = cv2.dilate(inverse, np.ones((3, 3))) - cv2.erode(inverse, np.ones((3, 3)))
    return step < 0.1 * np.maximum(inverse, 1e-9)


if __name__ == "__main__":
    sys.exit(main())
