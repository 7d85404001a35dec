"""Opens a real Blender in a real window and plays the tour; see docs/window.md. The standard library alone.

python3 tests/window/run.py --zip ZIP [--blender PATH] [--engine-python PATH] [--photos DIR] [--only STEP…] [-o OUT]

Without a DISPLAY it starts Xvfb. OUT receives a picture for each step and result.json. Exit code 0: every step passed.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
import zipfile
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parent
ROOT = HERE.parents[1]
SIZE = (1600, 1000)
PATIENCE = 900  # seconds for a session
# A session each, Blender is closed and opened again between them: with nothing of its user's, with a file of the tour's, as it comes.
BEGINNINGS = (["--factory-startup"], ["{out}/afternoon.blend"], [])


def main() -> int:
    """Plays it, prints what became of each step."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--zip", type=Path, required=True)
    parser.add_argument("--blender", default="blender")
    parser.add_argument("--engine-python", type=Path, help="runs the engine where Blender's own Python has no wheels")
    parser.add_argument("--photos", type=Path, default=ROOT / "sample" / "photos")
    parser.add_argument(
        "--only", nargs="+", default=[], metavar="STEP", help="after MAQUETTE_TOUR_SEED's model came in"
    )
    parser.add_argument("-o", "--out", type=Path, default=ROOT / "out" / "window" / "blender")
    asked = parser.parse_args()
    if shutil.which(asked.blender) is None:
        print(f"There is no Blender at {asked.blender}: name one with --blender.", file=sys.stderr)
        return 3
    out = asked.out.absolute()
    shutil.rmtree(out, ignore_errors=True)
    out.mkdir(parents=True)
    zipped = bare(asked.zip, out / "bare.zip") if asked.engine_python else asked.zip.absolute()
    with display() as number, tempfile.TemporaryDirectory() as profile:
        (Path(profile) / "config").mkdir()  # else Blender takes the user's own
        told = {"zip": str(zipped), "photos": str(asked.photos.absolute()), "folder": str(out), "only": asked.only}
        told |= {"python": str(asked.engine_python or "")}
        surroundings = os.environ | {
            "DISPLAY": number,
            "BLENDER_USER_RESOURCES": profile,
            "PYTHONDONTWRITEBYTECODE": "1",
        }
        with open(out / "blender.log", "w", encoding="utf-8") as log:
            for session, begin in enumerate(BEGINNINGS[:1] if asked.only else BEGINNINGS):
                words = [asked.blender, "--window-geometry", "0", "0", *map(str, SIZE)]
                words += [word.format(out=out) for word in begin]
                words += ["-P", str(HERE / "tour.py"), "--", json.dumps(told | {"session": session})]
                process = subprocess.Popen(words, env=surroundings, stdout=log, stderr=log, stdin=subprocess.DEVNULL)
                try:
                    process.wait(PATIENCE)
                except subprocess.TimeoutExpired:
                    process.kill()
                    print(f"The session did not end within {PATIENCE} seconds.", file=sys.stderr)
    return verdict(out)


def bare(zipped: Path, target: Path) -> Path:
    """The zip without its wheels, for a Blender whose Python none of them fits."""
    with zipfile.ZipFile(zipped) as whole, zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as less:
        for name in whole.namelist():
            if name == "blender_manifest.toml":
                text = whole.read(name).decode()
                less.writestr(name, text[: text.index("wheels = [")] + text[text.index("[permissions]") :])
            elif not name.startswith("wheels/"):
                less.writestr(name, whole.read(name))
    return target


@contextlib.contextmanager
def display() -> Iterator[str]:
    """The screen that is there, else a virtual one."""
    if os.environ.get("DISPLAY") and not os.environ.get("MAQUETTE_OWN_SCREEN"):
        yield os.environ["DISPLAY"]
        return
    if shutil.which("Xvfb") is None:
        sys.exit("There is no screen: set DISPLAY, or install Xvfb (Debian: apt install xvfb).")
    number = f":{90 + os.getpid() % 100}"
    screen = subprocess.Popen(
        ["Xvfb", number, "-screen", "0", f"{SIZE[0]}x{SIZE[1]}x24"],
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    time.sleep(2)
    try:
        yield number
    finally:
        screen.terminate()
        screen.wait()


def verdict(out: Path) -> int:
    """Blender's own exit code says nothing: the result file does."""
    try:
        result = json.loads((out / "result.json").read_text(encoding="utf-8"))
    except (OSError, ValueError):
        print(f"Blender never began the tour: see {out / 'blender.log'}", file=sys.stderr)
        return 1
    print(f"Blender {result['blender']}, Python {result['python']}, the engine on {result['engine_python']}")
    print(f"{'':8s}{'step':22s}{'s':>6s}{'worst gap':>11s}{'our own':>9s}{'cpu':>6s}{'drawing':>9s}  (ms)")
    for step in result["steps"]:
        figures = f"{step['seconds']:6.1f}{step['worst_gap_ms']:11d}{step['worst_own_ms']:9d}"
        figures += f"{step['worst_own_cpu_ms']:6d}{step['worst_drawing_cpu_ms']:9d}"
        print(f"{step['state']:8s}{step['step']:22s}{figures}  {step.get('why') or step['own']}")
    for name, figures in result["notes"].items():
        print(f"{name}: " + ", ".join(f"{value} {unit}" for unit, value in figures.items()))
    good = result["end"] and not [step for step in result["steps"] if step["state"] == "failed"]
    print(("passed" if good else "FAILED") + f": {out}")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
