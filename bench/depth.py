"""`python3 dev.py bench depth`: one photo's depth against measured depth, beside three guesses that need no network.

The pairs lie beside the checkout (../shared/data/depth, or another folder of such pairs); the scorer lies beside them. They are for
scoring alone: nothing is trained or tuned on them.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

from .places import RESULTS, ROOT, SHARED, machine

SCORER = SHARED / "eval" / "depth.py"


def main(words: list[str]) -> int:
    """Prints a table, saves JSON."""
    parser = argparse.ArgumentParser(prog="bench depth", description=(__doc__ or "").splitlines()[0])
    parser.add_argument("pairs", nargs="?", type=Path, default=SHARED / "data" / "depth")
    parser.add_argument("--provider", default="embedded", help="a network's name")
    parser.add_argument("--onnx", "--weights", dest="weights", type=Path, help="its file or folder, e.g. a checkpoint")
    parser.add_argument("--save", type=Path, default=RESULTS / "depth.json")
    parser.add_argument("--keep", type=Path, help="keep the depth maps in this folder")
    arguments = parser.parse_args(words)
    photos = sorted(arguments.pairs.glob("*_rgb.png"))
    if not photos or not SCORER.exists():
        print(f"There are no pairs in {arguments.pairs}, or no scorer in {SCORER}.", file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory(prefix="maquette-bench-") as temporary:
        out = arguments.keep or Path(temporary)
        report = depth_of(photos, out, arguments.provider, arguments.weights)
        rows = scores(arguments.pairs, out)
    print(table(rows))
    stage = next(stage for stage in report["stages"] if stage["name"] == "mono")
    figures = {
        "provider": arguments.provider,
        "weights": None if arguments.weights is None else arguments.weights.name,
        "seconds_per_photo": round(stage["seconds"] / report["photos"], 3),
        "peak_mb": report["peak_mb"],
        "machine": machine(),
        "scores": rows,
    }
    print(f"{figures['seconds_per_photo']:.2f} s a photo, {figures['peak_mb']:.0f} MB. Machine: {figures['machine']}")
    arguments.save.parent.mkdir(parents=True, exist_ok=True)
    arguments.save.write_text(json.dumps(figures, indent=1) + "\n", encoding="utf-8")
    print(f"Saved to {arguments.save}")
    return 0


def depth_of(photos: list[Path], out: Path, provider: str, weights: Path | None) -> dict[str, Any]:
    """OUT/NAME.npy for each, by the engine's own command; its report."""
    command = [sys.executable, "-m", "engine", "depth", *map(str, photos), "-o", str(out), "--format", "npy"]
    command += ["--provider", provider] + ([] if weights is None else ["--weights", str(weights.absolute())])
    done = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if done.returncode != 0:
        sys.exit(done.stderr.strip() or f"the engine ended with {done.returncode}")
    report: dict[str, Any] = json.loads((out / "report.json").read_text(encoding="utf-8"))
    return report


def scores(pairs: Path, out: Path) -> dict[str, Any]:
    """By method; the network's also pair by pair."""
    scorer = _scorer()

    def predicted(name: str, photo: Any) -> Any:
        import numpy as np

        return np.load(out / f"{name}_rgb.npy")

    return {name: scorer.score(pairs, guess) for name, guess in {"network": predicted, **scorer.GUESSES}.items()}


def _scorer() -> Any:
    spec = importlib.util.spec_from_file_location("depth_scorer", SCORER)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def table(rows: dict[str, Any]) -> str:
    """In Markdown."""
    lines = ["| | AbsRel | δ1 |", "|---|---|---|"]
    lines += [f"| {name} | {row['abs_rel']:.3f} | {row['delta1']:.3f} |" for name, row in rows.items()]
    pairs = next(iter(rows.values()))
    return "\n".join([*lines, f"{pairs['pairs']} pairs, {pairs['groups']} scenes"])
