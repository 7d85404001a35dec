"""From verified matches to cameras and points: COLMAP's incremental mapper, its global one as the second string."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path
from typing import TypeVar

import pycolmap

from ..errors import Cancelled
from ..report import Report, Step
from ..settings import PoseSettings

Out = TypeVar("Out")
POLL_SECONDS = 0.1
GRACE_SECONDS = 1.0  # for a call that was asked to stop


def quiet() -> None:
    """COLMAP writes its diary to stderr; only what kills it is worth a line there."""
    pycolmap.logging.minloglevel = int(pycolmap.logging.Level.FATAL)


def interruptible(report: Report, work: Callable[[pycolmap.CancellationToken], Out]) -> Out:
    """Runs a long call of COLMAP's in a thread, so that a cancel is heard within a moment.

    A call that does not heed its token is left behind in a daemon thread: the worker process ends soon after.
    """
    token = pycolmap.CancellationToken()
    results: list[Out] = []
    errors: list[BaseException] = []

    def body() -> None:
        try:
            results.append(work(token))
        except BaseException as error:  # handed to the caller's thread below
            errors.append(error)

    thread = threading.Thread(target=body, daemon=True)
    thread.start()
    while thread.is_alive():
        thread.join(POLL_SECONDS)
        if report.stopped.is_set():
            token.cancel()
            thread.join(GRACE_SECONDS)
            raise Cancelled()
    if errors:
        raise errors[0]
    return results[0]


def incremental(
    database: Path, scratch: Path, settings: PoseSettings, step: Step, *, loose: bool = False
) -> list[pycolmap.Reconstruction]:
    """All models that grow from the matches, the largest first. Heeds a cancel between photos."""
    out = _fresh(scratch / "incremental")
    options = incremental_options(settings, loose)

    def told() -> None:
        with suppress(Cancelled):  # must not fly through COLMAP: `interruptible` raises it
            step.advance()

    models = interruptible(
        step.report,
        lambda token: pycolmap.incremental_mapping(
            database, scratch, out, options, next_image_callback=told, cancellation_token=token
        ),
    )
    return _largest_first(models)


def incremental_options(settings: PoseSettings, loose: bool) -> pycolmap.IncrementalPipelineOptions:
    options = pycolmap.IncrementalPipelineOptions()
    options.random_seed = settings.seed
    options.mapper.random_seed = settings.seed
    options.triangulation.random_seed = settings.seed
    options.extract_colors = False
    options.min_model_size = 3
    options.max_num_models = 5
    # Placing a photo by matches between pictures alone, without points, costs minutes and puts it in wrong places.
    options.structure_less_registration_fallback = False
    # A final adjustment to convergence follows, so the ones on the way may be fewer and coarser.
    options.ba_global_frames_ratio = 1.3
    options.ba_global_points_ratio = 1.3
    options.ba_global_max_refinements = 2
    options.ba_local_max_refinements = 1
    options.ba_global_function_tolerance = 1e-6
    if loose:
        options.mapper.abs_pose_min_num_inliers = 15
        options.mapper.abs_pose_min_inlier_ratio = 0.15
        options.mapper.init_min_tri_angle = 4.0
        options.mapper.init_min_num_inliers = 40
        options.mapper.max_reg_trials = 5
    return options


def global_mapper(
    database: Path, scratch: Path, settings: PoseSettings, report: Report
) -> list[pycolmap.Reconstruction]:
    """All models at once from the graph of relative poses, the largest first. Cannot be interrupted."""
    out = _fresh(scratch / "global")
    own = scratch / "global.db"  # it writes relative poses into its database
    shutil.copyfile(database, own)
    options = pycolmap.GlobalPipelineOptions()
    options.random_seed = settings.seed
    options.mapper.random_seed = settings.seed
    options.mapper.rotation_averaging.random_seed = settings.seed
    options.mapper.global_positioning.random_seed = settings.seed
    models = interruptible(report, lambda token: pycolmap.global_mapping(own, scratch, out, options))
    return _largest_first(models)


def _largest_first(models: dict[int, pycolmap.Reconstruction]) -> list[pycolmap.Reconstruction]:
    return sorted(models.values(), key=lambda m: (-m.num_reg_images(), -m.num_points3D()))


def _fresh(folder: Path) -> Path:
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    return folder
