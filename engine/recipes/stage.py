"""One photo to a relief and a stage: the order of the stages, and what each is made from. `stage_files.py` writes the results."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from functools import partial

from .. import guard
from ..datatypes import F64, Photo
from ..errors import EngineError
from ..jobs import StageJob
from ..protocol import Event, PreviewEvent, ResultEvent
from ..relief import stage as relief
from ..relief.ground import Ground, camera_of, ground
from ..report import Report, RunReport
from ..settings import DeviceChoice
from ..single import MonoDepth, Staged, UvMesh
from ..single_storage import STAGE_FILE, read_stage, write_stage
from ..workspace import Workspace, key_of
from . import stage_files, stage_layer_files
from .mono import Guesses, read_photos, single
from .stage_layers import Shown, shown

STAGES = ("prepare", "mono", "relief", "layers", "film", "export")
VERSION = 1  # raised when a stage's result changes, so that older products are not taken for current
PARTS = "parts"  # what each part of the workspace's stage.npz was made from


def run(job: StageJob, emit: Callable[[Event], None] | None = None, stop: threading.Event | None = None) -> ResultEvent:
    """The whole way. A rerun goes on after what is already made; a new setting redoes only what depends on it."""
    guard.check_folder(job.out)
    with guard.exclusive(job.workspace):
        report = RunReport(STAGES, emit, stop)
        report.watched = job.watched
        workspace = Workspace(job.workspace)
        with report.stage("prepare") as stage:
            photo = _the_photo(job, stage)
        earlier = Earlier.of(workspace, photo)
        mono, key = _mono(job, report, earlier, photo)
        found = ground(mono)
        camera = camera_of(mono, found)
        surface, relief_key = _relief(job, report, earlier, mono, camera, key)
        sheet = Staged(mono=mono, cam_from_world=camera, relief=surface, **vars(Shown()))
        early = partial(_show_early, job, report, workspace, sheet, {"mono": key, "relief": relief_key})
        beside, layers_key = _layers(job, report, earlier, mono, camera, found, key, early)
        staged = Staged(mono=mono, cam_from_world=camera, relief=surface, **vars(beside))
        keys = {"mono": key, "relief": relief_key, "layers": layers_key}
        if keys != earlier.keys:
            workspace.save("stage", key_of(keys), STAGE_FILE, lambda path: write_stage(path, staged))
            workspace.save_names(PARTS, key_of(keys), keys)
        films = stage_layer_files.film(staged, job.settings.move, layers_key, job.out, workspace, report)
        return stage_files.run(job, report, workspace, staged, films)


@dataclass(frozen=True, kw_only=True)
class Earlier:
    """The last run's stage, and what each of its parts was made from."""

    keys: dict[str, str] = field(default_factory=dict)
    staged: Staged | None = None

    @staticmethod
    def of(workspace: Workspace, photo: Photo) -> Earlier:
        """Nothing, where there is none or it is damaged."""
        try:
            keys = workspace.load_names(PARTS)
            if not workspace.has("stage", key_of(keys)):
                return Earlier()
            staged = read_stage(workspace.path("stage"))
        except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile):
            return Earlier()
        # the photo may lie elsewhere by now
        return Earlier(keys=keys, staged=replace(staged, mono=replace(staged.mono, photo=photo)))

    def get(self, part: str, key: str) -> Staged | None:
        """The stage, if that part of it was made from `key`."""
        return self.staged if self.keys.get(part) == key else None


def _show_early(job: StageJob, report: RunReport, workspace: Workspace, sheet: Staged, keys: dict[str, str]) -> None:
    """The relief alone: kept for a rerun, and to be seen while all else is made, which takes longer."""
    workspace.save("stage", key_of(keys), STAGE_FILE, lambda path: write_stage(path, sheet))
    workspace.save_names(PARTS, key_of(keys), keys)
    if job.watched:
        stage_files.shown_rightly(job, sheet.mono.photo)
        report.emit(PreviewEvent(what="stage", path=str(workspace.path("stage"))))


def _the_photo(job: StageJob, report: Report) -> Photo:
    photos = read_photos([job.photo], job.settings.mono, report)
    if len(photos) > 1:
        raise EngineError(
            "several_photos",
            f"{job.photo.name} holds {len(photos)} photos, and a stage is made of one.",
            file=job.photo,
            advice="Name the one photo. Several photos of one subject make a model instead.",
        )
    return photos[0]


def _mono(job: StageJob, report: RunReport, earlier: Earlier, photo: Photo) -> tuple[MonoDepth, str]:
    settings = job.settings.mono
    guesses = Guesses(job.workspace / "guesses", settings)
    made_by = replace(settings, weights=None, device=DeviceChoice.AUTO)  # the guess's key holds the weights
    key = key_of(VERSION, guesses.key(photo), made_by, photo.mask is not None)
    done = earlier.get("mono", key)
    with report.stage("mono", skipped=done is not None) as stage:
        mono = done.mono if done is not None else single(photo, settings, stage, guesses)
        guesses.tidy()
        height, width = mono.inverse_depth.shape
        stage.count("provider", mono.provider)
        stage.count("size", [width, height])
        stage.count("sky", round(float(mono.sky.mean()), 4))
    return mono, key


def _relief(
    job: StageJob, report: RunReport, earlier: Earlier, mono: MonoDepth, camera: F64, key: str
) -> tuple[UvMesh, str]:
    key = key_of(VERSION, key, camera, job.settings.relief)
    done = earlier.get("relief", key)
    with report.stage("relief", skipped=done is not None) as stage:
        surface = done.relief if done is not None else relief.relief(mono, job.settings.relief, stage, camera)
        stage.count("faces", len(surface.mesh.faces))
        return surface, key


def _layers(
    job: StageJob,
    report: RunReport,
    earlier: Earlier,
    mono: MonoDepth,
    camera: F64,
    found: Ground | None,
    key: str,
    early: Callable[[], None],
) -> tuple[Shown, str]:
    """Layers with what was hidden, how far a camera may move over them, the ground and the sun. `early`: what is done first."""
    key = key_of(VERSION, key, camera, job.settings.layers)
    done = earlier.get("layers", key)
    with report.stage("layers", skipped=done is not None) as stage:
        if done is not None:
            return Shown(**{name: getattr(done, name) for name in Shown.__dataclass_fields__}), key
        early()
        return shown(mono, camera, found, job.settings, stage), key
