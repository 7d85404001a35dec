"""Edit and retexture, and the finished asset."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import bpy
from driver import Shot, Until, while_running
from hands import busy, do, part, press, said, view
from shared import Chapter


class Editing(Chapter):
    """The model under the artist's hands."""

    def sculpt_a_dent(self) -> Iterator[Any]:
        """The mesh is changed by hand."""
        mesh = self._model().mesh
        self._select(mesh)
        with bpy.context.temp_override(**view()):
            bpy.ops.object.mode_set(mode="SCULPT")
            yield 1.5
            yield Shot("sculpt-mode")
            bpy.ops.object.mode_set(mode="OBJECT")
        # The stroke itself by arithmetic: a brush's stroke can't be repeated across Blender's versions.
        points = mesh.data.vertices
        top = max((vertex.co for vertex in points), key=lambda co: co.z).copy()
        radius = max(mesh.dimensions) * 0.12
        for vertex in points:
            near = (vertex.co - top).length / radius
            if near < 1:
                vertex.co.z -= 0.6 * radius * (1 - near * near) ** 2
        mesh.data.update()
        with bpy.context.temp_override(**view()):
            bpy.ops.ed.undo_push(message="dent")
        yield 1

    @while_running
    def retexture(self) -> Iterator[Any]:
        """One click: the photos are projected onto what the mesh is now."""
        bpy.context.scene.maquette.retexture.size = "2048"
        press("maquette.retexture")
        yield 2
        yield Shot("at-work")
        yield Until(lambda: not busy(), 240)
        yield 2
        mesh = self._model().mesh
        assert part("scene.retexture").FACTS in mesh, said()
        yield from self._pages()
        for which in ("maquette_guessed", "maquette_before", "maquette_now"):
            do("maquette.show_texture", which=which)
            yield 0.5
            yield Shot(which.removeprefix("maquette_"))

    def moved_copy(self) -> Iterator[Any]:
        """A copy that was moved aside is put back onto the place that its photos show."""
        mesh = self._model().mesh
        self._select(mesh)
        with bpy.context.temp_override(**view()):
            bpy.ops.object.duplicate()
        copy = bpy.context.view_layer.objects.active
        copy.location.x += max(mesh.dimensions) * 1.5
        yield 1
        yield Shot("aside")
        do("maquette.put_back")
        yield 0.5
        assert (copy.matrix_world.translation - mesh.matrix_world.translation).length < 1e-4
        bpy.data.objects.remove(copy)
        self._select(mesh)

    @while_running
    def make_the_asset(self) -> Iterator[Any]:
        """Scan to asset: clean, retopologise, bake, LODs, collider, names, export."""
        self._select(self._model().mesh)
        if hasattr(bpy.context.scene.maquette, "asset"):
            bpy.context.scene.maquette.asset.texture = "1024"  # quick, for a tour
        press("maquette.make_asset")
        yield 3
        yield Shot("at-work")
        yield Until(lambda: not busy(), 300)
        yield 2
        assert part("scene.asset.place").asset_of(self._model()) is not None, said()
        yield from self._pages()
