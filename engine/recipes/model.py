"""Photos to a textured mesh: the order of the stages, and what each is made from. `export.py` beside it writes the results."""

from __future__ import annotations

import shutil
import tempfile
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import replace
from pathlib import Path

from .. import guard, storage
from ..datatypes import Dense, Photo, Sparse, TexturedMesh, TriMesh
from ..jobs import ModelJob
from ..kernels.device import Device, warm
from ..photos import background
from ..photos import stage as prepare
from ..poses import stage as poses
from ..protocol import Event, ResultEvent
from ..report import Report, RunReport
from ..settings import DeviceChoice, Turntable, Until
from ..stereo import stage as depth
from ..surface import stage as surface
from ..texture import stage as texture
from ..workspace import PART_SUFFIX, Workspace, key_of, written_aside
from . import export
from .scale import scaled

STAGES = ("prepare", "poses", "depth", "surface", "texture", "export")
STILL = "still"  # the masks of a turntable's background, in the workspace
_ANY = Turntable.AUTO  # what the switch did is in the masks: flipping one that changes nothing redoes nothing
VERSION = 3  # raised when a stage's result changes, so that older products are not taken for current


def run(job: ModelJob, emit: Callable[[Event], None] | None = None, stop: threading.Event | None = None) -> ResultEvent:
    """The whole way. A rerun goes on after what is already made; a new setting redoes only what depends on it."""
    guard.check_folder(job.out)
    with guard.exclusive(job.workspace):
        report = RunReport(_stages(job), emit, stop)
        report.watched = job.watched
        workspace = Workspace(job.workspace)
        with report.stage("prepare") as stage:
            photos = prepare.run(job.photos, job.settings.photos, stage)
            guard.check_space(job.out, photos, job.settings)
            photos = _without_background(job, stage, workspace, photos)
        key = key_of(VERSION, [_fingerprint(photo) for photo in photos], replace(job.settings.photos, turntable=_ANY))
        with ThreadPoolExecutor(
            1
        ) as beside:  # compiling kernels needs a second or two, and the poses need none of them
            opening = beside.submit(warm, job.settings.device)
            sparse, key = _poses(job, report, workspace, photos, key)
            sparse, key, size = scaled(job.settings.scale, report, workspace, photos, sparse, key)
            device = _opened(opening.result(), job, report)
        if job.until is Until.POSES:
            return export.so_far(job, report, workspace, photos, sparse)
        dense, key = _depth(job, report, workspace, sparse, key)
        if job.until is Until.DEPTH:
            return export.so_far(job, report, workspace, photos, sparse, "cloud")
        mesh, key = _surface(job, report, workspace, dense, sparse, key)
        if job.until is Until.SURFACE:
            return export.so_far(job, report, workspace, photos, sparse, "cloud", "mesh")
        textured = _texture(job, report, workspace, mesh, sparse, key)
        dense = replace(dense, cloud=surface.kept(dense.cloud, sparse, job.settings.surface))
        made = export.Made(
            photos=photos, sparse=sparse, dense=dense, textured=textured, device=device.choice.value, scale=size
        )
        return export.run(job, report, workspace, made)


def _stages(job: ModelJob) -> tuple[str, ...]:
    """The stages that a run goes through; what is written out last belongs to each."""
    last = STAGES.index("texture" if job.until is Until.END else job.until.value)
    sizing = () if job.settings.scale.marker_size is None else ("scale",)
    return (*STAGES[:2], *sizing, *STAGES[2 : last + 1], STAGES[-1])


def _without_background(
    job: ModelJob, report: Report, workspace: Workspace, photos: tuple[Photo, ...]
) -> tuple[Photo, ...]:
    """Masks for the photos of a turntable, into the workspace; other photos stay as they are."""
    choice = job.settings.photos.turntable
    if not background.wanted(photos, choice):
        return photos
    folder = workspace.folder / STILL
    key = key_of(VERSION, [_fingerprint(photo) for photo in photos], choice)
    if workspace.has(STILL, key):
        files = workspace.load_names(STILL)
        if all((folder / file).is_file() for file in files.values()):
            return background.with_masks(photos, files, folder, choice, report)
    with written_aside(folder) as part:
        part.mkdir()
        files = background.find_masks(photos, choice, part, report)
    workspace.save_names(STILL, key, files)
    return background.with_masks(photos, files, folder, choice, report)


def _fingerprint(photo: Photo) -> tuple[object, ...]:
    """What a photo contributes to everything after it; where it lies does not matter, what its mask holds does."""
    mask = photo.mask.read_bytes() if photo.mask is not None and photo.mask != photo.path else None
    size = (photo.working_width, photo.working_height)
    return (
        photo.name,
        photo.content_hash,
        size,
        photo.focal_px,
        photo.camera_key,
        photo.mask is not None,
        key_of(mask),
    )


@contextmanager
def _scratch(workspace: Workspace) -> Iterator[Path]:
    """A folder for a stage's own files; what a killed run leaves of it is removed by the next."""
    folder = Path(tempfile.mkdtemp(suffix=PART_SUFFIX, dir=workspace.folder))
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _poses(
    job: ModelJob, report: RunReport, workspace: Workspace, photos: tuple[Photo, ...], key: str
) -> tuple[Sparse, str]:
    still = workspace.folder / STILL
    turned = any(photo.mask is not None and photo.mask.parent == still for photo in photos)
    settings = replace(job.settings.poses, turned=turned)
    key = key_of(key, settings)
    product = "solved" if workspace.has("solved", key) else "sparse"  # where the scale stage made metres of it
    done = workspace.has(product, key)
    with report.stage("poses", skipped=done) as stage:
        if done:
            sparse = workspace.load_sparse(photos, product)
        else:
            with _scratch(workspace) as scratch:
                sparse = poses.run(photos, settings, stage, scratch)
            workspace.save_sparse(key, sparse)
        if job.settings.scale.marker_size is None:  # else the scale stage shows them, in metres
            stage.preview("sparse", workspace.path(product))
    return sparse, key


def _opened(device: Device, job: ModelJob, report: RunReport) -> Device:
    """Says so where the user might have expected another device."""
    if device.note and job.settings.device is DeviceChoice.AUTO and not device.is_gpu:
        report.note("device_cpu", "No usable graphics card was found, so the processor does the work.")
        print(f"devices tried: {device.note}", flush=True)  # into the worker's log
    return device


def _depth(job: ModelJob, report: RunReport, workspace: Workspace, sparse: Sparse, key: str) -> tuple[Dense, str]:
    key = key_of(key, job.settings.depth)
    folder = workspace.folder / f"depth-{key[:12]}"
    maps = storage.DepthMaps.of(sparse, job.settings.depth.max_side, folder)
    done = workspace.has("cloud", key) and maps.complete()
    with report.stage("depth", skipped=done) as stage:
        if done:
            return Dense(maps=maps, cloud=workspace.load_cloud()), key
        for old in workspace.folder.glob("depth-*"):
            shutil.rmtree(old, ignore_errors=True)
        folder.mkdir()
        dense = depth.run(sparse, job.settings.depth, stage, folder)
        workspace.save_cloud(key, dense.cloud)
        return dense, key


def _surface(
    job: ModelJob, report: RunReport, workspace: Workspace, dense: Dense, sparse: Sparse, key: str
) -> tuple[TriMesh, str]:
    key = key_of(key, job.settings.surface)
    done = workspace.has("mesh", key)
    with report.stage("surface", skipped=done) as stage:
        if done:
            stage.preview("mesh", workspace.path("mesh"))
            return workspace.load_mesh(), key
        with _scratch(workspace) as scratch:
            mesh = surface.run(dense.cloud, dense.maps, sparse, job.settings.surface, stage, scratch)
        workspace.save_mesh(key, mesh)
        stage.preview("mesh", workspace.path("mesh"))
        return mesh, key


def _texture(
    job: ModelJob, report: RunReport, workspace: Workspace, mesh: TriMesh, sparse: Sparse, key: str
) -> TexturedMesh:
    key = key_of(key, job.settings.texture)
    done = workspace.has("textured", key)
    with report.stage("texture", skipped=done) as stage:
        if done:
            return workspace.load_textured()
        textured: TexturedMesh = texture.run(mesh, sparse, job.settings.texture, stage)
        workspace.save_textured(key, textured)
        return textured
