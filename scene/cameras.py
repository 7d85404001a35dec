"""One Blender camera per photo: place, lens, shift, and the photo as its background."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Camera as BlenderCamera
from bpy.types import Image, Object, Scene
from mathutils import Matrix

from ..engine.coverage.residuals import Fit, fits
from ..engine.datatypes import Camera, PosedPhoto, Sparse
from .axes import Lens, lens_of, world_from_camera

PHOTO = "maquette_photo"  # on the camera's data: the name by which the engine knows its photo
LENS, LENS_PARAMS = "maquette_lens", "maquette_lens_params"  # on the data: how the photo's own lens bends lines
GHOST = "maquette_ghost"  # on the camera's data: its rank, where it stands for a photo that is still to be taken
ERROR, POINTS, DOUBTFUL = "maquette_error_px", "maquette_points", "maquette_doubtful"  # how well a photo's camera fits
PHOTO_SIZE, PIXEL_ASPECT = "maquette_photo_size", "maquette_pixel_aspect"  # what rendering through a camera needs


def make_cameras(sparse: Sparse, pictures: dict[str, Path]) -> Iterator[Object]:
    """The cameras of all posed photos, unlinked, one by one: there may be a thousand."""
    distance = typical_distance(sparse)
    for posed, fit in zip(sparse.posed, fits(sparse), strict=True):
        made = _make_camera(posed, sparse.cameras[posed.camera_id], pictures.get(posed.photo.name), distance)
        note_fit(made, fit)
        yield made


def note_fit(camera_object: Object, fit: Fit) -> None:
    """How well it fits, kept with the camera."""
    data = camera_object.data
    data[ERROR], data[POINTS], data[DOUBTFUL] = fit.error_px, fit.points, fit.doubtful


def _make_camera(posed: PosedPhoto, camera: Camera, picture: Path | None, distance: float) -> Object:
    name = Path(posed.photo.name).stem
    data = bpy.data.cameras.new(name)
    set_lens(data, lens_of(camera))
    data[PHOTO] = posed.photo.name
    data[LENS], data[LENS_PARAMS] = camera.model.value, list(camera.params)
    data.display_size = distance * 0.08
    data.clip_start, data.clip_end = distance * 0.01, max(distance * 100, data.clip_end)
    if picture is not None:
        show_behind(data, bpy.data.images.load(str(picture), check_existing=True))
    camera_object = bpy.data.objects.new(name, data)
    camera_object.matrix_world = Matrix(world_from_camera(posed.cam_from_world).tolist())
    return camera_object


def show_behind(data: BlenderCamera, picture: Image) -> None:
    """The picture behind all that one sees through the camera."""
    background = data.background_images.new()
    background.image = picture
    background.alpha = 1.0
    background.display_depth = "BACK"
    background.frame_method = "STRETCH"  # the photo fills the frame exactly, also where pixels are not square
    data.show_background_images = True


def picture_of(camera_object: Object) -> Image | None:
    """What `show_behind` put there; None where the photo could not be shown."""
    backgrounds = camera_object.data.background_images
    return backgrounds[0].image if len(backgrounds) else None


def set_lens(data: BlenderCamera, lens: Lens) -> None:
    """The optics; the photo's size is kept beside them for `match_render`."""
    data.type = "PERSP"
    data.sensor_fit = lens.sensor_fit
    data.sensor_width, data.sensor_height = lens.sensor_width, lens.sensor_height
    data.lens = lens.lens
    data.shift_x, data.shift_y = lens.shift_x, lens.shift_y
    data[PHOTO_SIZE] = [lens.width, lens.height]
    data[PIXEL_ASPECT] = [lens.aspect_x, lens.aspect_y]


def is_ours(camera_object: Object | None) -> bool:
    """Whether Maquette made this camera."""
    return camera_object is not None and camera_object.type == "CAMERA" and PHOTO_SIZE in camera_object.data


def is_photo(camera_object: Object | None) -> bool:
    """Whether it stands where a photo was taken."""
    return is_ours(camera_object) and not is_ghost(camera_object)


def is_ghost(camera_object: Object | None) -> bool:
    """Whether it stands for a photo that is still to be taken."""
    return is_ours(camera_object) and GHOST in camera_object.data


def match_render(scene: Scene, camera_object: Object) -> None:
    """Makes the scene render through this camera in its photo's size, so that picture and photo coincide."""
    scene.camera = camera_object
    render = scene.render
    render.resolution_x, render.resolution_y = camera_object.data[PHOTO_SIZE]
    render.pixel_aspect_x, render.pixel_aspect_y = camera_object.data[PIXEL_ASPECT]


def typical_distance(sparse: Sparse) -> float:
    """How far the cameras typically are from what they look at: the scene's scale for what is drawn."""
    if not sparse.posed or not len(sparse.points_in_world):
        return 1.0
    poses = np.stack([posed.cam_from_world for posed in sparse.posed])
    centres = -np.einsum("nji,nj->ni", poses[:, :, :3], poses[:, :, 3])
    return float(np.median(np.linalg.norm(centres - np.median(sparse.points_in_world, axis=0), axis=1))) or 1.0
