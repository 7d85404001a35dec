"""One photo: dropped into a new file, it becomes a stage; it is moved past, focused, fogged, cut out, and something new is put into it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import bpy
from driver import Shot, Until, while_running
from hands import as_panel, busy, do, drop, keys, mouse, open_sidebar, part, press, said, screen_of, sidebar, view
from mathutils import Euler, Matrix, Vector
from shared import Chapter

PHOTO = "shoe_05.jpg"
A_MINUTE = 120  # a photo's stage takes seconds; a crowded machine more
SHADERS = 45  # seconds for Material Preview's shaders, made once, without a graphics card
ON_SUBJECT, ON_GROUND = (0.40, 0.58), (0.76, 0.80)  # of the photo's width and height: the shoe, the floor before it


class Filming(Chapter):
    """Everything is done on the photo of the sample, or on that of MAQUETTE_TOUR_PHOTO."""

    def new_file(self) -> Iterator[Any]:
        """An empty file, as Blender opens with: cube and all. The second first step is there."""
        yield from open_sidebar()
        yield 1

    @while_running
    def drop_one_photo(self) -> Iterator[Any]:
        """One photo is dropped into the view, and its stage is built: the relief first, the layers when they are made."""
        own = bpy.context.scene.maquette
        own.output = str(self.folder / "stages")
        photo = Path(os.environ.get("MAQUETTE_TOUR_PHOTO", self.photos / PHOTO))
        if os.environ.get("DISPLAY"):
            yield from drop([photo])
            yield Shot("menu")
            keys("s")  # of Stage from This Photo, underlined there
        else:
            press("maquette.stage_photo", directory=str(photo.parent), files=[{"name": photo.name}])
        yield Until(busy, 10)
        yield Until(lambda: part("scene.stage.find").has_stage(bpy.context) or not busy(), A_MINUTE)
        yield 1
        yield Shot("relief-is-there")
        yield Until(lambda: not busy(), A_MINUTE)
        yield 2
        assert part("scene.stage.find").has_stage(bpy.context), said()
        assert self._stage().layers, said()

    def through_its_camera(self) -> Iterator[Any]:
        """The view looks through the matched camera: what shows is the photo."""
        assert view()["area"].spaces.active.region_3d.view_perspective == "CAMERA"
        assert bpy.context.scene.camera == self._stage().camera
        sidebar()
        yield 1

    def hide_the_cube(self) -> Iterator[Any]:
        """The new file's cube stands around the camera: the panel has a button for that."""
        cube = bpy.data.objects["Cube"]
        assert any(line.code == "stands_inside" for line in bpy.context.window_manager.maquette.messages), said()
        assert press("maquette.hide_around") == {"FINISHED"}
        yield 1
        assert cube.hide_render and view()["area"].spaces.active.local_view is None

    def from_the_side(self) -> Iterator[Any]:
        """The relief, then the layers, as they stand in the scene."""
        own = bpy.context.scene.maquette.stage
        own.shown = "RELIEF"
        self._beside()
        yield 2
        yield Shot("relief")
        own.shown = "LAYERS"
        yield 2
        yield Shot("layers")
        own.invented = True
        yield 1
        yield Shot("invented")
        own.invented = False

    def move_the_camera(self) -> Iterator[Any]:
        """An orbit as far as is safe: its ends show no hole."""
        tools = bpy.context.scene.maquette.stage_tools
        with as_panel("MAQUETTE_PT_stage_move"):
            tools.move, tools.amplitude, tools.loop = "orbit", 1.0, True
            assert press("maquette.stage_move") == {"FINISHED"}
            scene = bpy.context.scene
            assert self._stage().moving == scene.camera
            for share in (0.25, 0.75):
                scene.frame_set(round(scene.frame_start + share * (scene.frame_end - scene.frame_start)))
                yield 1
                yield Shot(f"at-{share:.0%}".replace("%", ""))
        do("maquette.stage_rest")
        scene.frame_set(scene.frame_start)

    def focus(self) -> Iterator[Any]:
        """A click says what is sharp; an empty stands there."""
        with as_panel("MAQUETTE_PT_stage_focus"):
            press("maquette.stage_focus")
            yield from self._click_photo(ON_SUBJECT, Shot("aim"))
            place = part("scene.stage.focus").focus_of(self._stage())
            assert place is not None, said()
            dof = self._stage().camera.data.dof
            assert dof.use_dof and dof.focus_object == place

    def fog(self) -> Iterator[Any]:
        """Fog by depth, seen while one works."""
        space = view()["area"].spaces.active
        with as_panel("MAQUETTE_PT_stage_fog"):
            press("maquette.stage_fog")
            space.shading.type = "MATERIAL"
            yield SHADERS
            yield Shot("material-preview")
        space.shading.type = "SOLID"
        do("maquette.stage_clear_fog")

    @while_running
    def subject(self) -> Iterator[Any]:
        """The subject by a click; Enter ends the picking. It is a mask and a vertex group."""
        with as_panel("MAQUETTE_PT_stage_subject"):
            press("maquette.stage_pick_subject")
            yield from self._click_photo(ON_SUBJECT, Shot("aim"))
            yield Until(lambda: not busy(), 60)
            yield 1
            keys("Return")
            yield 1.5
            stage = self._stage()
            image = part("scene.stage.subject").mask_of(stage)
            assert image is not None, said()
            assert "Subject" in stage.relief.vertex_groups
            yield from self._shown(image, "mask")

    def an_object_with_its_shadow(self) -> Iterator[Any]:
        """Something new stands on the floor by a click, and throws a shadow on the photo. Rendered small, in Cycles."""
        tools = bpy.context.scene.maquette.stage_tools
        with as_panel("MAQUETTE_PT_stage_light"):
            tools.what, tools.size = "MONKEY", 0.25
            press("maquette.stage_add")
            yield from self._click_photo(ON_GROUND, Shot("aim"))
            assert press("maquette.stage_light") == {"FINISHED"}
            yield 1
        self._render_small()
        with bpy.context.temp_override(**view()):
            bpy.ops.render.render()
        result = bpy.data.images["Render Result"]
        result.save_render(str(self.folder / "object-rendered.png"))

    def leaves_blender(self) -> Iterator[Any]:
        """A GLB, and a layered EXR in Blender's render window: one can work on meanwhile, and the scene that it takes is gone after."""
        self._render_small()
        assert do("maquette.stage_glb") == {"FINISHED"}, said()
        scenes = len(bpy.data.scenes)
        assert press("maquette.stage_exr") == {"FINISHED"}, said()
        yield 1
        yield Until(lambda: not bpy.app.is_job_running("RENDER") and len(bpy.data.scenes) == scenes, A_MINUTE)
        for ending in (".glb", ".exr"):
            assert list((self.folder / "stages").rglob(f"*{ending}")), f"no {ending} was written"
        assert any(line.text.startswith("Written") for line in bpy.context.window_manager.maquette.messages), said()

    def _render_small(self) -> None:
        """As a machine without a graphics card renders in a moment."""
        scene = bpy.context.scene
        scene.render.engine, scene.render.resolution_percentage = "CYCLES", 30
        scene.cycles.samples, scene.cycles.use_denoising = 16, False

    def _stage(self) -> Any:
        return part("scene.stage.find").active_stage(bpy.context)

    def _beside(self) -> None:
        """Away from the camera's own place, thirty degrees around what the photo shows."""
        stage = self._stage()
        region = view()["area"].spaces.active.region_3d
        region.view_perspective = "PERSP"
        self._select(stage.relief)
        camera = stage.camera.matrix_world
        middle = camera @ Vector((0, 0, -bpy.context.scene.maquette.stage.reach))
        turned = Matrix.Rotation(0.6, 4, "Z") @ Euler((-0.2, 0, 0)).to_matrix().to_4x4()
        region.view_rotation = (turned @ camera.to_quaternion().to_matrix().to_4x4()).to_quaternion()
        region.view_location = middle
        region.view_distance = 1.5 * (middle - camera.translation).length

    def _click_photo(self, share: tuple[float, float], shot: Shot) -> Iterator[Any]:
        """On a place of the photo, as the view shows it through the camera."""
        yield 0.5
        stage = self._stage()
        width, height = part("scene.stage.camera").photo_size(stage)
        origin, direction = part("scene.stage.rays").ray_of(stage, (share[0] * width, share[1] * height))
        where = screen_of(origin + 2 * direction)
        mouse(*where)
        yield 0.7
        yield shot
        mouse(*where, "click", "1")
        yield 1.2

    def _shown(self, image: bpy.types.Image, name: str) -> Iterator[Any]:
        """A picture in the place of the 3D view, for a moment."""
        area = view()["area"]
        area.type = "IMAGE_EDITOR"
        area.spaces.active.image = image
        yield 1
        yield Shot(name)
        area.type = "VIEW_3D"
        yield 1
