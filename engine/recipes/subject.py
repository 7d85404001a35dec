"""Clicks on a stage's photo ─► a mask of its subject: OUT/masks/NAME.png."""

from __future__ import annotations

import threading
import zipfile
from collections.abc import Callable

import cv2
import numpy as np

from .. import guard
from ..datatypes import F32
from ..errors import EngineError
from ..images import load_photo
from ..jobs import SubjectJob
from ..protocol import Event, ResultEvent
from ..relief.frame import in_camera, to_world
from ..relief.subject import subject
from ..report import RunReport
from ..single import Staged
from ..single_storage import STAGE_FILE, read_outline
from ..workspace import written_aside

STAGES = ("open", "subject")
COARSE = 800  # pixels of the longer side that heights are worked out at


def run(
    job: SubjectJob, emit: Callable[[Event], None] | None = None, stop: threading.Event | None = None
) -> ResultEvent:
    """Works on the depth that the stage was built from, and on the photo itself."""
    guard.check_folder(job.out)
    with guard.exclusive(job.workspace):
        report = RunReport(STAGES, emit, stop)
        with report.stage("open"):
            staged = _load(job)
            photo = staged.mono.photo
            for x, y in (*job.inside, *job.outside):
                if not (0 <= x <= photo.width and 0 <= y <= photo.height):
                    raise EngineError(
                        "outside",
                        f"The place {x:g}, {y:g} is outside the photo, which is {photo.width} × {photo.height} pixels.",
                        advice="Give places in pixels of the photo, from its upper left corner.",
                    )
            picture = load_photo(photo, photo.width, photo.height)
        with report.stage("subject") as stage:
            mask = subject(picture, staged.mono.inverse_depth, job.inside, job.outside, _height(staged))
            share = float((mask > 0.5).mean())
            stage.count("share", round(share, 4))
            target = job.out / "masks" / f"{job.name}.png"
            target.parent.mkdir(exist_ok=True)
            encoded = cv2.imencode(".png", np.round(mask * 255).astype(np.uint8), [cv2.IMWRITE_PNG_COMPRESSION, 3])[1]
            with written_aside(target) as part:
                part.write_bytes(encoded.tobytes())
    return ResultEvent(files={"mask": str(target)}, summary={"share": share})


def _load(job: SubjectJob) -> Staged:
    try:
        return read_outline(job.workspace / STAGE_FILE)
    except FileNotFoundError as error:
        raise EngineError(
            "no_stage", f"{job.out.name} holds no finished stage.", file=job.out,
            advice="Choose the folder that a finished stage was written to.",
        ) from error  # fmt: skip
    except (OSError, ValueError, KeyError, TypeError, zipfile.BadZipFile) as error:
        raise EngineError(
            "broken_result", f"The stage in {job.out.name} can't be read: {error}.", file=job.out, advice="Build it again."
        ) from error  # fmt: skip


def _height(staged: Staged) -> F32 | None:
    """Of what each pixel shows above the ground, where there is one."""
    if staged.ground is None:
        return None
    every = max(max(staged.mono.inverse_depth.shape) // COARSE, 1)
    inverse = staged.mono.inverse_depth[::every, ::every]
    tall, wide = inverse.shape
    v, u = every * np.mgrid[0:tall, 0:wide] + 0.5
    depth = 1.0 / np.maximum(inverse, 1e-6).astype(np.float64)
    pixels = np.stack([u.ravel(), v.ravel()], 1)
    points = to_world(in_camera(pixels, depth.ravel(), staged.mono.K), staged.cam_from_world)
    normal = staged.ground[:3]
    height = (points @ normal + staged.ground[3]) / np.linalg.norm(normal)
    return np.asarray(height.reshape(tall, wide), np.float32)
