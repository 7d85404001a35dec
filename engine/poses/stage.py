"""Photos ─► solved cameras: features, pairs, mapping, final adjustment; upright, origin on the ground under the subject."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from ..datatypes import Photo, Sparse
from ..errors import EngineError
from ..report import Report
from ..settings import PoseSettings
from .database import camera_groups, make_cameras, write_database
from .features import extract_all
from .mapping import incremental, polish
from .pairs import all_pairs, cheap_scores, choose_pairs, match_pairs
from .result import model_points, model_poses, to_sparse
from .upright import place


def run(photos: Sequence[Photo], settings: PoseSettings, report: Report, scratch: Path) -> Sparse:
    """Solves the photos' cameras. `scratch` is an existing folder for what is only needed meanwhile."""
    with report.step("features", len(photos), share=0.35) as step:
        features = extract_all(photos, settings, step)
    groups, cameras = camera_groups(photos), make_cameras(photos)
    candidates = all_pairs(len(photos))
    with report.step("pairs", len(candidates), share=0.05) as step:
        chosen = choose_pairs(cheap_scores(features, candidates, step), settings.neighbours)
    with report.step("matching", len(chosen), share=0.4) as step:
        pairs = match_pairs(features, [cameras[g] for g in groups], chosen, settings, step)
    database = scratch / "matches.db"
    write_database(database, photos, cameras, features, pairs)
    with report.step("mapping", share=0.15):
        models = incremental(database, scratch, settings, report)
    if not models:
        raise EngineError("no_overlap", "The photos have nothing in common.")
    model = models[0]
    with report.step("refine", share=0.05):
        polish(model, report)
    placement = place(model_poses(model)[1], model_points(model), settings.seed)
    solved = set(model_poses(model)[0])
    missing = {p.name: "not enough overlap with the others" for i, p in enumerate(photos) if i not in solved}
    return to_sparse(model, photos, features, placement, missing)
