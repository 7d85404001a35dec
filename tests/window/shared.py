"""What the steps of every chapter share: the model, the view around it, the sidebar's pages, an engine that is only played."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
from driver import Shot
from hands import do, part, scroll, sidebar, view
from mathutils import Euler, Vector

FAKE = Path(__file__).resolve().parents[1] / "blender" / "fake_engine.py"
PHOTO_COUNT = int(os.environ.get("MAQUETTE_TOUR_PHOTOS", 12))  # enough for a shoe with holes; all 24 for good pictures
FIRST_TIME = 400  # seconds at most for the whole model, on a slow machine


class Chapter:
    """Its methods that end up in a story's list are steps; what begins with an underscore helps them."""

    def __init__(self, photos: Path, folder: Path, engine_python: str) -> None:
        self.photos, self.folder, self.engine_python = photos, folder, engine_python
        self.notes: dict[str, Any] = {}  # figures that come with the results
        self.out = folder / "model"
        self.blend = folder / "afternoon.blend"

    def _model(self) -> Any:
        return part("scene.model").active_model(bpy.context)

    def _select(self, thing: bpy.types.Object) -> None:
        for other in bpy.context.view_layer.objects:
            other.select_set(False)
        thing.select_set(True)
        bpy.context.view_layer.objects.active = thing

    def _frame(self, thing: bpy.types.Object) -> None:
        self._select(thing)
        region = view()["area"].spaces.active.region_3d
        region.view_perspective, region.view_rotation = "PERSP", Euler((1.15, 0, 0.7)).to_quaternion()
        with bpy.context.temp_override(**view()):
            bpy.ops.view3d.view_selected()

    def _ends(self, mesh: bpy.types.Object) -> tuple[Vector, Vector]:
        """The two outermost vertices along its longest side, moved a little inwards so that a click meets the surface."""
        axis = max(range(3), key=lambda i: mesh.dimensions[i])
        ordered = sorted((mesh.matrix_world @ vertex.co for vertex in mesh.data.vertices), key=lambda co: co[axis])
        first, last = ordered[0], ordered[-1]
        return first.lerp(last, 0.06), last.lerp(first, 0.06)

    def _pages(self) -> Iterator[Any]:
        """The sidebar from top to bottom, a picture a page."""
        for page in range(2, 4):
            scroll(700)
            yield 0.5
            yield Shot(f"sidebar-{page}")
        sidebar()
        yield 0.5

    def _played(self, role: str) -> Any:
        """The engine plays `role` for a while."""
        return _Played(role, self.folder)

    def _photos_again(self) -> None:
        if len(bpy.context.scene.maquette.photos.rows) == 0:
            do("maquette.add_photo_folder", directory=str(self.photos))
        bpy.context.scene.maquette.output = str(self.folder / "played")


class _Played:
    def __init__(self, role: str, folder: Path) -> None:
        self.role, self.words = role, folder / "words.json"

    def __enter__(self) -> None:
        runner = part("operators.runner")
        os.environ |= {"MAQUETTE_FAKE": self.role, "MAQUETTE_WORDS": str(self.words)}
        self.kept = {}
        command = lambda words, *_: [sys.executable, "-I", str(FAKE), *words]  # noqa: E731
        for name, module in list(sys.modules.items()):
            if name.startswith(runner.__package__) and hasattr(module, "engine_command"):
                self.kept[name] = module.engine_command
                module.engine_command = command

    def __exit__(self, *error: object) -> None:
        for name, real in self.kept.items():
            sys.modules[name].engine_command = real
