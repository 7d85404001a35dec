"""The last word on the cameras: the lens gets its second distortion term, everything is adjusted together, outliers go."""

from __future__ import annotations

import pycolmap

from ..report import Step
from .mapping import interruptible

MAX_ERROR = 3.0  # solver's pixels
MIN_ANGLE = 1.0  # degrees: a point seen under less has no depth
MIN_OBSERVATIONS = 20  # a photo that shows fewer of the points is not placed
FREE_LENS_PHOTOS = 6  # a lens with fewer photos keeps one distortion term
FREE_LENS_OBSERVATIONS = 2000


def refine(model: pycolmap.Reconstruction, step: Step) -> None:
    """Adjusts, drops outliers and photos that hang by a thread, adjusts again."""
    free_lenses(model)
    for _ in range(2):
        adjust(model, step)
        pycolmap.ObservationManager(model).filter_all_points3D(MAX_ERROR, MIN_ANGLE)
        step.advance()
    if drop_loose_photos(model):
        adjust(model, step)
    model.update_point_3d_errors()


def drop_loose_photos(model: pycolmap.Reconstruction) -> int:
    """Takes away photos that too few points hold: a wrong place is worse than none. The count of those taken."""
    dropped = 0
    while True:
        manager = pycolmap.ObservationManager(model)
        loose = [i for i in model.reg_image_ids() if model.images[i].num_points3D < MIN_OBSERVATIONS]
        if not loose or model.num_reg_images() - len(loose) < 3:
            return dropped
        for image_id in loose:
            manager.deregister_frame(model.images[image_id].frame_id)
        dropped += len(loose)
        manager.filter_all_points3D(MAX_ERROR, MIN_ANGLE)


def free_lenses(model: pycolmap.Reconstruction) -> None:
    """SIMPLE_RADIAL becomes RADIAL where enough photos share the lens to tell its second term from noise."""
    photos: dict[int, int] = {}
    seen: dict[int, int] = {}
    for image_id in model.reg_image_ids():
        image = model.images[image_id]
        photos[image.camera_id] = photos.get(image.camera_id, 0) + 1
        seen[image.camera_id] = seen.get(image.camera_id, 0) + image.num_points3D
    for number, count in photos.items():
        camera = model.cameras[number]
        simple = camera.model == pycolmap.CameraModelId.SIMPLE_RADIAL
        if simple and count >= FREE_LENS_PHOTOS and seen[number] >= FREE_LENS_OBSERVATIONS:
            params = [*camera.params, 0.0]
            camera.model = pycolmap.CameraModelId.RADIAL
            camera.params = params


def adjust(model: pycolmap.Reconstruction, step: Step) -> None:
    """A bundle adjustment of everything but the principal points.

    (COLMAP prints two lines to stderr here, come what may. Its adjuster object would not, but it holds the interpreter's
    lock while it works, so that no cancel would be heard.)
    """
    options = pycolmap.BundleAdjustmentOptions()
    options.refine_principal_point = False
    options.print_summary = False
    options.ceres.loss_function_type = pycolmap.LossFunctionType.CAUCHY
    options.ceres.solver_options.function_tolerance = 1e-6
    options.ceres.solver_options.max_num_iterations = 50
    interruptible(step.report, lambda token: pycolmap.bundle_adjustment(model, options, cancellation_token=token))
