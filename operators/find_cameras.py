"""Find the cameras alone: their places and a cloud of points appear in the scene, so that a region box can be drawn."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

from bpy.types import Context, Operator

from ..engine import storage
from ..engine.protocol import ResultEvent
from ..scene import found, result
from .engine_operator import EngineOperator
from .framing import frame_selected
from .request import Request, request_of
from .steps import Steps


class MAQUETTE_OT_find_cameras(EngineOperator, Operator):
    """Only find where the photos were taken, and show cameras and points. Build Model goes on from there"""

    bl_idname = "maquette.find_cameras"
    bl_label = "Find Cameras"

    def words(self, context: Context) -> Sequence[str]:
        self._request: Request = request_of(context, with_box=False)
        return [*self._request.words, "--until", "poses"]

    def fetching(self, outcome: ResultEvent) -> Callable[[], Any]:
        files = outcome.files

        def fetch() -> Any:
            sparse = storage.read_sparse(Path(files["sparse"]))
            return sparse, result.pictures_of(sparse, files.get("undistorted"))

        return fetch

    def place(self, context: Context, fetched: Any) -> Steps:
        sparse, pictures = fetched
        yield from found.show_in_steps(context, sparse, pictures, self._request.name, self._request.out)
        frame_selected(context)
        return f"{len(sparse.posed)} cameras are found: fit a region box, or build the model"
