"""A finished run's folder ─► one that the played engine can tell as a run, with the clouds that its depth maps gave: RESULT OUT [large]

With `large` its mesh has a million faces and its texture 4096 pixels. Runs where the engine runs.
"""

from __future__ import annotations

import shutil
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[2]))

from engine import storage
from engine.images import load_view
from engine.report import Report
from engine.stereo import landing
from tests.window import make_large


def main(result: Path, out: Path, large: bool) -> None:
    """Writes OUT."""
    shutil.copytree(result, out, dirs_exist_ok=True)
    workspace = out / ".maquette"
    sparse = storage.read_sparse(workspace / "sparse.npz")
    folder = next(workspace.glob("depth-*"))
    maps = storage.DepthMaps.of(sparse, 500, folder)
    teller = landing.Landing(list(maps.views), out, Report())
    for view, one in zip(maps.views, maps, strict=True):
        teller.see(view, load_view(view))
        with_depth = one.depth > 0
        teller.tell(one.view, 1 / one.depth.clip(1e-6), with_depth)
    (out / landing.FOLDER).rename(out / "previews")
    if large:
        make_large.main(out, out)


if __name__ == "__main__":
    main(Path(sys.argv[1]), Path(sys.argv[2]), "large" in sys.argv)
