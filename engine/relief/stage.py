"""One photo's depth ─► a relief: a mesh that follows it, torn where it jumps, dense where it bends, in front of its own sky."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from functools import partial

import cv2
import numpy as np

from ..datatypes import F32, F64, Bool, TriMesh
from ..errors import EngineError
from ..images import load_mask
from ..report import Report
from ..settings import Back, ReliefSettings, Sky
from ..single import MonoDepth, UvMesh
from .close import Solid, closed, opened, width_depth
from .crumbs import without_crumbs, without_scratches
from .dome import behind_horizon, joined
from .edges import Tears, hardened, rim_depths, rims_cleaned, torn
from .errors import errors_of
from .frame import LEVEL, in_camera, to_world
from .lattice import MOST_NODES, Lattice, sampled
from .segments import Table, levels_of
from .sheet import Sheet, cut, faces_of
from .smooth import smoothed
from .triangulate import node_errors, within_budget

FRONT_SHARE = 0.45  # of the budget, where a back of as many faces and walls are to come
FEWEST = 60
RIM_SMOOTH = 0.1  # of the most there is
SKY_BEHIND = 1.25  # times the furthest: the dome's radius


def relief(mono: MonoDepth, settings: ReliefSettings, report: Report, cam_from_world: F64 = LEVEL) -> UvMesh:
    """The mesh, in world. Its UVs lead straight into the photo; what the photo does not show is marked as filled."""
    settings = _fitting(settings)
    nodes, budget = MOST_NODES, settings.faces
    if settings.back is not Back.OPEN:
        budget = int(budget * FRONT_SHARE)
    while True:
        solid = _solid(mono, settings, budget, report, nodes)
        if solid is not None and len(solid.faces) <= settings.faces:
            break
        if solid is None or budget < FEWEST:
            nodes //= 2  # even the coarsest mesh with all its tears is over the budget
        else:
            budget = int(budget * 0.98 * settings.faces / len(solid.faces))
    vertices = to_world(in_camera(solid.pixels, solid.depth, mono.K), cam_from_world)
    height, width = mono.inverse_depth.shape
    uvs = np.stack([solid.uvs_at[:, 0] / width, 1 - solid.uvs_at[:, 1] / height], 1)
    mesh = TriMesh(vertices=vertices.astype(np.float32), faces=solid.faces.astype(np.int32), filled=solid.invented)
    return UvMesh(mesh=mesh, uvs=uvs.astype(np.float32), part=solid.part)


def _fitting(settings: ReliefSettings) -> ReliefSettings:
    """What goes together: a plate is one sheet with its sky flat behind it, and a prop has none."""
    if settings.back is Back.PLATE:
        return replace(settings, tear=0.0, sky=Sky.CUT if settings.sky is Sky.CUT else Sky.KEEP)
    return settings if settings.back is Back.OPEN else replace(settings, sky=Sky.CUT)


def _solid(mono: MonoDepth, settings: ReliefSettings, budget: int, report: Report, nodes: int) -> Solid | None:
    """The front and what belongs behind it; None where the budget is too small for so fine a lattice."""
    lattice, tears = prepared(mono, settings, report, nodes)
    with report.step("faces", share=0.5):
        dome = None
        if settings.sky is Sky.DOME and settings.tear > 0:
            dome = behind_horizon(lattice, budget)
        front = _front(lattice, tears, budget - (0 if dome is None else len(dome.faces)), mono.photo.width, report)
        if front is None:
            return None
        if settings.back is Back.OPEN:
            return opened(joined(front, dome))
        width = lattice.width / float(mono.K[0, 0]) * width_depth(front.q)
        return closed(front, settings.back, settings.thickness, width)


def _front(lattice: Lattice, tears: Tears, budget: int, photo_width: int, report: Report) -> Sheet | None:
    levels = levels_of(lattice.q, tears, lattice.tile)
    report.check()
    errors = node_errors(lattice, errors_of(lattice, lattice.q, levels, photo_width))
    report.check()
    table = Table(levels, lattice.across + 1)
    leaves = within_budget(lattice, errors, table, budget, lambda found: faces_of(found, lattice.kept), report.check)
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
        tears = torn(lattice, lattice.q, settings.tear, partial(without_scratches, lattice.q))
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
    if settings.back is Back.PLATE:
        behind = np.full_like(stretch, np.quantile(lattice.q[solid], 0.02) if solid.any() else 1.0)
    elif settings.sky is Sky.DOME:
        behind = stretch / (far * SKY_BEHIND)
    else:
        behind = np.full_like(stretch, 1 / (far * SKY_BEHIND))
    return replace(lattice, q=np.where(lattice.sky, behind, lattice.q).astype(np.float32))


def ray_lengths(lattice: Lattice) -> F32:
    """(nodes) how much longer the way to a point is than its depth."""
    x, y = lattice.pitch
    across = (np.arange(lattice.across + 1) * x - lattice.K[0, 2]) / lattice.K[0, 0]
    down = (np.arange(lattice.down + 1) * y - lattice.K[1, 2]) / lattice.K[1, 1]
    return np.asarray(np.sqrt(1 + across[None] ** 2 + down[:, None] ** 2), np.float32)
