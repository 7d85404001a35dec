"""Write a picture that shows a photo, the model from the same camera, and their difference."""

from __future__ import annotations

from pathlib import Path

import bpy
from bpy.props import StringProperty
from bpy.types import Context, Operator

from ..scene import compare, viewing
from ..scene.model import ModelError, active_model
from . import progress


class MAQUETTE_OT_compare_photo(Operator):
    """Write a picture: the photo, the model from the same camera, and where they differ. It opens in an image editor's list"""

    bl_idname = "maquette.compare_photo"
    bl_label = "Write Comparison"
    bl_options = {"UNDO"}

    camera: StringProperty(name="Camera", description="Its name; empty: the one that is looked through")
    filepath: StringProperty(
        name="File", description="Where it goes; empty: the folder compare of the model's results", subtype="FILE_PATH"
    )

    def execute(self, context: Context) -> set[str]:
        try:
            model = active_model(context)
            camera = viewing.named(context, self.camera, ghosts=False)
            found = compare.compare(model, camera, Path(bpy.app.tempdir))
            path = Path(bpy.path.abspath(self.filepath)) if self.filepath else _default(model.folder, camera.name)
            compare.write(found, path)
        except (ModelError, OSError, RuntimeError) as error:  # Blender's own operators raise RuntimeError
            self.report({"ERROR"}, str(error))
            return {"CANCELLED"}
        bpy.data.images.load(str(path), check_existing=True).reload()
        sentence = f"{camera.name}: photo and model differ by {found.difference:.0%} on average. {path}"
        progress.tell(context, "INFO", sentence)
        self.report({"INFO"}, sentence)
        return {"FINISHED"}


def _default(folder: Path, name: str) -> Path:
    return folder / "compare" / f"{bpy.path.clean_name(name)}.png"
