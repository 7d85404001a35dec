"""Mesh, photos, poses ─► its base colour, on new UVs or on those that the mesh has. Making UVs and painting are separate steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..datatypes import GivenMesh, Sparse, TexturedMesh, TriMesh
from ..errors import EngineError
from ..report import Report
from ..settings import RetextureSettings, TextureSettings, Tiles
from .blend import Page, paint
from .given_uvs import NAMED, check_uvs, is_torn, percent, score_of, tell_repeats
from .sheets import Tile, tiles_of
from .survey import agreement, seen_share, survey
from .unwrap import unwrap

AGREED_AT_LEAST = 0.65  # a mesh in its place has 0.8 and more; a tenth of its size beside it, 0.6
SEEN_AT_LEAST = 0.03  # of the surface: if the photos show less, it lies somewhere else


def run(mesh: TriMesh, sparse: Sparse, settings: TextureSettings, report: Report) -> TexturedMesh:
    """New UVs, then colours."""
    _check(mesh, sparse)
    with report.step("unwrap", 1, share=0.2) as step:
        flat = unwrap(mesh, settings.size, padding_of(settings.size), report)
        step.advance()
    uvs = flat.uvs[flat.mesh.faces]
    found = survey(flat.mesh, uvs, sparse, settings.max_side, report, 0.48)
    whole = Tile(number=0, faces=np.arange(len(found.corner_uvs), dtype=np.int32), uvs=found.corner_uvs)
    pages: list[Page] = []
    paint(found, [whole], settings, None, report, 0.32, pages.append)
    page = pages[0]
    report.count("texels_guessed", int(page.guessed.sum()))
    return TexturedMesh(
        mesh=flat.mesh,
        source_vertex=flat.source_vertex,
        uvs=flat.uvs,
        base_colour=page.picture,
        guessed=page.guessed,
    )


def retexture(
    mesh: GivenMesh, sparse: Sparse, settings: RetextureSettings, report: Report, put: Callable[[Page], None]
) -> GivenMesh:
    """Colours for a mesh as it is: on its own UVs, or on new ones where it has none or they are asked for.

    Gives the mesh with the UVs that the pictures are for. The pictures go to `put`, each as soon as it is done.
    """
    _check(mesh.surface, sparse)
    with report.step("unwrap", 1, share=0.15) as step:
        new = settings.new_uvs or mesh.corner_uvs is None or is_torn(mesh.surface, mesh.corner_uvs)
        if new and not settings.new_uvs and mesh.corner_uvs is not None:
            report.warn("uvs_torn", "The UV map is torn, as after a voxel remesh, so new UVs were made.")
        mesh = _with_new_uvs(mesh, settings.texture.size, report) if new else mesh
        assert mesh.corner_uvs is not None
        check_uvs(mesh.surface, mesh.corner_uvs, report)
        step.advance()
    found = survey(mesh.surface, mesh.corner_uvs, sparse, settings.texture.max_side, report, 0.45)
    seen = seen_share(found)
    if seen < SEEN_AT_LEAST:
        raise EngineError(
            "not_in_photos",
            "The photos show hardly anything of this mesh: it lies away from where its photos were taken.",
            advice="Move it back onto the model, or check that it belongs to this model.",
        )
    report.count("seen", round(seen, 4))
    agreed = agreement(found)
    report.count("agreement", round(agreed, 4))
    if agreed < AGREED_AT_LEAST:
        report.warn(
            "little_agreement",
            f"The photos agree by no more than {percent(agreed)} on the colours: the mesh may lie beside its place, "
            "or differ much from what they show.",
        )
    report.count("new_uvs", new)
    tiles = tiles_of(found.corner_uvs, Tiles.OFF if new else settings.tiles)
    if not tiles:
        raise EngineError(
            "no_tiles",
            "None of the UVs lies in a UDIM tile from 1001 to 1100.",
            advice="Move the UVs into these tiles, or don't ask for UDIM tiles.",
        )
    if len(tiles) == 1 and tiles[0].number == 0:
        tell_repeats(mesh.corner_uvs, report)
    score = None if new else score_of(found)
    dispute = paint(found, tiles, settings.texture, score, report, 0.4, put)
    report.count("tiles", [tile.number for tile in tiles if tile.number])
    report.count("overlap", round(dispute, 4))
    if dispute > NAMED:
        report.warn(
            "uvs_overlap",
            f"{percent(dispute)} of the texture is used by several parts of the surface: "
            "each such place shows the part that the photos show best.",
            advice="Where the parts should differ, lay their UVs apart.",
        )
    return mesh


def padding_of(size: int) -> int:
    """Texels between two charts."""
    return max(round(size / 512), 2)


def _with_new_uvs(mesh: GivenMesh, size: int, report: Report) -> GivenMesh:
    """Polygons stay whole: their triangles lie in one chart."""
    flat = unwrap(mesh.surface, size, padding_of(size), report, mesh.polygons)
    return replace(mesh, corner_uvs=flat.uvs[flat.mesh.faces])


def _check(mesh: TriMesh, sparse: Sparse) -> None:
    if len(mesh.faces) == 0:
        raise EngineError("mesh_empty", "The surface has no faces, so there is nothing to texture.")
    if not sparse.posed:
        raise EngineError("no_posed_photos", "No photo has a known place, so the surface can't be coloured.")
