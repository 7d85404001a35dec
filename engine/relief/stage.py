"""One photo's depth ─► a relief: a mesh that follows it, torn where it jumps, dense where it bends, in front of its own sky."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import cv2
import numpy as np

from ..datatypes import F32, F64, Bool, TriMesh
from ..errors import EngineError
from ..images import load_mask
from ..report import Report
from ..settings import ReliefSettings, Sky
from ..single import MonoDepth, Part, UvMesh
from .crumbs import without_crumbs, without_scratches
from .edges import Tears, hardened, rim_depths, rims_cleaned, torn
from .errors import errors_of
from .frame import LEVEL, in_camera, to_world
from .lattice import MOST_NODES, Lattice, sampled
from .segments import Table, levels_of
from .sheet import Sheet, cut, faces_of
from .smooth import smoothed
from .triangulate import node_errors, within_budget

RIM_SMOOTH = 0.1  # of the most there is
SKY_BEHIND = 1.25  # times the furthest: the dome's radius


def relief(mono: MonoDepth, settings: ReliefSettings, report: Report, cam_from_world: F64 = LEVEL) -> UvMesh:
    """The mesh, in world. Its UVs lead straight into the photo; what the photo does not show is marked as filled."""
    nodes = MOST_NODES
    while True:
        sheet = _sheet(mono, settings, report, nodes)
        if sheet is not None:
            break
        nodes //= 2  # even the coarsest mesh with all its tears is over the budget
    vertices = to_world(in_camera(sheet.pixels, 1 / sheet.q, mono.K), cam_from_world)
    height, width = mono.inverse_depth.shape
    uvs = np.stack([sheet.uvs_at[:, 0] / width, 1 - sheet.uvs_at[:, 1] / height], 1)
    mesh = TriMesh(vertices=vertices.astype(np.float32), faces=sheet.faces.astype(np.int32), filled=sheet.invented)
    part = np.where(sheet.sky, Part.SKY.value, Part.FRONT.value).astype(np.uint8)
    return UvMesh(mesh=mesh, uvs=uvs.astype(np.float32), part=part)


def _sheet(mono: MonoDepth, settings: ReliefSettings, report: Report, nodes: int) -> Sheet | None:
    """The front; None where the budget is too small for so fine a lattice."""
    lattice, tears = prepared(mono, settings, report, nodes)
    with report.step("faces", share=0.5):
        table_levels = levels_of(lattice.q, tears, lattice.tile)
        report.check()
        errors = node_errors(lattice, errors_of(lattice, lattice.q, table_levels, mono.photo.width))
        report.check()
        table = Table(table_levels, lattice.across + 1)
        leaves = within_budget(
            lattice, errors, table, settings.faces, lambda found: faces_of(found, lattice.kept), report.check
        )
        return None if leaves is None else cut(lattice, lattice.q, table, leaves)


def prepared(mono: MonoDepth, settings: ReliefSettings, report: Report, nodes: int) -> tuple[Lattice, Tears]:
    """The depth as sheets with hard edges, and where these are torn from each other."""
    with report.step("edges", share=0.5) as step:
        height, width = mono.inverse_depth.shape
        keep = load_mask(mono.photo, width, height)
        lattice = _chosen(sampled(mono, keep, settings.faces, nodes), settings)
        step.check()
        lattice = replace(lattice, q=hardened(lattice, settings.tear))
        step.check()
        tears = torn(lattice, lattice.q, settings.tear)
        step.check()
        lattice, crumbs = without_crumbs(lattice, tears)
        lattice = _with_sky(lattice, settings)
        step.check()
        tears = torn(lattice, lattice.q, settings.tear, without_scratches)
        lattice = replace(lattice, q=_rims(lattice, tears, step.check))
        report.count("crumbs", int(crumbs.sum()))
        q = smoothed(lattice.q, tears, settings.smooth, step.check)
        return replace(lattice, q=q), tears


def _rims(lattice: Lattice, tears: Tears, check: Callable[[], None]) -> F32:
    """Straight on to the tears, and even along them."""
    depths = rim_depths(lattice)
    q = rims_cleaned(lattice.q, tears.right, tears.below, depths)
    band = np.zeros(q.shape, np.uint8)
    band[:, 1:] |= tears.right
    band[1:] |= tears.below
    near = cv2.dilate(band, np.ones((2 * depths[0] + 1,) * 2, np.uint8)) > 0
    return np.where(near, smoothed(q, tears, RIM_SMOOTH, check), q).astype(np.float32)


def _chosen(lattice: Lattice, settings: ReliefSettings) -> Lattice:
    """Without what is too far, or sky that is not wanted."""
    kept = lattice.kept.copy()
    if settings.far is not None:
        kept &= lattice.sky | (lattice.q >= 1 / settings.far)
    if settings.sky is Sky.CUT or (settings.far is not None and settings.sky is not Sky.DOME):
        kept &= ~lattice.sky
    if not kept.any():
        raise EngineError(
            "nothing_left",
            "Nothing of the photo is left for a relief.",
            advice="Keep the sky, or let it reach further away.",
        )
    return replace(lattice, kept=kept)


def _with_sky(lattice: Lattice, settings: ReliefSettings) -> Lattice:
    """Its nodes on a sphere around the camera behind everything, or flat behind everything where it is kept as it is."""
    if not (lattice.sky & lattice.kept).any():
        return lattice
    stretch = ray_lengths(lattice)
    solid: Bool = lattice.kept & ~lattice.sky
    reach: F32 = stretch / lattice.q
    far = float(reach[solid].max()) if solid.any() else 1.0
    behind = stretch / (far * SKY_BEHIND) if settings.sky is Sky.DOME else np.full_like(stretch, 1 / (far * SKY_BEHIND))
    return replace(lattice, q=np.where(lattice.sky, behind, lattice.q).astype(np.float32))


def ray_lengths(lattice: Lattice) -> F32:
    """(nodes) how much longer the way to a point is than its depth."""
    x, y = lattice.pitch
    across = (np.arange(lattice.across + 1) * x - lattice.K[0, 2]) / lattice.K[0, 0]
    down = (np.arange(lattice.down + 1) * y - lattice.K[1, 2]) / lattice.K[1, 1]
    return np.asarray(np.sqrt(1 + across[None] ** 2 + down[:, None] ** 2), np.float32)
