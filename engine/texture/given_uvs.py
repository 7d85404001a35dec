"""UVs that somebody else made: whether they can be painted on, what is odd about them, and who wins where they overlap."""

from __future__ import annotations

import numpy as np

from ..datatypes import F32, F64, TriMesh
from ..errors import EngineError
from ..report import Report
from .graph import face_normals
from .sheets import islands
from .survey import Survey

FLAT = 1e-12  # a face with less area in the UV map has no place there
MOST_FLAT = 0.5  # of the surface: with more such faces there is no use in painting
NAMED = 0.005  # of the faces or texels: less is not worth a word
TORN = ((0.5, 3.0), (0.9, 15.0))  # such a share of the surface is stretched less than so many times in any sane UV map


def is_torn(surface: TriMesh, corner_uvs: F32) -> bool:
    """Whether the UVs are what a remesh leaves of a map: faces drawn out into slivers nearly everywhere."""
    stretch, area = _stretch(surface, corner_uvs)
    order = np.argsort(stretch)
    sums = np.cumsum(area[order])
    at = [order[min(int(np.searchsorted(sums, share * sums[-1])), len(order) - 1)] for share, _ in TORN]
    return all(stretch[k] > limit for k, (_, limit) in zip(at, TORN, strict=True))


def _stretch(surface: TriMesh, corner_uvs: F32) -> tuple[F64, F64]:
    """(n,) how many times longer than wide a circle on the surface becomes in the map, and the faces' areas."""
    corner = surface.vertices[surface.faces].astype(np.float64)
    ab, ac = corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]
    length = np.maximum(np.linalg.norm(ab, axis=1), 1e-30)
    along = (ab * ac).sum(1) / length
    across = np.linalg.norm(np.cross(ab, ac), axis=1) / length
    flat = corner_uvs.astype(np.float64)
    u, v = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    first = u / length[:, None]
    second = (v - along[:, None] * first) / np.maximum(across, 1e-30)[:, None]
    # The singular values of the 2 x 2 matrix (first, second).
    total = (first**2).sum(1) + (second**2).sum(1)
    area = np.abs(first[:, 0] * second[:, 1] - first[:, 1] * second[:, 0])
    spread = np.sqrt(np.maximum(total**2 - 4 * area**2, 0))
    ratio = np.sqrt((total + spread) / np.maximum(total - spread, 1e-12 * total + 1e-300))
    solid = (area > FLAT) & (across > 1e-12)
    if not solid.any():
        return np.ones(1), np.ones(1)
    return ratio[solid], (length * across)[solid]


def check_uvs(surface: TriMesh, corner_uvs: F32, report: Report) -> None:
    """Faces without area in the UV map can't be painted; a few are said, many are an error."""
    flat = corner_uvs.astype(np.float64)
    ab, ac = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    area = face_normals(surface.vertices, surface.faces)[1]
    lost = np.abs(ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]) < FLAT
    share = float(area[lost].sum() / max(area.sum(), 1e-30))
    if share > MOST_FLAT:
        raise EngineError(
            "no_uvs",
            f"{percent(share)} of the surface has no area in the UV map.",
            advice="Unwrap it, or ask for new UVs.",
        )
    if share > NAMED:
        report.warn(
            "uvs_missing",
            f"{percent(share)} of the surface has no area in the UV map and stays without a texture.",
            advice="Unwrap these faces, or ask for new UVs.",
        )


def tell_repeats(corner_uvs: F32, report: Report) -> None:
    """UVs outside the square, where there are no tiles."""
    outside = ((corner_uvs < -1e-4) | (corner_uvs > 1 + 1e-4)).any((1, 2)).mean()
    if outside > NAMED:
        report.warn(
            "uvs_repeat",
            f"{percent(float(outside))} of the faces have UVs outside the picture: there the picture repeats.",
            advice="Move the UVs into the square, or ask for UDIM tiles.",
        )


def score_of(found: Survey) -> F64:
    """(F,) how well the photos show each face's UV island: the higher takes a texel that several cover."""
    faces, uvs = found.shape.faces, found.corner_uvs
    island = islands(faces, uvs)
    area = face_normals(found.shape.points, faces)[1]
    shown = found.choice.trust.max(0).astype(np.float64) * (1 - found.choice.unseen)
    total = np.bincount(island, shown[faces].mean(1) * area)
    return np.asarray((total / np.maximum(np.bincount(island, area), 1e-30))[island])


def percent(share: float) -> str:
    """For a sentence."""
    return f"{share:.1%}" if share < 0.1 else f"{share:.0%}"
