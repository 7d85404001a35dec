"""Photos to a textured mesh: the order of the stages, what each is made from, and what is written at the end."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from .. import guard
from ..datatypes import Dense, Photo, Sparse, TexturedMesh, TriMesh
from ..export.colmap import write_colmap
from ..export.glb import write_glb
from ..export.ply import write_ply
from ..export.preview import write_preview
from ..jobs import ModelJob
from ..kernels.device import Device, open_device
from ..photos import stage as prepare
from ..poses import stage as poses
from ..protocol import Event, ResultEvent
from ..report import RunReport
from ..settings import DeviceChoice
from ..stereo import stage as depth
from ..surface import stage as surface
from ..texture import stage as texture
from ..workspace import Workspace, key_of, written_aside

STAGES = ("prepare", "poses", "depth", "surface", "texture", "export")
VERSION = 1  # raised when a stage's result changes, so that older products are not taken for current


@dataclass(frozen=True, kw_only=True)
class _Made:
    """What a run has made, on its way to the exports."""

    photos: tuple[Photo, ...]
    sparse: Sparse
    dense: Dense
    textured: TexturedMesh
    device: Device


def run(job: ModelJob, emit: Callable[[Event], None] | None = None, stop: threading.Event | None = None) -> ResultEvent:
    """The whole way. A rerun goes on after what is already made; a new setting redoes only what depends on it."""
    guard.check_folder(job.out)
    with guard.exclusive(job.workspace):
        report = RunReport(STAGES, emit, stop)
        workspace = Workspace(job.workspace)
        photos = _prepare(job, report)
        guard.check_space(job.out, photos, job.settings)
        sparse, key = _poses(job, report, workspace, photos)
        device = _device(job, report)
        dense, key = _depth(job, report, workspace, sparse, key)
        mesh, key = _surface(job, report, workspace, dense, sparse, key)
        textured = _texture(job, report, workspace, mesh, sparse, key)
        made = _Made(photos=photos, sparse=sparse, dense=dense, textured=textured, device=device)
        return _export(job, report, workspace, made)


def _prepare(job: ModelJob, report: RunReport) -> tuple[Photo, ...]:
    with report.stage("prepare") as stage:
        return prepare.run(job.photos, job.settings.photos, stage)
