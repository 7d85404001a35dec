"""Mesh, photos, poses ─► its base colour, on new UVs or on those that the mesh has. Making UVs and painting are separate steps."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np

from ..datatypes import F32, F64, GivenMesh, Sparse, TexturedMesh, TriMesh
from ..errors import EngineError
from ..report import Report
from ..settings import RetextureSettings, TextureSettings, Tiles
from .blend import Page, paint
from .graph import face_normals
from .sheets import Tile, islands, tiles_of
from .survey import Survey, agreement, seen_share, survey
from .unwrap import unwrap

SEEN_AT_LEAST = 0.03  # of the surface: if the photos show less, it lies somewhere else
FLAT = 1e-12  # a face with less area in the UV map has no place there
MOST_FLAT = 0.5  # of the surface: with more such faces there is no use in painting
NAMED = 0.005  # of the texels: a smaller overlap is not worth a word


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
        new = settings.new_uvs or mesh.corner_uvs is None
        mesh = _with_new_uvs(mesh, settings.texture.size, report) if new else mesh
        assert mesh.corner_uvs is not None
        _check_uvs(mesh.surface, mesh.corner_uvs, report)
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
    report.count("agreement", round(agreement(found), 4))
    report.count("new_uvs", new)
    tiles = tiles_of(found.corner_uvs, Tiles.OFF if new else settings.tiles)
    if not tiles:
        raise EngineError(
            "no_tiles",
            "None of the UVs lies in a UDIM tile from 1001 to 1100.",
            advice="Move the UVs into these tiles, or don't ask for UDIM tiles.",
        )
    if len(tiles) == 1 and tiles[0].number == 0:
        _tell_repeats(mesh.corner_uvs, report)
    score = None if new else _score(found)
    dispute = paint(found, tiles, settings.texture, score, report, 0.4, put)
    report.count("tiles", [tile.number for tile in tiles if tile.number])
    report.count("overlap", round(dispute, 4))
    if dispute > NAMED:
        report.warn(
            "uvs_overlap",
            f"{_percent(dispute)} of the texture is used by several parts of the surface: "
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


def _check_uvs(surface: TriMesh, corner_uvs: F32, report: Report) -> None:
    """Faces without area in the UV map can't be painted; a few are said, many are an error."""
    flat = corner_uvs.astype(np.float64)
    ab, ac = flat[:, 1] - flat[:, 0], flat[:, 2] - flat[:, 0]
    area = face_normals(surface.vertices, surface.faces)[1]
    lost = np.abs(ab[:, 0] * ac[:, 1] - ab[:, 1] * ac[:, 0]) < FLAT
    share = float(area[lost].sum() / max(area.sum(), 1e-30))
    if share > MOST_FLAT:
        raise EngineError(
            "no_uvs",
            f"{_percent(share)} of the surface has no area in the UV map.",
            advice="Unwrap it, or ask for new UVs.",
        )
    if share > NAMED:
        report.warn(
            "uvs_missing",
            f"{_percent(share)} of the surface has no area in the UV map and stays without a texture.",
            advice="Unwrap these faces, or ask for new UVs.",
        )


def _tell_repeats(corner_uvs: F32, report: Report) -> None:
    outside = ((corner_uvs < -1e-4) | (corner_uvs > 1 + 1e-4)).any((1, 2)).mean()
    if outside > NAMED:
        report.warn(
            "uvs_repeat",
            f"{_percent(float(outside))} of the faces have UVs outside the picture: there the picture repeats.",
            advice="Move the UVs into the square, or ask for UDIM tiles.",
        )


def _score(found: Survey) -> F64:
    """(F,) how well the photos show each face's UV island: the higher takes a texel that several cover."""
    faces, uvs = found.shape.faces, found.corner_uvs
    island = islands(faces, uvs)
    area = face_normals(found.shape.points, faces)[1]
    shown = found.choice.trust.max(0).astype(np.float64) * (1 - found.choice.unseen)
    total = np.bincount(island, shown[faces].mean(1) * area)
    return np.asarray((total / np.maximum(np.bincount(island, area), 1e-30))[island])


def _percent(share: float) -> str:
    return f"{share:.1%}" if share < 0.1 else f"{share:.0%}"


def _check(mesh: TriMesh, sparse: Sparse) -> None:
    if len(mesh.faces) == 0:
        raise EngineError("mesh_empty", "The surface has no faces, so there is nothing to texture.")
    if not sparse.posed:
        raise EngineError("no_posed_photos", "No photo has a known place, so the surface can't be coloured.")
