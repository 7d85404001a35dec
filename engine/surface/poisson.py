"""Oriented points ─► a closed surface: screened Poisson as pycolmap carries it, in a process of its own so that cancel works."""

from __future__ import annotations

import contextlib
import os
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import Any

import numpy as np

from ..datatypes import F32, I32
from ..errors import EngineError, Exit
from ..report import Step
from ..workspace import disk_error

_POLL = 0.2  # seconds between two looks at the cancel button
_PADDING = 1.1  # the solver's cube is this much wider than the points' box
_POINT = [(name, "<f4") for name in ("x", "y", "z", "nx", "ny", "nz")] + [
    (name, "u1") for name in ("red", "green", "blue")
]


def depth_for(points: F32, voxel: float, *, deepest: int = 11) -> int:
    """The octree depth at which a leaf is at most `voxel` wide."""
    extent = float(np.ptp(points, axis=0).max()) * _PADDING
    return int(np.clip(np.ceil(np.log2(max(extent / voxel, 2))), 5, deepest))


def cell_at(depth: int, points: F32) -> float:
    """How wide a leaf of that depth is."""
    return float(np.ptp(points, axis=0).max() * _PADDING / 2.0**depth)


def poisson(points: F32, normals: F32, depth: int, point_weight: float, scratch: Path, step: Step) -> tuple[F32, I32]:
    """Vertices and faces of the surface around the points, extrapolated wherever there are none."""
    source, target = scratch / "poisson_points.ply", scratch / "poisson_mesh.ply"
    try:
        scratch.mkdir(parents=True, exist_ok=True)
        write_points(source, points, normals)
        _solve([str(source), str(target), str(depth), str(point_weight)], step)
        return read_mesh(target)
    except OSError as error:
        raise disk_error(error, target) from error
    finally:
        source.unlink(missing_ok=True)
        target.unlink(missing_ok=True)


def _solve(arguments: list[str], step: Step) -> None:
    """Runs the solver's own process and looks at the cancel button meanwhile."""
    flags = ["-I"] if sys.flags.isolated else []
    no_window: dict[str, Any] = {"creationflags": 0x08000000} if sys.platform == "win32" else {}
    command = [sys.executable, *flags, str(Path(__file__).with_name("poisson_child.py")), *arguments, *sys.path]
    # waiting threads sleep: spinning would burn the cores that other programs need
    quiet = {**os.environ, "OMP_WAIT_POLICY": "PASSIVE"}
    with tempfile.TemporaryFile() as said:
        child = subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=said, stderr=said, env=quiet, **no_window)
        try:
            while child.poll() is None:
                step.check()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    child.wait(_POLL)
        finally:
            if child.poll() is None:
                child.kill()
                child.wait()
        if child.returncode == 0 and Path(arguments[1]).exists():
            return
        said.seek(0)
        last = (said.read().decode(errors="replace").strip().splitlines() or ["no message"])[-1]
    if child.returncode in (-9, -6) or "bad_alloc" in last:
        raise EngineError(
            "out_of_memory",
            "There is not enough memory to build the surface.",
            exit_code=Exit.RESOURCES,
            advice="Close other programs, or choose a lower quality or fewer faces.",
        )
    raise EngineError(
        "surface_failed",
        f"The surface could not be built: {last[:200]}",
        exit_code=Exit.DEFECT,
        advice="Run again; if it happens again, please send us the log file.",
    )


def write_points(path: Path, points: F32, normals: F32) -> None:
    """A binary PLY; its colours are there because the solver's reader expects them."""
    rows = np.zeros(len(points), np.dtype(_POINT))
    for axis, name in enumerate("xyz"):
        rows[name] = points[:, axis]
        rows["n" + name] = normals[:, axis]
    names = {"<f4": "float", "u1": "uchar"}
    header = ["ply", "format binary_little_endian 1.0", f"element vertex {len(rows)}"]
    header += [f"property {names[kind]} {name}" for name, kind in _POINT] + ["end_header", ""]
    with open(path, "wb") as handle:
        handle.write("\n".join(header).encode())
        handle.write(rows.tobytes())


def read_mesh(path: Path) -> tuple[F32, I32]:
    """A binary PLY of float vertices and triangles, as the solver writes it."""
    kinds = {"float": "<f4", "double": "<f8", "uchar": "u1", "int": "<i4", "uint": "<u4"}
    columns: dict[str, list[tuple[str, Any]]] = {"vertex": [], "face": []}
    counts, element = {"vertex": 0, "face": 0}, ""
    with open(path, "rb") as handle:
        for line in iter(lambda: handle.readline().decode("ascii").split(), ["end_header"]):
            if not line:
                raise _broken(path)
            if line[0] == "element":
                element, counts[line[1]] = line[1], int(line[2])
            elif line[0] == "property" and line[1] == "list":
                columns[element] += [("n", kinds[line[2]]), ("corner", kinds[line[3]], (3,))]  # type: ignore[list-item]
            elif line[0] == "property":
                columns[element].append((line[2], kinds[line[1]]))
        tables = {}
        for name in ("vertex", "face"):
            kind = np.dtype(columns[name])
            tables[name] = np.frombuffer(handle.read(counts[name] * kind.itemsize), kind, counts[name])
    vertices = np.stack([tables["vertex"][axis] for axis in "xyz"], 1).astype(np.float32)
    if counts["face"] and (tables["face"]["n"] != 3).any():
        raise _broken(path)
    return vertices, tables["face"]["corner"].astype(np.int32).reshape(-1, 3)


def _broken(path: Path) -> EngineError:
    return EngineError(
        "surface_broken", "The surface solver wrote a mesh that can't be read.", exit_code=Exit.DEFECT, file=path
    )
