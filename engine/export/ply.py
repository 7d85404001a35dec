"""The dense cloud as a binary PLY that Blender, MeshLab and COLMAP read."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..datatypes import PointCloud


def write_ply(path: Path, cloud: PointCloud) -> None:
    """Positions and normals in world (+Z up), colours, and how many views agreed on each point."""
    row = np.dtype(
        [(name, "<f4") for name in ("x", "y", "z", "nx", "ny", "nz")]
        + [(name, "u1") for name in ("red", "green", "blue")]
        + [("support", "<i4")]
    )
    rows = np.empty(len(cloud.points), row)
    for i, name in enumerate(("x", "y", "z")):
        rows[name] = cloud.points[:, i]
        rows["n" + name] = cloud.normals[:, i]
    for i, name in enumerate(("red", "green", "blue")):
        rows[name] = cloud.colours[:, i]
    rows["support"] = cloud.support
    kinds = {"f": "float", "u": "uchar", "i": "int"}
    assert row.names is not None
    properties = "".join(f"property {kinds[row[name].kind]} {name}\n" for name in row.names)
    header = (
        f"ply\nformat binary_little_endian 1.0\ncomment Maquette\nelement vertex {len(rows)}\n{properties}end_header\n"
    )
    with open(path, "wb") as handle:
        handle.write(header.encode("ascii"))
        handle.write(rows.tobytes())
