"""In, watch, and home again: photos are dropped, checked and run; Blender is closed in the middle and opened again."""

from __future__ import annotations

import os
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
from driver import Shot, Until, while_running
from hands import (
    as_panel,
    busy,
    do,
    drop,
    keys,
    middle,
    mouse,
    open_sidebar,
    part,
    press,
    said,
    sidebar,
    view,
)
from shared import FIRST_TIME, PHOTO_COUNT, Chapter


class Arriving(Chapter):
    """From an empty file to a model."""

    def empty(self) -> Iterator[Any]:
        """A new file: the first step is there without scrolling."""
        bpy.data.objects.remove(bpy.data.objects["Cube"])  # as everybody does
        yield from open_sidebar()
        yield 1

    def drop_photos(self) -> Iterator[Any]:
        """Photos are dropped into the view with the mouse; the list shows them."""
        names = sorted(path.name for path in self.photos.iterdir() if path.suffix == ".jpg")
        names = names[:: max(len(names) // PHOTO_COUNT, 1)][:PHOTO_COUNT]
        if os.environ.get("DISPLAY"):
            yield from drop([self.photos / name for name in names])
            yield Shot("menu")
            keys("p")  # of Add Photos to Maquette, underlined there
        else:  # the drag is made for X11; the same call without it
            do("maquette.add_photos", directory=str(self.photos), files=[{"name": name} for name in names])
        yield Until(lambda: len(bpy.context.scene.maquette.photos.rows) == len(names), 5)
        settings = bpy.context.scene.maquette
        settings.quality, settings.output = "draft", str(self.out)
        yield 3

    def import_the_seed(self) -> Iterator[Any]:
        """A finished run's model, where only a few steps are asked for."""
        shutil.copytree(os.environ["MAQUETTE_TOUR_SEED"], self.out)
        do("maquette.add_photo_folder", directory=str(self.photos))
        bpy.context.scene.maquette.output = str(self.out)
        do("maquette.import_result", directory=str(self.out))
        yield from self.model()

    def check_photos(self) -> Iterator[Any]:
        """Before the run: which photos are blurred, alone, or too few."""
        press("maquette.check_photos")
        yield Until(lambda: not busy(), 120)
        yield 1

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

    def region_box(self) -> Iterator[Any]:
        """The cameras alone are found, and a box is drawn around what to keep; the next run hears of it."""
        with as_panel("MAQUETTE_PT_region_masks"):
            yield Shot("before")
            press("maquette.find_cameras")
            yield Until(lambda: not busy(), FIRST_TIME)
            yield 2
            assert part("scene.found").found_in(bpy.context.scene), said()
            yield Shot("cameras")
            press("maquette.fit_box")
            own = bpy.context.scene.maquette.region_masks
            own.box.scale *= 0.9
            with bpy.context.temp_override(**view()):
                bpy.ops.view3d.view_selected()
            yield 1
            words = part("operators.request").request_of(bpy.context).words
            assert "--box" in words and own.use_box
            yield Shot("box")
            own.use_box = False  # the story goes on with the whole shoe

    @while_running
    def save_and_quit(self) -> Iterator[Any]:
        """While the engine works the file is saved, and Blender is closed."""
        assert press("maquette.build_model") == {"RUNNING_MODAL"}
        state = bpy.context.window_manager.maquette
        yield Until(lambda: state.stage == "Measuring depth" or not busy(), FIRST_TIME)
        assert busy(), said()
        (process,) = (run._process for run in part("operators.runner")._live if hasattr(run, "_process"))
        (self.folder / "left.pid").write_text(str(process.pid), encoding="utf-8")
        bpy.ops.wm.save_as_mainfile(filepath=str(self.blend))

    def open_again(self) -> Iterator[Any]:
        """The file as Blender opens it the next day: its engine has ended with Blender, and the panel offers to go on."""
        yield from open_sidebar()
        assert Path(bpy.data.filepath) == self.blend, "the saved file is not open"
        left = int((self.folder / "left.pid").read_text(encoding="utf-8"))
        assert not _is_alive(left), "the engine outlived Blender"
        assert bpy.context.scene.maquette.unfinished.folder == str(self.out)
        assert len(bpy.context.scene.maquette.photos.rows) >= PHOTO_COUNT - 2
        yield 3

    @while_running
    def resume(self) -> Iterator[Any]:
        """It goes on from there; the mesh comes before its texture, then the model."""
        with bpy.context.temp_override(**view()):
            bpy.ops.ed.undo_push(message="before the model")
        if seed := os.environ.get("MAQUETTE_TOUR_SEED"):  # a finished run of the same photos: not all is made again
            shutil.copytree(seed, self.out, dirs_exist_ok=True)
        assert press("maquette.resume") == {"RUNNING_MODAL"}
        state = bpy.context.window_manager.maquette
        yield Until(lambda: state.stage == "Painting the texture" or not busy(), FIRST_TIME)
        yield Shot("texture")
        yield Until(lambda: not busy() and len(state.facts) > 0, FIRST_TIME)
        yield 2
        assert not bpy.context.scene.maquette.unfinished.folder, "it still offers to go on"

    def model(self) -> Iterator[Any]:
        """The model, with its texture, its cameras and what the panel says of it."""
        found = self._model()
        assert len(found.cameras) >= PHOTO_COUNT - 2 and len(found.mesh.data.polygons) > 5000
        assert not part("scene.found").found_in(bpy.context.scene), (
            "the cameras that were found before still stand there"
        )
        space = view()["area"].spaces.active
        space.shading.type, space.shading.color_type, space.shading.light = "SOLID", "TEXTURE", "FLAT"
        self._frame(found.mesh)
        sidebar()
        yield 2
        yield Shot("top")
        yield from self._pages()


def _is_alive(process: int) -> bool:
    try:
        os.kill(process, 0)
    except OSError:
        return False
    return True
