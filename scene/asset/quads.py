"""QuadriFlow: an even flow of quads. It may take minutes, hang or crash, so it works in a Blender of its own, which is given a time.

`flow` asks; `run` is what the other one does (see `worker.py`).
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Mapping
from pathlib import Path

import bmesh
import bpy
import numpy as np
from bpy.types import Mesh, Object
from mathutils import Matrix

from .clean import clean
from .decimate import TOLERANCE, decimate, mend
from .tools import StepError, coordinates, copy_of, diagonal, new_object, remove, select_only, triangles_of

SECONDS = 300.0  # then it is given up
SECOND_TRY = 1 / 3  # of that: what has taken longer is not asked again for a better count
FACES = 300_000  # a larger mesh is collapsed first: QuadriFlow would need minutes and gain nothing
SIZE = 1000.0  # it refuses edges under 0.1 mm, so it sees the mesh enlarged to this diagonal
TRIES = 3
EXPECTED = 0.9  # it gives a tenth more than it is asked for, mostly
TEAR = 24  # edges: QuadriFlow tears such holes where its flow meets itself
WORKER = Path(__file__).with_name("worker.py")
SURFACE, QUADS = "surface.npz", "quads.npz"


def flow(surface: Object, triangles: int, name: str, seconds: float = SECONDS) -> Object:
    """A new object; StepError, with a sentence, where there is none in time."""
    with tempfile.TemporaryDirectory(prefix="maquette-quads-") as place:
        asked, made = Path(place) / SURFACE, Path(place) / QUADS
        np.savez(asked, **_arrays(surface.data), triangles=triangles, seconds=seconds)
        blender = [bpy.app.binary_path, "--background", "--factory-startup", "-noaudio", "--python"]
        start = [*blender, str(WORKER), "--"] if bpy.app.binary_path else [sys.executable, str(WORKER)]
        (Path(place) / "user" / "config").mkdir(parents=True)  # of its own: see `make_asset.surroundings`
        process = subprocess.Popen(
            [*start, str(asked)],
            stdin=subprocess.PIPE,  # it ends when we do
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            env=os.environ | {"BLENDER_USER_RESOURCES": str(Path(place) / "user")},
        )
        try:
            code = process.wait(seconds)
        except subprocess.TimeoutExpired:
            raise StepError(f"QuadriFlow was not done after {_words(seconds)}.") from None
        finally:
            process.kill()
            process.wait()
        if code != 0 or not made.is_file():
            raise StepError("QuadriFlow gave no mesh here (this Blender may lack it).")
        with np.load(made) as arrays:
            return new_object(name, _mesh(arrays, name))


def run(path: Path) -> int:
    """In the other Blender; gives the exit code."""
    bpy.ops.wm.read_homefile(use_empty=True)
    with np.load(path) as asked:
        surface = new_object("Surface", _mesh(asked, "Surface"))
        quads = _quads(surface, int(asked["triangles"]), float(asked["seconds"]))
    if quads is None:
        return 2
    part = path.with_name("part.npz")
    np.savez(part, **_arrays(quads.data))
    part.replace(path.with_name(QUADS))
    return 0


def _quads(surface: Object, triangles: int, seconds: float) -> Object | None:
    """Asked again until its count fits, as long as there is time; None where it can't."""
    began = time.monotonic()
    source = copy_of(surface, "Source")
    if triangles_of(source.data) > FACES:
        decimate(source, FACES)
    grow = SIZE / max(diagonal(source.data), 1e-9)
    source.data.transform(Matrix.Scale(grow, 4))
    asked, best = triangles / 2 * EXPECTED, None
    for _ in range(TRIES):
        tried = copy_of(source, "Quads")
        select_only(tried)
        try:
            done = bpy.ops.object.quadriflow_remesh(target_faces=max(int(asked), 8), seed=0, use_preserve_boundary=True)
        except RuntimeError:  # an error report: built without it, or the mesh is refused
            done = {"CANCELLED"}
        count = triangles_of(tried.data)
        if done != {"FINISHED"} or not count or count == triangles_of(source.data):
            remove(tried)
            break
        _close_tears(tried)
        count = triangles_of(tried.data)
        if best is None or abs(count - triangles) < abs(triangles_of(best.data) - triangles):
            best, tried = tried, best
        if tried is not None:
            remove(tried)
        if abs(count / triangles - 1) < TOLERANCE or time.monotonic() - began > SECOND_TRY * seconds:
            break
        asked *= triangles / count
    remove(source)
    if best is not None:
        best.data.transform(Matrix.Scale(1 / grow, 4))
        best.data.shade_smooth()
    return best


def _close_tears(thing: Object) -> None:
    """Edges that lie beside one another are joined, and what is still torn is closed; wide holes are the scan's own."""
    work = bmesh.new()
    work.from_mesh(thing.data)
    lengths = sorted(edge.calc_length() for edge in work.edges)
    border = list({vertex for edge in work.edges if edge.is_boundary for vertex in edge.verts})
    bmesh.ops.remove_doubles(work, verts=border, dist=lengths[len(lengths) // 2] * 0.4)
    torn = [edge for edge in work.edges if edge.is_boundary]
    bmesh.ops.holes_fill(work, edges=torn, sides=TEAR)
    wide = [face for face in work.faces if len(face.verts) > 4]
    bmesh.ops.triangulate(work, faces=wide)
    work.to_mesh(thing.data)
    work.free()
    mend(thing)
    clean(thing, 0.002)


def _arrays(mesh: Mesh) -> dict[str, np.ndarray]:
    """Vertices and faces alone: that is all that QuadriFlow looks at."""
    corners, sizes = np.empty(len(mesh.loops), np.int32), np.empty(len(mesh.polygons), np.int32)
    mesh.loops.foreach_get("vertex_index", corners)
    mesh.polygons.foreach_get("loop_total", sizes)
    return {"vertices": coordinates(mesh), "corners": corners, "sizes": sizes}


def _mesh(arrays: Mapping[str, np.ndarray], name: str) -> Mesh:
    mesh = bpy.data.meshes.new(name)
    faces = np.split(arrays["corners"], np.cumsum(arrays["sizes"])[:-1])
    mesh.from_pydata(arrays["vertices"].tolist(), [], [face.tolist() for face in faces])
    mesh.shade_smooth()
    return mesh


def _words(seconds: float) -> str:
    return f"{seconds / 60:.0f} minutes" if seconds >= 120 else f"{seconds:.0f} seconds"
