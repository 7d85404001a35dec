"""The worker's inside: opens the copy of the scan, does the steps, tells what happens, hands the asset back."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import tempfile
from collections.abc import Callable
from pathlib import Path

import bpy
import numpy as np
from bpy.types import Object
from mathutils import Matrix, Vector

from ...engine import protocol
from ...engine.protocol import ErrorEvent, Event, ProgressEvent, ResultEvent, StageEvent, WarningEvent
from .job import AssetJob
from .recipe import Work, finish, steps
from .tools import StepError, coordinates

REPORT = "asset.json"


def say(event: Event) -> None:
    """One line; the newline before it parts it from what Blender left unfinished."""
    os.write(1, f"\n{protocol.encode(event)}\n".encode())


def run(path: Path) -> int:
    """The whole job; gives the exit code."""
    job = AssetJob.read(path)
    try:
        result = make(job, say)
    except StepError as error:
        say(ErrorEvent(code="asset", sentence=str(error), exit_code=2, advice="Change the asset's settings."))
        return 2
    except OSError as error:
        say(
            ErrorEvent(
                code="asset_files",
                sentence=f"The asset's files could not be written: {error.strerror or error}.",
                exit_code=4,
                file=str(job.folder),
                advice="Choose another folder, or make room.",
            )
        )
        return 4
    say(result)
    return 0


def make(job: AssetJob, tell: Callable[[Event], None]) -> ResultEvent:
    """Step by step. The files get to their place at the very end: a run that stops leaves the earlier asset as it was."""
    scan = _open(job)
    job.folder.mkdir(parents=True, exist_ok=True)
    part = Path(tempfile.mkdtemp(prefix=".part-", dir=job.folder))
    try:
        work = Work(
            scan=scan,
            settings=job.settings,
            folder=part,
            tell=lambda kind, text: None,
            photos=_from_photos(job) if job.retexture else None,
        )

        def note(kind: str, text: str) -> None:
            if kind == "INFO":
                work.facts.append(text)
            else:
                tell(WarningEvent(code="asset", sentence=text))

        work.tell = note
        todo = list(steps(work))
        for index, (title, do) in enumerate(todo):
            tell(StageEvent(name=title, index=index, of=len(todo)))
            tell(ProgressEvent(stage=title, step="", done=index, total=len(todo), overall=index / len(todo)))
            do(work)
        collection = finish(work)
        for image in work.images.values():
            if image.filepath_raw:
                image.filepath_raw = str(job.folder / Path(image.filepath_raw).relative_to(part))
        bpy.data.libraries.write(str(job.made), {collection}, path_remap="NONE", compress=False)
        written = [path.relative_to(part).as_posix() for path in sorted(part.rglob("*")) if path.is_file()]
        _deliver(part, job.folder, written, work.facts)
    finally:
        shutil.rmtree(part, ignore_errors=True)
    return ResultEvent(
        files={"made": str(job.made), "folder": str(job.folder), "picture": str(job.folder / "preview.png")},
        summary={
            "facts": work.facts,
            "levels": [thing.name for thing in work.levels],
            "collider": work.collider.name if work.collider else "",
            "root": work.root.name if work.root else "",
            "written": written,
        },
    )


def _open(job: AssetJob) -> Object:
    """An empty file with the scan alone."""
    # Not the factory's settings: with them Blender would take the wheels of all extensions from its user folder.
    bpy.ops.wm.read_homefile(use_empty=True)
    with bpy.data.libraries.load(str(job.source)) as (_, wanted):
        wanted.objects = [job.scan]
    scan = wanted.objects[0]
    if scan is None:
        raise StepError("The scan is no longer there.")
    bpy.context.scene.collection.objects.link(scan)
    bpy.context.view_layer.update()
    return scan


def _deliver(part: Path, folder: Path, written: list[str], facts: list[str]) -> None:
    """The new files into their place; of the earlier asset's, those that this one has not are taken away."""
    report = folder / REPORT
    try:
        earlier = json.loads(report.read_text(encoding="utf-8"))["files"]
    except (OSError, ValueError, KeyError, TypeError):
        earlier = []
    for name in written:
        target = folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        os.replace(part / name, target)
    for name in earlier:
        if isinstance(name, str) and name not in written and ".." not in Path(name).parts:
            (folder / name).unlink(missing_ok=True)
    text = json.dumps({"files": written, "facts": facts}, indent=1, ensure_ascii=False)
    report.write_text(text + "\n", encoding="utf-8")


def _from_photos(job: AssetJob) -> Callable[[Object, Vector, int], Path]:
    """The engine's retexture on the new mesh, as a process of its own."""

    def colour(thing: Object, pivot: Vector, size: int) -> Path:
        into = Matrix(job.solved_from_world) @ Matrix.Translation(pivot)
        _write_mesh(job.mesh, thing, np.array(into, np.float64), job.cameras)
        process = subprocess.Popen(
            [*job.retexture, "--texture", str(size)],
            stdin=subprocess.PIPE,  # it ends when we do
            stdout=subprocess.PIPE,
            text=True,
            encoding="utf-8",
            errors="replace",
        )
        assert process.stdout is not None
        said: Event | None = None
        for line in process.stdout:
            try:
                event = protocol.decode(line)
            except (ValueError, TypeError):
                continue
            if isinstance(event, (ResultEvent, ErrorEvent)):
                said = event
        if process.wait() != 0 or not isinstance(said, ResultEvent):
            reason = said.sentence if isinstance(said, ErrorEvent) else "The engine ended unexpectedly."
            raise StepError(f"The photos could not be projected: {reason}")
        return Path(said.files["base_colour"])

    return colour


def _write_mesh(path: Path, thing: Object, into: np.ndarray, cameras: Path) -> None:
    """What the engine's retexture reads, in the world in which the photos were solved, with the cameras as they stand now."""
    mesh = thing.data
    mesh.calc_loop_triangles()
    count = len(mesh.loop_triangles)
    vertices, loops = np.empty(count * 3, np.int32), np.empty(count * 3, np.int32)
    polygons, uvs = np.empty(count, np.int32), np.empty(len(mesh.loops) * 2, np.float32)
    mesh.loop_triangles.foreach_get("vertices", vertices)
    mesh.loop_triangles.foreach_get("loops", loops)
    mesh.loop_triangles.foreach_get("polygon_index", polygons)
    mesh.uv_layers.active.uv.foreach_get("vector", uvs)
    np.savez(
        path,
        vertices=(coordinates(mesh) @ into[:3, :3].T + into[:3, 3]).astype(np.float32),
        faces=vertices.reshape(-1, 3),
        polygons=polygons,
        corner_uvs=uvs.reshape(-1, 2)[loops].reshape(-1, 3, 2),
        **(np.load(cameras) if cameras.name else {}),
    )
