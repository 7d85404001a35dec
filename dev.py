"""The two commands of the README, and a few more. Standard library alone: it makes .venv, installs once, and passes on.

python3 dev.py model [PHOTOS… -o OUT] [options]   photos to a textured mesh; without photos, the bundled sample
python3 dev.py stage [PHOTO -o OUT] [options]     one photo to a relief, layers and a film of a camera move, with a .blend
python3 dev.py depth PHOTOS… -o OUT [options]     the depth of single photos alone
python3 dev.py test [pytest options]              all the tests
python3 dev.py pack-test [pytest options]         the tests of the optional PyTorch pack, in .venv-pack (about 2 GB)
python3 dev.py build [--platform P] [-o DIST]     the extension's zip, one per platform
python3 dev.py bench [SET…]                       the benchmark; "bench depth", "bench edges": of single photos' depth
python3 dev.py window [NAME] [options]            the tour through a real Blender with a window: docs/window.md
python3 dev.py check                              ruff and mypy alone
"""

from __future__ import annotations

import hashlib
import json
import os
import platform
import shlex
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parent
SAMPLE = ROOT / "sample"
SAMPLE_OUT = ROOT / "out" / "sample"
STAGE_PHOTO = SAMPLE / "photos" / "shoe_05.jpg"
STAGE_OUT = ROOT / "out" / "stage"
BLENDER_SKIPS = "MAQUETTE_NO_BLENDER"  # set to run the tests without Blender's module


def main(words: Sequence[str]) -> int:
    """Runs one command."""
    commands = {
        "model": model,
        "stage": stage,
        "depth": depth,
        "test": test,
        "pack-test": pack_test,
        "build": build,
        "bench": bench,
        "window": window,
        "check": check,
    }
    if not words or words[0] not in commands:
        print(__doc__)
        return 0 if words and words[0] in ("-h", "--help", "help") else 2
    if sys.version_info[:2] < (3, 11):  # noqa: UP036  (an older Python can run this far, and is told)
        print(f"Maquette needs Python 3.11 or later; this is {sys.version.split()[0]}.", file=sys.stderr)
        return 3
    return commands[words[0]](list(words[1:]))


def model(words: list[str]) -> int:
    """The engine's own command; with no photos the bundled sample, and a .blend of it."""
    python = environment("engine", "requirements.txt")
    asks_help = any(word in ("-h", "--help") for word in words)
    if asks_help or any(word == "-o" or word.startswith("--out") for word in words):
        return run([python, "-m", "engine", "model", *words])
    code = run([python, "-m", "engine", "model", str(SAMPLE / "photos"), "-o", str(SAMPLE_OUT), *words])
    if code != 0:
        return code
    return make_blend(SAMPLE_OUT, SAMPLE_OUT / "sample.blend")


def stage(words: list[str]) -> int:
    """The engine's own command; without an output folder it is out/stage, and without a photo too a bundled one is taken."""
    python = environment("engine", "requirements.txt")
    if any(word in ("-h", "--help") or word == "-o" or word.startswith("--out") for word in words):
        return run([python, "-m", "engine", "stage", *words])
    photo = [] if words and not words[0].startswith("-") else [str(STAGE_PHOTO)]
    code = run([python, "-m", "engine", "stage", *photo, *words, "-o", str(STAGE_OUT)])
    return code if code != 0 else make_blend(STAGE_OUT, STAGE_OUT / "stage.blend")


def depth(words: list[str]) -> int:
    """The engine's own command."""
    return run([environment("engine", "requirements.txt"), "-m", "engine", "depth", *words])


def make_blend(folder: Path, blend: Path) -> int:
    """A result as a .blend, made by the same code that runs inside Blender."""
    python = environment("blender", "requirements-blender.txt")
    code = run([python, str(ROOT / "tools" / "make_blend.py"), str(folder), str(blend)])
    if code == 0:
        print(f"  {'blend':8s} {blend}")
    return code


def test(words: list[str]) -> int:
    """Style and types first, then every test; those inside Blender's module in its own environment."""
    code = check([])
    engine = environment("engine", "requirements-dev.txt")
    code |= run([engine, "-m", "pytest", "tests", "--ignore=tests/blender", "--ignore=tests/window", *words])
    if os.environ.get(BLENDER_SKIPS):
        print(f"Left out, because {BLENDER_SKIPS} is set: tests/blender")
        return code
    blender = environment("blender", "requirements-blender.txt")
    return code | run([blender, "-m", "pytest", "tests/blender", *words])


def pack_test(words: list[str]) -> int:
    """What needs PyTorch, with tiny made-up checkpoints: kept out of `test`, since the libraries alone take minutes to install."""
    python = environment("pack", "requirements-pack.txt")
    bare = (ROOT / "requirements-pack-bare.txt").read_bytes()
    stamp = ROOT / ".venv-pack" / f"bare.{hashlib.sha256(bare).hexdigest()[:16]}"
    if not stamp.exists():
        install = [python, "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "--no-deps"]
        if run([*install, "--ignore-requires-python", "-r", "requirements-pack-bare.txt"]) != 0:
            sys.exit("The requirements could not be installed: see above. Is the network reachable?")
        stamp.touch()
    return run([python, "-m", "pytest", "tests/pack", *words])


def check(words: list[str]) -> int:
    """Ruff and mypy."""
    python = environment("engine", "requirements-dev.txt")
    code = run([python, "-m", "ruff", "check", "."])
    code |= run([python, "-m", "ruff", "format", "--check", "."])
    return code | run([python, "-m", "mypy", "-p", "engine"])


def build(words: list[str]) -> int:
    """The extension's zip with its wheels."""
    return run([sys.executable, str(ROOT / "tools" / "build_extension.py"), *words])


def window(words: list[str]) -> int:
    """The tour. A first word is a name from window.json, which says how that Blender is reached."""
    name = words.pop(0) if words and not words[0].startswith("-") else "blender"
    places = ROOT / "window.json"
    known = json.loads(places.read_text(encoding="utf-8")) if places.exists() else {}
    if name != "blender" and name not in known:
        print(f"window.json names no {name}: see docs/window.md. A Blender on the PATH needs no name.", file=sys.stderr)
        return 2
    via, *options = known.get(name, [""])
    out = ROOT / "out" / "window"
    system = {"win32": "windows", "darwin": "macos"}.get(sys.platform, "linux")
    here = f"{system}-{'arm64' if platform.machine().lower() in ('arm64', 'aarch64') else 'x64'}"
    if build(["--platform", here, "-o", str(out / "zip")]) != 0:
        return 1
    zipped = max((out / "zip").glob("*.zip"), key=lambda path: path.stat().st_mtime)
    python = "python3" if via else sys.executable
    tour = [python, str(ROOT / "tests" / "window" / "run.py"), "--zip", str(zipped), "-o", str(out / name)]
    return run([*shlex.split(via), *tour, *options, *words])


def bench(words: list[str]) -> int:
    """The benchmark over sets with known truth."""
    python = environment("engine", "requirements-dev.txt")
    return run([python, "-m", "bench", *words])


def environment(name: str, requirements: str) -> str:
    """The Python of .venv (or .venv-NAME), with `requirements` installed; installs only when the file has changed."""
    folder = ROOT / (".venv" if name == "engine" else f".venv-{name}")
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    text = (ROOT / requirements).read_bytes()
    if requirements == "requirements-dev.txt":
        text += (ROOT / "requirements.txt").read_bytes()
    stamp = folder / f"{requirements}.{hashlib.sha256(text).hexdigest()[:16]}"
    if stamp.exists() and python.exists():
        return str(python)
    if not python.exists():
        print(f"Making {folder.name} …", flush=True)
        if run([sys.executable, "-m", "venv", str(folder)]) != 0:
            sys.exit("The virtual environment could not be made. On Debian and Ubuntu: apt install python3-venv")
    print(f"Installing {requirements} into {folder.name} (once) …", flush=True)
    install = [str(python), "-m", "pip", "install", "--quiet", "--disable-pip-version-check", "-r", requirements]
    if run(install) != 0:
        sys.exit("The requirements could not be installed: see above. Is the network reachable?")
    stamp.touch()
    return str(python)


def run(command: list[str]) -> int:
    """Runs a command here; gives its exit code. Ctrl-C reaches it too, and it says what it cancelled."""
    # One BLAS thread: the stages share their work out themselves, and threads below threads cost more than they bring.
    process = subprocess.Popen(command, cwd=ROOT, env={"OPENBLAS_NUM_THREADS": "1", **os.environ})
    while True:
        try:
            return process.wait()
        except KeyboardInterrupt:
            continue


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
