"""What the engine found out about a stage besides its meshes: its camera, how far a camera may go, ground and sun.

It is read from the run's folder, and kept on the collection, so that a .blend that has left its folder can still be filmed.
"""

from __future__ import annotations

import json
import zipfile
from typing import Any

import numpy as np

from ...engine.single import Staged
from ...engine.single_storage import STAGE_FILE, outline_from, outline_notes, read_outline
from ..errors import ModelError
from .find import StageInScene

OUTLINE = "maquette_outline"  # on the collection, as JSON


def outline_of(stage: StageInScene) -> Staged:
    """The stage with empty meshes and no layers. Its depth map is a flat one where the folder is gone."""
    path = stage.folder / ".maquette" / STAGE_FILE
    try:
        staged = read_outline(path)
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        if OUTLINE in stage.collection:
            return outline_from(json.loads(stage.collection[OUTLINE]))
        raise ModelError(f"The stage's folder {stage.folder} is gone or can't be read: build it again.") from error
    note_outline(stage, staged)
    return staged


def note_outline(stage: StageInScene, staged: Staged) -> None:
    """Kept with the stage."""
    stage.collection[OUTLINE] = json.dumps(outline_notes(staged), default=_plain)


def _plain(value: Any) -> Any:
    return value.tolist() if isinstance(value, np.ndarray | np.generic) else str(value)
