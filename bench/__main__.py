"""`python3 dev.py bench [SET…]`: builds photo sets, prints a table per stage, scores them where truth is at hand, saves JSON.

A set is a folder with images/ (and cameras.json, object.ply, masks/ where the truth is known). Without arguments the sets
beside the checkout (../shared/data) are built, or the bundled sample where there are none. The scorer is the one beside those sets.
`bench depth` scores the depth of single photos: bench/depth.py.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from . import depth, edges, relief
from .places import RESULTS, ROOT, SHARED, machine

SCORES = (
    ("registered", "{:.0f}"),
    ("rotation_error_deg", "{:.3f}°"),
    ("centre_error", "{:.3%}"),
    ("f_0.25%", "{:.3f}"),
    ("f_0.5%", "{:.3f}"),
    ("f_1%", "{:.3f}"),
    ("precision_1%", "{:.3f}"),
    ("recall_1%", "{:.3f}"),
    ("texture_psnr", "{:.2f} dB"),
    ("texture_coverage", "{:.4f}"),
)


def main() -> int:
    """Builds each set once; exit code 1 if one could not be built. A first word may name another benchmark."""
    others = {"depth": depth.main, "edges": edges.main, "relief": relief.main}
    if sys.argv[1:2] and sys.argv[1] in others:
        return others[sys.argv[1]](sys.argv[2:])
    parser = argparse.ArgumentParser(prog="bench", description=__doc__.splitlines()[0])
    parser.add_argument("sets", nargs="*", type=Path, help="folders with images/")
    parser.add_argument("--quality", default="standard")
    parser.add_argument("--device", default="auto")
    parser.add_argument("--keep", type=Path, help="keep the results in this folder")
    parser.add_argument("--save", type=Path, help=f"the JSON file (default: {RESULTS.relative_to(ROOT)}/latest.json)")
    arguments = parser.parse_args()
    sets = arguments.sets or default_sets()
    rows = []
    with tempfile.TemporaryDirectory(prefix="maquette-bench-") as temporary:
        for folder in sets:
            keep = arguments.keep or Path(temporary)
            rows.append(measure(folder, keep / folder.name, arguments.quality, arguments.device))
            print(table([rows[-1]]), flush=True)
    print(summary(rows))
    save = arguments.save or RESULTS / "latest.json"
    save.parent.mkdir(parents=True, exist_ok=True)
    save.write_text(json.dumps({"machine": machine(), "quality": arguments.quality, "sets": rows}, indent=1) + "\n")
    print(f"Machine: {machine()}. Saved to {save}")
    return int(any("error" in row for row in rows))


def default_sets() -> list[Path]:
    """Those beside the checkout, else the sample."""
    found = sorted(p.parent for p in SHARED.glob("data/*/*/images"))
    return found or [ROOT / "sample"]


def measure(folder: Path, out: Path, quality: str, device: str) -> dict[str, Any]:
    """One set from photos to scores."""
    images = folder / "images" if (folder / "images").is_dir() else folder / "photos"
    command = [sys.executable, "-m", "engine", "model", str(images), "-o", str(out), "--quality", quality]
    started = time.perf_counter()
    before = _children_cpu()
    done = subprocess.run([*command, "--device", device], cwd=ROOT, capture_output=True, text=True)
    row: dict[str, Any] = {
        "set": folder.name,
        "seconds": round(time.perf_counter() - started, 1),
        "cpu_seconds": round(_children_cpu() - before, 1),
    }
    if done.returncode != 0:
        return row | {"error": done.stderr.strip().splitlines()[-1] if done.stderr.strip() else str(done.returncode)}
    report = json.loads((out / "report.json").read_text())
    row |= {key: report[key] for key in ("photos", "registered", "peak_mb", "device", "stages")}
    scorer = load_scorer()
    if (folder / "cameras.json").exists() and scorer is not None:
        row["scores"] = scorer.score(out, folder)
    return row


def load_scorer() -> Any:
    """score.py beside the sets; None where it is absent."""
    path = SHARED / "eval" / "score.py"
    if not path.exists():
        return None
    spec = importlib.util.spec_from_file_location("score", path)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def _children_cpu() -> float:
    times = os.times()
    return times.children_user + times.children_system


def table(rows: list[dict[str, Any]]) -> str:
    """Per stage: wall and CPU seconds, peak memory; then the scores."""
    lines = []
    for row in rows:
        lines.append(f"\n{row['set']}: {row.get('registered', 0)} of {row.get('photos', 0)} photos")
        if "error" in row:
            lines.append(f"  failed after {row['seconds']} s: {row['error']}")
            continue
        lines.append(f"  {'stage':10s} {'wall s':>8s} {'CPU s':>8s} {'peak MB':>8s}")
        for stage in row["stages"]:
            lines.append(
                f"  {stage['name']:10s} {stage['seconds']:8.1f} {stage['cpu_seconds']:8.1f} {stage['peak_mb']:8.0f}"
            )
        lines.append(f"  {'total':10s} {row['seconds']:8.1f} {row['cpu_seconds']:8.1f} {row['peak_mb']:8.0f}")
        for name, form in SCORES:
            value = row.get("scores", {}).get(name)
            if value is not None:
                lines.append(f"  {name:20s} {form.format(value)}")
    return "\n".join(lines)


def summary(rows: list[dict[str, Any]]) -> str:
    """The README's table, in Markdown."""
    lines = [
        "\n| set | photos | CPU s | peak MB | rotation | centre | F 0.25 / 0.5 / 1 % | texture |",
        "|---|---|---|---|---|---|---|---|",
    ]
    for row in rows:
        if "error" in row:
            lines.append(f"| {row['set']} | failed: {row['error']} | | | | | | |")
            continue
        s = row.get("scores", {})
        faces = " / ".join(f"{s[k]:.3f}" for k in ("f_0.25%", "f_0.5%", "f_1%") if k in s)
        rotation = f"{s['rotation_error_deg']:.3f}°" if s else ""
        centre = f"{s['centre_error']:.3%}" if s else ""
        texture = f"{s['texture_psnr']:.1f} dB" if s.get("texture_psnr") else ""
        lines.append(
            f"| {row['set']} | {row['registered']}/{row['photos']} | {row['cpu_seconds']:.0f} | {row['peak_mb']:.0f} "
            f"| {rotation} | {centre} | {faces} | {texture} |"
        )
    return "\n".join(lines)


if __name__ == "__main__":
    sys.exit(main())
