"""Mesh and poses ─► a `Coverage`: what the photos saw of each face, how each camera fits, and the photos that are missing."""

from __future__ import annotations

from dataclasses import dataclass

from ..datatypes import Sparse, TriMesh
from ..errors import EngineError
from ..geometry import view_of
from ..report import Report
from ..settings import CoverageSettings
from .ghosts import Proposal, propose
from .looks import LOOK_SIDE, Looks, faces_of, look
from .residuals import Fit, fits


@dataclass(frozen=True, kw_only=True)
class Coverage:
    """All that is known about how the surface was photographed."""

    looks: Looks
    fits: tuple[Fit, ...]
    proposal: Proposal
    shares: tuple[float, ...]  # of the surface: seen by 0, 1, 2 … photos; the last entry is `few` and more


def run(mesh: TriMesh, sparse: Sparse, settings: CoverageSettings, report: Report) -> Coverage:
    """World's z is up and its ground at 0; lengths are in the mesh's unit."""
    if len(mesh.faces) == 0:
        raise EngineError("mesh_empty", "The mesh has no faces, so there is nothing to check.")
    if not sparse.posed:
        raise EngineError("no_posed_photos", "No photo has a known place, so there is nothing to check.")
    shape = faces_of(mesh)
    views = [view_of(one, sparse.cameras[one.camera_id], LOOK_SIDE) for one in sparse.posed]
    looks = look(views, shape, report, share=0.6)
    proposal = propose(shape, looks, sparse, settings.few, settings.ghosts, report, share=0.3)
    areas = shape.areas / max(shape.areas.sum(), 1e-30)
    shares = [float(areas[looks.photos == n].sum()) for n in range(settings.few)]
    report.count("faces", len(mesh.faces))
    report.count("thin", round(proposal.thin, 4))
    return Coverage(
        looks=looks,
        fits=fits(sparse),
        proposal=proposal,
        shares=(*shares, float(areas[looks.photos >= settings.few].sum())),
    )
