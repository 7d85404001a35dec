"""A view through a photo's camera with the photo before the model, for a while."""

from __future__ import annotations

from bpy.types import Context, Object

from ..scene.cameras import match_render


class PhotoView:
    """Looks through the camera; `restore` gives back the view and the scene's camera as they were."""

    def __init__(self, context: Context, camera: Object) -> None:
        self._view = context.space_data.region_3d
        scene = context.scene
        render = scene.render
        self._scene, self._camera, self._name = scene, scene.camera, camera.name
        self._render = {
            name: getattr(render, name) for name in ("resolution_x", "resolution_y", "pixel_aspect_x", "pixel_aspect_y")
        }
        view = self._view
        self._was = view.view_perspective, view.view_location.copy(), view.view_rotation.copy(), view.view_distance
        self._depths = [(picture, picture.display_depth) for picture in camera.data.background_images]
        match_render(scene, camera)
        view.view_perspective = "CAMERA"
        for picture, _ in self._depths:
            picture.display_depth = "FRONT"

    def restore(self) -> None:
        """May come after an undo, when what it knew is gone."""
        try:
            for picture, depth in self._depths:
                picture.display_depth = depth
            self._scene.camera = self._camera
            for name, value in self._render.items():
                setattr(self._scene.render, name, value)
            perspective, place, turn, distance = self._was
            if perspective != "CAMERA":
                self._view.view_perspective = perspective
                self._view.view_location, self._view.view_rotation, self._view.view_distance = place, turn, distance
        except ReferenceError:
            return
