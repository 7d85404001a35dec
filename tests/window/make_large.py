"""A finished run's folder ─► the same with a mesh of a million faces and a texture of 4096 pixels: RESULT OUT. NumPy alone."""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from engine import storage
from tests.blender.made_up import wave

SIDE, PICTURE = 708, 4096


def main(result: Path, out: Path) -> None:
    """Writes OUT."""
    shutil.copytree(result, out, dirs_exist_ok=True)
    made = wave(SIDE, PICTURE)
    storage.write_textured(out / ".maquette" / "textured.npz", made)
    storage.write_arrays(out / ".maquette" / "mesh.npz", made.mesh)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]))
