"""The tests in tests/blender on other Blenders, when asked: python3 tests/blender/versions.py [4.2] [4.5] [pytest options]

Each gets an environment of its own beside the repository's others (about 1 GB each, made once). Long-term versions by default.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
REQUIREMENTS = {
    "4.2": ("bpy==4.2.23", "numpy==2.4.6"),
    "4.5": ("bpy==4.5.15", "numpy==1.26.4"),
    "5.0": ("bpy==5.0.1", "numpy==1.26.4"),
}


def environment(version: str) -> Path:
    """The Python of .venv-blender-VERSION."""
    folder = ROOT / f".venv-blender-{version}"
    python = folder / ("Scripts/python.exe" if os.name == "nt" else "bin/python")
    stamp = folder / "installed"
    if not stamp.exists():
        subprocess.run([sys.executable, "-m", "venv", str(folder)], check=True)
        install = [str(python), "-m", "pip", "install", "--quiet", *REQUIREMENTS[version], "pytest==9.2.0"]
        subprocess.run(install, check=True)
        stamp.touch()
    return python


def main(words: Sequence[str]) -> int:
    """Runs them one after another; 0 if all passed."""
    versions = [word for word in words if word in REQUIREMENTS] or ["4.2", "4.5"]
    options = [word for word in words if word not in REQUIREMENTS]
    failed = []
    for version in versions:
        print(f"Blender {version}", flush=True)
        code = subprocess.run([environment(version), "-m", "pytest", "tests/blender", *options], cwd=ROOT).returncode
        if code != 0:  # a crash at exit counts as a failure too
            failed.append(f"{version} (code {code})")
    print("failed: " + ", ".join(failed) if failed else "all passed")
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
