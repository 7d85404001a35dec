"""Trust and check: through a photo's camera, how well each face was seen, and what is not wanted becomes masks."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy
import numpy as np
from driver import Shot, Until
from hands import as_panel, busy, do, middle, mouse, part, press, said, scroll, sidebar, view
from shared import Chapter

MATERIAL_PREVIEW = 40  # seconds for its shaders, made once, without a graphics card


class Looking(Chapter):
    """What the model is worth."""

    def look_through(self) -> Iterator[Any]:
        """Through a photo's camera, wiped against the model."""
        camera = self._model().cameras[2]
        assert press("maquette.look_through", camera=camera.name) == {"FINISHED"}
        yield 2
        assert view()["area"].spaces.active.region_3d.view_perspective == "CAMERA"
        yield Shot("photo")
        assert press("maquette.wipe_photo") == {"RUNNING_MODAL"}
        yield 0.5
        x, y = middle()
        mouse(x - 30, y)
        yield 0.7
        mouse(x, y)
        yield 0.7
        mouse(x, y, "click", "1")
        yield 1
        assert 0.2 < bpy.context.scene.maquette.trust.wipe < 0.8, bpy.context.scene.maquette.trust.wipe

    def coverage(self) -> Iterator[Any]:
        """How well each face was seen, and where the next photos should be taken."""
        do("maquette.leave_camera")
        self._frame(self._model().mesh)
        press("maquette.show_coverage")
        yield Until(lambda: not busy(), 180)
        yield 2
        found = self._model()
        assert found.collection.get(part("scene.coverage").VERDICT), said()
        yield from self._pages()
        if found.ghosts:
            press("maquette.look_through", camera=found.ghosts[0].name)
            yield 2
            yield Shot("ghost")
            do("maquette.leave_camera")
        yield from self._in_material_preview()
        do("maquette.clear_ghosts")
        for kind in ("ANGLE", "FILLED"):
            do("maquette.show_overlay", kind=kind)
            yield 0.5
            yield Shot(kind.lower())
        do("maquette.show_overlay", kind="PHOTO")

    def _in_material_preview(self) -> Iterator[Any]:
        """Overlays and ghost cameras are seen there too."""
        space = view()["area"].spaces.active
        self._frame(self._model().mesh)
        with bpy.context.temp_override(**view()):
            bpy.ops.view3d.zoom(delta=-3)
        do("maquette.show_overlay", kind="COVERAGE")
        space.shading.type = "MATERIAL"
        yield MATERIAL_PREVIEW
        yield Shot("material-preview")
        space.shading.type = "SOLID"

    def masks(self) -> Iterator[Any]:
        """What is selected on the model is masked in all photos."""
        mesh = self._model().mesh
        self._select(mesh)
        self._frame(mesh)
        with bpy.context.temp_override(**view()):
            bpy.ops.object.mode_set(mode="EDIT")
            bpy.ops.mesh.select_mode(type="FACE")
            bpy.ops.mesh.select_all(action="DESELECT")
            bpy.ops.object.mode_set(mode="OBJECT")
            _select_an_end(mesh)
            bpy.ops.object.mode_set(mode="EDIT")
        settings = bpy.context.scene.maquette
        settings.region_masks.unwanted = "SELECTED"
        with as_panel("MAQUETTE_PT_region_masks"):
            scroll(250)
            yield Shot("selected")
            press("maquette.masks_from_model")
            yield Until(lambda: not busy(), 120)
            yield 1
            with bpy.context.temp_override(**view()):
                bpy.ops.object.mode_set(mode="OBJECT")
            assert settings.masks, said()
            yield Shot("made")
        sidebar()
        press("maquette.look_through", camera=self._model().cameras[5].name)
        yield 3
        yield Shot("in-photo")
        bpy.context.scene.maquette.trust.wipe = 1.0
        yield 2
        shown = part("scene.mask_shown").ready(bpy.context.scene, bpy.context.scene.camera)
        assert shown is not None and shown.size[0] > 100
        yield Shot("over-photo")
        bpy.context.scene.maquette.trust.wipe = 0.0
        do("maquette.leave_camera")
        settings.masks = ""


def _select_an_end(mesh: bpy.types.Object) -> None:
    """The last fifth along its longest side."""
    axis = max(range(3), key=lambda i: mesh.dimensions[i])
    centres = np.empty(3 * len(mesh.data.polygons), np.float32)
    mesh.data.polygons.foreach_get("center", centres)
    along = centres.reshape(-1, 3)[:, axis]
    chosen = along > along.min() + 0.8 * np.ptp(along)
    mesh.data.polygons.foreach_set("select", chosen)
    mesh.data.update()
