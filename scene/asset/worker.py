"""Makes one asset in a Blender of its own: `blender --background --python worker.py -- JOB` or, with the bpy module, `python worker.py JOB`.

It tells its events on standard output as the engine does, and ends when its input closes. So the artist's window stays free
during bakes of minutes, Escape always works, and a remesher that crashes takes nothing with it. JOB is an asset's .json, or the .npz of a
surface whose quads such a worker wants from a worker of its own.
"""

from __future__ import annotations

import importlib
import os
import sys
import threading
import traceback
from pathlib import Path

import bpy  # noqa: F401  (first of all: only then is there a bmesh)

ROOT = Path(__file__).resolve().parents[2]


def main() -> None:
    """Runs the job that the last word names; the exit code is the engine's."""
    threading.Thread(target=_end_with_parent, daemon=True).start()
    sys.path.insert(0, str(ROOT.parent))
    path = Path(sys.argv[-1])
    inside = "quads" if path.suffix == ".npz" else "bench"
    try:
        code = importlib.import_module(f"{ROOT.name}.scene.asset.{inside}").run(path)
    except BaseException:
        traceback.print_exc()
        code = 5
    sys.stdout.flush()
    os._exit(code)  # nothing in this Blender is worth saving


def _end_with_parent() -> None:
    """The parent cancels by closing our input; so does its death."""
    sys.stdin.read()
    os._exit(130)


if __name__ == "__main__":
    main()
