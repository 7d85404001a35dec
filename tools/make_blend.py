"""A finished run's folder ─► a .blend, with the code that does the same inside Blender: make_blend.py RESULT BLEND

Runs where `import bpy` works; needs neither a window nor the extension to be installed.
"""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]


def main(folder: str, blend: str) -> int:
    """Gives the exit code."""
    spec = importlib.util.spec_from_file_location(
        "maquette", ROOT / "__init__.py", submodule_search_locations=[str(ROOT)]
    )
    sys.modules["maquette"] = importlib.util.module_from_spec(spec)  # the repository's root is the package
    from maquette.engine.errors import EngineError
    from maquette.scene import result
    from maquette.scene.build import save_blend
    from maquette.scene.stage.build import save_stage
    from maquette.scene.stage.result import holds_stage, prepare_stage, stage_files

    out, file = Path(folder).absolute(), Path(blend).absolute()
    try:
        if holds_stage(out):
            save_stage(prepare_stage(stage_files(out)), file)
        else:
            save_blend(result.read(result.files_in(out)), file)
    except EngineError as error:
        print(f"Stopped: {error}", file=sys.stderr)
        return int(error.exit_code)
    return 0


if __name__ == "__main__":
    if len(sys.argv) != 3:
        sys.exit(__doc__)
    sys.exit(main(*sys.argv[1:]))
