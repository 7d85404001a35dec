"""Stage four: oriented points ─► one surface: the subject found, Poisson, trimmed to what was measured, simplified."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import numpy as np

from ..datatypes import F32, I32, Bool, DepthMap, PointCloud, Sparse, TriMesh
from ..errors import EngineError
from ..geometry import view_of
from ..report import Report, Step
from ..settings import Region, SurfaceSettings
from . import points, trim
from .box import Cage, boxed, cage_of
from .caps import capped
from .lining import lined
from .neighbours import PointTree
from .poisson import cell_at, depth_for, poisson
from .simplify import close, simplify, without_ears
from .subject import Subject, find_subject, whole_scene
from .support import isolation, votes
from .topology import compact, face_normals, smooth_border, split_fans

LINING_SIDE = 800  # pixels over which a view tells which faces it sees from behind
FEWEST = 500  # points; below this there is nothing to build from
RAW_PER_FACE = 8.0  # faces before decimation per face of the budget, at least
RAW_FLOOR = 1_200_000  # … and never fewer than this many


def run(
    cloud: PointCloud,
    maps: Sequence[DepthMap],
    sparse: Sparse,
    settings: SurfaceSettings,
    report: Report,
    scratch: Path,
) -> TriMesh:
    """`maps` are read one at a time; `scratch` is a folder for the solver's files."""
    cloud = points.finite(cloud)
    _enough(cloud)
    report.count("points", len(cloud.points))
    with report.step("subject", share=0.05):
        pitch = float(np.median(cloud.spacing))
        cage = None if settings.box is None else cage_of(settings.box, sparse)
        subject = boxed(cloud, cage) if cage is not None else _subject(cloud, sparse, settings, pitch)
        cloud = points.subset(cloud, subject.keeps(cloud.points, 6 * pitch))
        _enough(cloud)
        _tell(subject, cloud, report)
    with report.step("strays", len(maps), share=0.15) as step:
        # what more photos look through than see is a matching error: it would grow membranes and crumbs
        through, confirmed = votes(cloud.points, cloud.spacing, maps, step)
        stray = points.strays(cloud, step) | (through > np.maximum(confirmed, 1))
        report.count("strays", int(stray.sum()))
        cloud = points.subset(cloud, ~stray)
        _enough(cloud)
    with report.step("surface", share=0.5) as step:
        depth = _depth(cloud, settings)
        voxel = cell_at(depth, cloud.points)
        cloud = points.thinned(cloud, voxel) if voxel > 2 * np.median(cloud.spacing) else cloud
        solid = _with_base(cloud, subject, voxel) if settings.watertight else cloud
        report.count("poisson_depth", depth)
        vertices, faces = poisson(solid.points, solid.normals, depth, settings.point_weight, scratch, step)
        report.count("raw_faces", len(faces))
    with report.step("trim", len(maps) + 2, share=0.25) as step:
        tree = PointTree(cloud.points)
        faces = _outward(vertices, faces, cloud, tree)
        verdict = _judged(vertices, faces, cloud, tree, maps, subject, settings, voxel, step)
        report.count("holes_filled", verdict.holes_filled)
        report.count("holes_open", verdict.holes_open)
        if not settings.watertight:
            vertices, faces = _trimmed(vertices, faces, verdict, subject, report)
        else:
            gone = trim.floaters(vertices, faces, ~verdict.keep, subject.diagonal, smallest=settings.smallest_piece)
            vertices, faces = compact(vertices, faces[~gone])
        if len(faces) == 0:
            raise _nothing()
    with report.step("caps", len(maps)) as step:
        limit = settings.fill_holes_below * subject.diagonal
        vertices, faces, lids = capped(vertices, faces, maps, 2 * voxel, limit, step)
        report.count("holes_capped", lids)
    if not settings.watertight:
        vertices, faces = _lined(vertices, faces, sparse, 2 * voxel, report)
    with report.step("simplify", share=0.05):
        vertices, faces = _slim(vertices, faces, settings, cage)
        if len(faces) == 0:
            raise _nothing()
        filled = _unmeasured(vertices, faces, cloud, tree)
        report.count("faces", len(faces))
        report.count("filled_faces", int(filled.sum()))
    return TriMesh(vertices=vertices, faces=faces, filled=filled)


def _judged(
    vertices: F32,
    faces: I32,
    cloud: PointCloud,
    tree: PointTree,
    maps: Sequence[DepthMap],
    subject: Subject,
    settings: SurfaceSettings,
    voxel: float,
    step: Step,
) -> trim.Verdict:
    """What of the solver's surface was measured."""
    lonely = isolation(vertices, faces, cloud, tree, step)
    step.advance()
    # the solver rounds creases off by about a cell: that is no reason to cut them open
    spacing = np.maximum(cloud.spacing[tree.nearest(vertices, 1, step.check)[0][:, 0]], np.float32(2 * voxel))
    through, confirmed = votes(vertices, spacing, maps, step)
    return trim.judge(
        vertices,
        faces,
        lonely,
        (through >= 3) & (through > confirmed),
        # what is cut straight later needs an edge to cut
        subject.keeps(vertices, 0.0 if settings.box is None else 3 * voxel),
        hole_limit=settings.fill_holes_below * subject.diagonal,
    )


def kept(cloud: PointCloud, sparse: Sparse, settings: SurfaceSettings) -> PointCloud:
    """The points that are shown beside the mesh: those in the box, where there is one."""
    return cloud if settings.box is None else points.subset(cloud, cage_of(settings.box, sparse).inside(cloud.points))


def _subject(cloud: PointCloud, sparse: Sparse, settings: SurfaceSettings, pitch: float) -> Subject:
    if settings.region is Region.ALL:
        return whole_scene(cloud, "everything is kept, as asked")
    return find_subject(cloud, sparse, pitch, settings.margin)


def _enough(cloud: PointCloud) -> None:
    if len(cloud.points) < FEWEST:
        raise _nothing()


def _nothing() -> EngineError:
    return EngineError(
        "surface_empty",
        "The photos agree on too little to build a surface.",
        advice="Take more photos with more overlap, in even light; shiny, clear or blank things need marks or powder on them.",
    )


def _tell(subject: Subject, cloud: PointCloud, report: Report) -> None:
    report.count("subject", subject.why)
    report.count("subject_low", [round(float(v), 5) for v in subject.low])
    report.count("subject_high", [round(float(v), 5) for v in subject.high])
    report.count("subject_points", len(cloud.points))
    if subject.ground is not None:
        report.count("ground_thickness", round(subject.ground.thickness, 6))


def _depth(cloud: PointCloud, settings: SurfaceSettings) -> int:
    """Cells as fine as the points, but no finer than the face budget can make use of: memory and time grow fourfold a level."""
    pitch = float(np.median(cloud.spacing))
    limit = max(RAW_FLOOR, RAW_PER_FACE * settings.faces)
    finest = float(np.sqrt(2 * points.area(cloud, pitch) / limit))
    depth = depth_for(cloud.points, max(settings.voxel * pitch, finest))
    return depth - 1 if cell_at(depth, cloud.points) < finest else depth


def _with_base(cloud: PointCloud, subject: Subject, voxel: float) -> PointCloud:
    """For a closed mesh of something on the ground: an underside, a little below it."""
    if subject.ground is None:
        return cloud
    under = max(3 * voxel, 0.015 * subject.diagonal)
    depth = subject.ground.height(cloud.points) + under
    return points.merged(cloud, points.base_plate(cloud, depth, voxel))


def _outward(vertices: F32, faces: I32, cloud: PointCloud, tree: PointTree) -> I32:
    """The solver's faces may run either way round: the points' normals decide."""
    some = np.arange(0, len(faces), max(len(faces) // 20_000, 1))
    normals, _ = face_normals(vertices, faces[some])
    near, _ = tree.nearest(vertices[faces[some]].mean(1), 1)
    agree = (normals * cloud.normals[near[:, 0]]).sum(1)
    return faces if agree.sum() >= 0 else np.ascontiguousarray(faces[:, ::-1])


def _trimmed(vertices: F32, faces: I32, verdict: trim.Verdict, subject: Subject, report: Report) -> tuple[F32, I32]:
    kept = np.nonzero(verdict.keep)[0]
    kept = kept[without_ears(faces[kept])]
    faces, filled = faces[kept], verdict.filled[kept]
    smallest = 0.03 if not subject.is_all else 0.01
    gone = trim.floaters(vertices, faces, filled, subject.diagonal, smallest=smallest)
    report.count("floater_faces", int(gone.sum()))
    vertices, faces = split_fans(*compact(vertices, faces[~gone]))
    return smooth_border(vertices, faces, 4), faces


def _lined(vertices: F32, faces: I32, sparse: Sparse, thickness: float, report: Report) -> tuple[F32, I32]:
    views = [view_of(one, sparse.cameras[one.camera_id], LINING_SIDE) for one in sparse.posed]
    with report.step("lining", len(views)) as step:
        out = lined(vertices, faces, views, thickness, step)
    report.count("lining_faces", len(out[1]) - len(faces))
    return out


def _slim(vertices: F32, faces: I32, settings: SurfaceSettings, cage: Cage | None) -> tuple[F32, I32]:
    """Within the budget, and cut at the box: that adds faces along the cut, so the budget for the rest is lowered."""
    budget = settings.faces
    for _ in range(4):
        slim = simplify(vertices, faces, budget)
        if settings.watertight:
            slim = close(*slim)[:2]
        if cage is not None:
            slim = cage.cut(*slim, closed=settings.watertight)
        if cage is None or len(slim[1]) <= settings.faces:
            break
        budget = int(0.97 * budget * settings.faces / len(slim[1]))
    return slim


def _unmeasured(vertices: F32, faces: I32, cloud: PointCloud, tree: PointTree) -> Bool:
    """Faces with too few points of their own orientation around their middle."""
    normals, _ = face_normals(vertices, faces)
    index, distance = tree.nearest(vertices[faces].mean(1), 3)
    far = distance[:, -1] / cloud.spacing[index].mean(1)
    against = (cloud.normals[index].mean(1) * normals).sum(1) < 0
    return np.asarray((far > trim.SUPPORTED) | against)
