"""The tour's story, step by step: what an artist does with Maquette in an afternoon. A new feature adds a step here.

Each method that is listed in `steps` is one (see `driver.py`); it ends with a picture of the whole screen.
"""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
from driver import Shot, Step, Until, while_running
from hands import busy, do, keys, middle, mouse, open_sidebar, part, press, said, screen_of, scroll, sidebar, view
from mathutils import Euler, Vector

FAKE = Path(__file__).resolve().parents[1] / "blender" / "fake_engine.py"
PHOTO_COUNT = int(os.environ.get("MAQUETTE_TOUR_PHOTOS", 12))  # enough for a shoe with holes; all 24 for good pictures
FIRST_TIME = 400  # seconds at most for the whole model, on a slow machine


class Story:
    """What the steps share."""

    def __init__(self, photos: Path, folder: Path) -> None:
        self.photos, self.folder = photos, folder
        self.out = folder / "model"
        shutil.rmtree(self.out, ignore_errors=True)

    def steps(self) -> list[Step]:
        return [
            self.empty,
            self.drop_photos,
            self.check_photos,
            self.watch_and_cancel,
            self.run_again,
            self.model,
            self.look_through,
            self.coverage,
            self.set_scale,
            self.lay_on_floor,
            self.sculpt_a_dent,
            self.retexture,
            self.moved_copy,
            self.make_the_asset,
            self.undo_is_one_step,
            self.preferences,
            self.failures,
            self.disable_and_load,
        ]

    # In

    def empty(self) -> Iterator[Any]:
        """A new file: the first step is there without scrolling."""
        bpy.data.objects.remove(bpy.data.objects["Cube"])  # as everybody does
        yield from open_sidebar()
        yield 1

    def drop_photos(self) -> Iterator[Any]:
        """Photos are dropped into the view; the list shows them."""
        names = sorted(path.name for path in self.photos.iterdir() if path.suffix == ".jpg")
        names = names[:: max(len(names) // PHOTO_COUNT, 1)][:PHOTO_COUNT]
        done = do("maquette.add_photos", directory=str(self.photos), files=[{"name": name} for name in names])
        assert done == {"FINISHED"}
        settings = bpy.context.scene.maquette
        settings.quality, settings.output = "draft", str(self.out)
        assert len(settings.photos.rows) == len(names)
        yield 3

    def check_photos(self) -> Iterator[Any]:
        """Before the run: which photos are blurred, alone, or too few."""
        press("maquette.check_photos")
        yield Until(lambda: not busy(), 120)
        yield 1

    # Watch

    @while_running
    def watch_and_cancel(self) -> Iterator[Any]:
        """A run is watched: cameras and points appear; Escape ends it within two seconds."""
        assert press("maquette.build_model") == {"RUNNING_MODAL"}
        state = bpy.context.window_manager.maquette
        yield Until(lambda: state.progress > 0.02 or not busy(), 60)
        yield Shot("starting")
        yield Until(lambda: state.stage == "Measuring depth" or not busy(), FIRST_TIME)
        assert busy(), said()
        yield 4
        yield Shot("depth")
        started = time.monotonic()
        mouse(*middle(), "key", "Escape")
        yield Until(lambda: not busy(), 5)
        spent = time.monotonic() - started
        print(f"stopped after {spent:.1f} s", flush=True)
        assert spent < 2.5, f"it took {spent:.1f} s to stop"  # two are promised; half a one is the key's way here
        assert any("ancelled" in text for text in said()), said()

    @while_running
    def run_again(self) -> Iterator[Any]:
        """The next run goes on from there; the mesh comes before its texture, then the model."""
        with bpy.context.temp_override(**view()):
            bpy.ops.ed.undo_push(message="before the model")
        if seed := os.environ.get(
            "MAQUETTE_TOUR_SEED"
        ):  # a finished run of the same photos: what is made is not made again
            shutil.copytree(seed, self.out, dirs_exist_ok=True)
        assert press("maquette.build_model") == {"RUNNING_MODAL"}
        state = bpy.context.window_manager.maquette
        yield Until(lambda: state.stage == "Painting the texture" or not busy(), FIRST_TIME)
        yield Shot("texture")
        yield Until(lambda: not busy() and len(state.facts) > 0, FIRST_TIME)
        yield 2

    def model(self) -> Iterator[Any]:
        """The model, with its texture, its cameras and what the panel says of it."""
        found = self._model()
        assert len(found.cameras) >= PHOTO_COUNT - 2 and len(found.mesh.data.polygons) > 5000
        space = view()["area"].spaces.active
        space.shading.type, space.shading.color_type, space.shading.light = "SOLID", "TEXTURE", "FLAT"
        self._frame(found.mesh)
        sidebar()
        yield 2
        yield Shot("top")
        yield from self._pages()

    # Trust and check

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
        do("maquette.clear_ghosts")
        for kind in ("ANGLE", "FILLED"):
            do("maquette.show_overlay", kind=kind)
            yield 0.5
            yield Shot(kind.lower())
        do("maquette.show_overlay", kind="PHOTO")

    # Scale and ground

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

    # Edit and retexture

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

    # What must hold

    def undo_is_one_step(self) -> Iterator[Any]:
        """A finished model that is imported goes with one undo."""
        with bpy.context.temp_override(**view()):
            bpy.ops.ed.undo_push(message="before the import")
        before = {thing.name for thing in bpy.data.objects}
        assert press_import(self.out)
        state = bpy.context.window_manager.maquette
        yield Until(lambda: {thing.name for thing in bpy.data.objects} > before and not busy() and state.facts, 30)
        yield 1
        with bpy.context.temp_override(**view()):
            bpy.ops.ed.undo()
        yield 1
        assert {thing.name for thing in bpy.data.objects} == before

    def preferences(self) -> Iterator[Any]:
        """The preferences' page, with the self-test."""
        press("maquette.selftest")
        yield Until(lambda: not busy(), 90)
        with bpy.context.temp_override(**view()):
            bpy.ops.preferences.addon_show(module=part("preferences").__package__)
        yield 3
        yield Shot("page")
        window = bpy.context.window_manager.windows[-1]
        assert any(line.text for line in bpy.context.window_manager.maquette_machine.lines)
        if window != bpy.context.window_manager.windows[0]:
            with bpy.context.temp_override(window=window):
                bpy.ops.wm.window_close()
        yield 1

    def failures(self) -> Iterator[Any]:
        """An engine that dies is said in words, and the next run is not held up by it."""
        sidebar()
        with self._played("crash"):
            press("maquette.build_model")
            yield Until(lambda: not busy(), 10)
        yield 1
        assert any("ended unexpectedly" in text for text in said()), said()

    def disable_and_load(self) -> Iterator[Any]:
        """Disabling the extension ends its engine; so does loading another file."""
        import addon_utils

        module = part("preferences").__package__
        with self._played("slow"):
            for end in (lambda: addon_utils.disable(module), lambda: bpy.ops.wm.read_homefile(use_empty=False)):
                self._photos_again()
                press("maquette.build_model")
                yield 2
                process = next(run for run in part("operators.runner")._live if hasattr(run, "_process"))._process
                with bpy.context.temp_override(**view()):
                    end()
                yield Until(lambda process=process: process.poll() is not None, 5)
                if not hasattr(bpy.types.Scene, "maquette"):
                    addon_utils.enable(module)
                yield 1
                assert not busy()
        yield from open_sidebar()

    # Helpers

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
        import sys

        runner = part("operators.runner")
        os.environ |= {"MAQUETTE_FAKE": self.role, "MAQUETTE_WORDS": str(self.words)}
        self.kept = {}
        command = lambda words: [sys.executable, "-I", str(FAKE), *words]  # noqa: E731
        for name, module in list(sys.modules.items()):
            if name.startswith(runner.__package__) and hasattr(module, "engine_command"):
                self.kept[name] = module.engine_command
                module.engine_command = command

    def __exit__(self, *error: object) -> None:
        import sys

        for name, real in self.kept.items():
            sys.modules[name].engine_command = real


def press_import(folder: Path) -> bool:
    """The file selector is left out: the folder is named."""
    return bool(do("maquette.import_result", directory=str(folder)))
