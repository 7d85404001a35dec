"""Scale and ground by gesture: with the mouse, in the view."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations
from typing import Any

import bpy
import numpy as np
from bpy_extras.view3d_utils import region_2d_to_origin_3d, region_2d_to_vector_3d
from driver import Shot
from hands import do, keys, middle, mouse, press, screen_of, view
from mathutils import Vector
from shared import Chapter


class Placing(Chapter):
    """Where the model stands, and how large it is."""

    def set_scale(self) -> Iterator[Any]:
        """Two clicks and a length: the shoe is 28 cm long, its object's scale stays 1."""
        found = self._model()
        self._select(found.mesh)
        self._frame(found.mesh)
        yield 1
        corners = self._ends(found.mesh)
        press("maquette.set_scale")
        yield 0.5
        for corner in corners:
            mouse(*screen_of(corner))
            yield 0.6
            mouse(*screen_of(corner), "click", "1")
            yield 0.8
        keys("2", "8", "c", "m")
        yield 1
        yield Shot("typed")
        keys("Return")
        yield 1.5
        found = self._model()
        assert tuple(found.mesh.scale) == (1, 1, 1)
        now = (self._ends(found.mesh)[0] - self._ends(found.mesh)[1]).length
        assert 0.2 < now < 0.4, f"the model is {now:.3f} m long now"

    def lay_on_floor(self) -> Iterator[Any]:
        """Its lowest side becomes the ground."""
        do("maquette.floor_from_lowest")
        found = self._model()
        lowest = min((found.mesh.matrix_world @ Vector(corner)).z for corner in found.mesh.bound_box)
        assert abs(lowest) < 0.03, f"the lowest corner is at {lowest:.3f} m"
        self._frame(found.mesh)
        yield 1

    def card(self) -> Iterator[Any]:
        """Two corners of a card are clicked in a photo; the view is given back, and one undo takes the size away again."""
        found = self._model()
        length = found.mesh.dimensions.length
        press("maquette.scale_from_card", camera=found.cameras[2].name, replace=True)
        yield 2
        x, y = middle()
        for place in ((x - 60, y + 20), (x + 70, y - 30)):
            mouse(*place)
            yield 0.8
            if place[0] > x:
                yield Shot("second-corner")
            mouse(*place, "click", "1")
            yield 0.8
        yield 1
        assert self._model().mesh.dimensions.length != length
        assert view()["area"].spaces.active.region_3d.view_perspective == "PERSP"
        with bpy.context.temp_override(**view()):
            bpy.ops.ed.undo()
        yield 1
        now = self._model().mesh.dimensions.length
        assert abs(now / length - 1) < 1e-5, f"after the undo it is {now:.3f} m instead of {length:.3f} m"

    def gestures(self) -> Iterator[Any]:
        """Three places on the floor, a click for the front, a click for the origin; Escape leaves all as it was."""
        mesh = self._model().mesh
        self._select(mesh)
        self._frame(mesh)
        yield 1
        press("maquette.lay_on_floor")
        yield 0.5
        places = self._along_the_ground(mesh)
        for number, place in enumerate(places):
            yield from self._click(place, Shot("third-place") if number == 2 else None)
        yield 0.5
        press("maquette.set_front")
        yield from self._click(self._seen_at(mesh, *middle()), Shot("front"))
        yield 0.5
        mesh = self._model().mesh
        before = mesh.matrix_world.copy()
        press("maquette.move_origin")
        yield 0.5
        keys("Escape")
        yield 0.7
        assert self._model().mesh.matrix_world == before, "a cancelled gesture has moved the model"
        self._frame(mesh)
        yield 0.7
        press("maquette.move_origin")
        place = self._seen_at(mesh, *middle())
        yield from self._click(place, Shot("origin"))
        mesh = self._model().mesh
        on_it, nearest, *_ = mesh.closest_point_on_mesh(mesh.matrix_world.inverted() @ Vector())
        away = (mesh.matrix_world @ nearest).length
        assert on_it and away < 0.01 * mesh.dimensions.length, f"the model is {away:.4f} m from the origin"
        assert mesh.matrix_world.translation.length < 1e-6 and tuple(mesh.scale) == (1, 1, 1)

    def _click(self, place: Vector, shot: Shot | None = None) -> Iterator[Any]:
        """As a hand does: there, a moment, the button."""
        where = screen_of(place)
        mouse(*where)
        yield 0.7
        if shot is not None:
            yield shot
        mouse(*where, "click", "1")
        yield 1

    def _seen_at(self, mesh: bpy.types.Object, x: int, y: int) -> Vector:
        """The place on the mesh under a pixel of the screen."""
        v = view()
        flat = Vector((x - v["region"].x, v["window"].height - y - v["region"].y))
        view_3d = v["area"].spaces.active.region_3d
        back = mesh.matrix_world.inverted()
        origin = region_2d_to_origin_3d(v["region"], view_3d, flat)
        way = region_2d_to_vector_3d(v["region"], view_3d, flat)
        hit, place, *_ = mesh.ray_cast(back @ origin, back.to_3x3() @ way)
        assert hit, "there is nothing of the model"
        return mesh.matrix_world @ place

    def _along_the_ground(self, mesh: bpy.types.Object) -> tuple[Vector, ...]:
        """Three places far apart among the lowest that the view shows."""
        eye = view()["area"].spaces.active.region_3d.view_matrix.inverted().translation
        back = mesh.matrix_world.inverted()
        points = [mesh.matrix_world @ vertex.co for vertex in mesh.data.vertices]
        low = np.quantile([point.z for point in points], 0.06)
        lowest = [point for point in points if point.z < low][::7]
        seen = []
        for point in lowest:
            hit, place, *_ = mesh.ray_cast(back @ eye, (back.to_3x3() @ (point - eye)).normalized())
            if hit and (mesh.matrix_world @ place - point).length < 0.01 * mesh.dimensions.length:
                seen.append(point)
        few = seen[:: max(len(seen) // 40, 1)]
        return max(combinations(few, 3), key=lambda three: (three[1] - three[0]).cross(three[2] - three[0]).length)
