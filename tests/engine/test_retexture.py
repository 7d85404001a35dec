"""Photos onto a mesh that somebody else made: its own UVs, tiles, overlaps, new UVs; the recipe and its refusals."""

from __future__ import annotations

import shutil
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine import storage
from engine.cli import job_of, parse
from engine.datatypes import GivenMesh
from engine.errors import EngineError
from engine.export.png import write_png
from engine.jobs import RetextureJob
from engine.meshfile import read_mesh, write_mesh
from engine.recipes import retexture as recipe
from engine.report import Report
from engine.settings import DeviceChoice, RetextureSettings, TextureSettings, Tiles
from engine.texture.blend import Page
from engine.texture.stage import retexture
from tests.patches import Patches, patches, psnr, sample, spread
from tests.synthetic import Truth, colour_at, make_truth

SIZE = 384
SETTINGS = RetextureSettings(device=DeviceChoice.CPU, texture=TextureSettings(size=SIZE))


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    return make_truth(tmp_path_factory.mktemp("photos"), count=10, width=320, height=240)


@pytest.fixture(scope="module")
def made() -> Patches:
    return patches()


def painted(
    mesh: GivenMesh, truth: Truth, settings: RetextureSettings = SETTINGS
) -> tuple[GivenMesh, dict[int, Page], Report]:
    report, pages = Report(), {}
    given = retexture(mesh, truth.sparse(), settings, report, lambda page: pages.update({page.tile: page}))
    return given, pages, report


@pytest.fixture(scope="module")
def plain(made: Patches, truth: Truth) -> tuple[GivenMesh, dict[int, Page], Report]:
    return painted(made.mesh, truth)


def warnings(report: Report) -> set[str]:
    return {warning["code"] for warning in report.record.warnings}


def test_the_mesh_s_own_uvs_get_the_true_colours(made, plain) -> None:
    given, pages, report = plain
    assert given.corner_uvs is made.mesh.corner_uvs and set(pages) == {0} and not warnings(report)
    face, _, places, uv = spread(made.mesh)
    truth = colour_at(places, made.kinds[face])
    seen = sample(pages[0].guessed, uv)[:, 0] < 0.01
    assert 0.85 < seen.mean() < 0.999
    colour = sample(pages[0].picture, uv)
    assert psnr(colour[seen], truth[seen]) > 27
    for flipped in ([1, -1], [-1, 1]):  # the right way up, and not mirrored
        assert psnr(sample(pages[0].picture, uv * flipped % 1)[seen], truth[seen]) < 18
    assert pages[0].picture.max(2).min() > 3  # neither a black texel nor an empty gutter
    counts = report.record.counts
    assert abs(counts["seen"] - seen.mean()) < 0.08 and counts["agreement"] > 0.8 and counts["overlap"] == 0


def test_painting_in_parts_gives_the_same_picture(made, truth, plain) -> None:
    small = replace(SETTINGS, texture=replace(SETTINGS.texture, memory_mb=1))
    _, pages, _ = painted(made.mesh, truth, small)
    difference = np.abs(pages[0].picture.astype(int) - plain[1][0].picture)
    assert (difference > 2).mean() < 2e-3
    assert (pages[0].guessed != plain[1][0].guessed).mean() < 1e-3


def test_udim_tiles_each_get_their_own_picture(made, truth) -> None:
    """The box in 1001, the sphere's patches in 1002 and 1011."""
    uvs = made.mesh.corner_uvs.copy()
    uvs[(made.patch >= 5) & (made.patch < 8)] += [1, 0]
    uvs[made.patch >= 8] += [0, 1]
    mesh = replace(made.mesh, corner_uvs=uvs)
    _, pages, report = painted(mesh, truth)
    assert sorted(pages) == [1001, 1002, 1011] == report.record.counts["tiles"] and not warnings(report)
    face, _, places, uv = spread(mesh)
    for number, page in pages.items():
        cell = np.array([(number - 1001) % 10, (number - 1001) // 10])
        here = (np.floor(uv) == cell).all(1)
        seen = here & (sample(page.guessed, uv - cell)[:, 0] < 0.01)
        assert seen.sum() > 1000
        assert psnr(sample(page.picture, uv - cell)[seen], colour_at(places[seen], made.kinds[face[seen]])) > 27
        assert page.picture.max(2).min() > 3
    one = painted(mesh, truth, replace(SETTINGS, tiles=Tiles.OFF))
    assert set(one[1]) == {0} and "uvs_repeat" in warnings(one[2])


def test_a_repeating_map_is_painted_as_if_it_lay_in_the_square(made, truth, plain) -> None:
    uvs = made.mesh.corner_uvs + np.float32([-1, 2]) * (made.patch == 2)[:, None, None].astype(np.float32)
    _, pages, report = painted(replace(made.mesh, corner_uvs=uvs), truth)
    assert warnings(report) == {"uvs_repeat"}
    assert (np.abs(pages[0].picture.astype(int) - plain[1][0].picture) > 2).mean() < 2e-3


def test_mirrored_halves_share_the_better_seen_one_s_colours(made, truth) -> None:
    """One of the box's sides is laid over the sphere's bottom, which hardly a photo shows, and mirrored."""
    uvs = made.mesh.corner_uvs.copy()
    bottom, side = made.patch == 10, made.patch == 0
    centre = (uvs[side].reshape(-1, 2).min(0) + uvs[side].reshape(-1, 2).max(0)) / 2
    target = uvs[bottom].reshape(-1, 2)
    middle = (target.min(0) + target.max(0)) / 2
    uvs[side] = middle + (uvs[side] - centre) * [-1, 1]
    mesh = replace(made.mesh, corner_uvs=uvs)
    _, pages, report = painted(mesh, truth)
    assert warnings(report) == {"uvs_overlap"} and 0.04 < report.record.counts["overlap"] < 0.15
    face, _, places, uv = spread(mesh)
    on_side = made.patch[face] == 0
    seen = on_side & (sample(pages[0].guessed, uv)[:, 0] < 0.01)
    assert seen.sum() > 0.7 * on_side.sum()
    assert psnr(sample(pages[0].picture, uv)[seen], colour_at(places[seen], made.kinds[face[seen]])) > 27
    assert pages[0].picture.max(2).min() > 3


def test_new_uvs_never_tear_a_polygon(made, truth) -> None:
    given, pages, report = painted(replace(made.mesh, corner_uvs=None), truth)
    assert report.record.counts["new_uvs"] and set(pages) == {0}
    corners = {}
    for polygon, face, uvs in zip(given.polygons, given.surface.faces, given.corner_uvs, strict=True):
        for vertex, uv in zip(face, uvs, strict=True):
            assert np.allclose(corners.setdefault((polygon, vertex), uv), uv, atol=1e-6)
    face, _, places, uv = spread(given)
    seen = sample(pages[0].guessed, uv)[:, 0] < 0.01
    assert psnr(sample(pages[0].picture, uv)[seen], colour_at(places[seen], made.kinds[face[seen]])) > 27
    asked = painted(made.mesh, truth, replace(SETTINGS, new_uvs=True))[0]
    assert np.allclose(asked.corner_uvs, given.corner_uvs)


def test_what_can_t_be_painted_is_said_in_words(made, truth) -> None:
    away = replace(made.mesh.surface, vertices=made.mesh.surface.vertices + np.float32([30, 0, 0]))
    with pytest.raises(EngineError, match="lies away"):
        painted(replace(made.mesh, surface=away), truth)
    uvs = made.mesh.corner_uvs.copy()
    uvs[made.patch > 2] = 0.5
    with pytest.raises(EngineError, match="no area in the UV map"):
        painted(replace(made.mesh, corner_uvs=uvs), truth)
    uvs = made.mesh.corner_uvs.copy()
    uvs[made.patch == 3] = 0.5
    assert warnings(painted(replace(made.mesh, corner_uvs=uvs), truth)[2]) == {"uvs_missing"}
    with pytest.raises(EngineError, match="UDIM"):
        painted(
            replace(made.mesh, corner_uvs=made.mesh.corner_uvs - np.float32(3)),
            truth,
            replace(SETTINGS, tiles=Tiles.ON),
        )


def test_a_mesh_beside_its_place_is_suspected(made, truth) -> None:
    beside = replace(made.mesh.surface, vertices=made.mesh.surface.vertices + np.float32([0.12, 0.05, 0]))
    assert "little_agreement" in warnings(painted(replace(made.mesh, surface=beside), truth)[2])


# The recipe


@pytest.fixture(scope="module")
def small_truth(tmp_path_factory: pytest.TempPathFactory) -> Truth:
    return make_truth(tmp_path_factory.mktemp("small") / "photos", count=6, width=240, height=180)


@pytest.fixture
def job(tmp_path: Path, made: Patches, small_truth: Truth) -> RetextureJob:
    """A finished run's cameras, its photos in `photos`, and a mesh file."""
    sparse = small_truth.sparse(per_view=40)
    shutil.copytree(sparse.posed[0].photo.path.parent, tmp_path / "photos")
    posed = [replace(p, photo=replace(p.photo, path=tmp_path / "photos" / p.photo.name)) for p in sparse.posed]
    (tmp_path / "out" / ".maquette").mkdir(parents=True)
    storage.write_sparse(tmp_path / "out" / ".maquette" / "sparse.npz", replace(sparse, posed=tuple(posed)))
    write_mesh(tmp_path / "given.npz", made.mesh)
    settings = replace(SETTINGS, texture=replace(SETTINGS.texture, size=256))
    return RetextureJob(out=tmp_path / "out", mesh=tmp_path / "given.npz", name="jar", settings=settings)


def test_the_recipe_leaves_pictures_mesh_and_report(job, made) -> None:
    (job.out / "retexture-jar.part").mkdir()  # what a killed run left
    result = recipe.run(job)
    assert Path(result.files["base_colour"]) == job.out / "retexture-jar" / "jar.png"
    picture, guessed = (np.asarray(Image.open(result.files[name])) for name in ("base_colour", "guessed"))
    assert picture.shape == (256, 256, 3) and guessed.shape == (256, 256) and set(np.unique(guessed)) == {0, 255}
    again = read_mesh(Path(result.files["mesh"]))
    assert np.array_equal(again.corner_uvs, made.mesh.corner_uvs)
    assert np.array_equal(again.polygons, made.mesh.polygons)
    face, _, places, uv = spread(made.mesh)
    seen = sample(guessed, uv)[:, 0] < 1
    assert psnr(sample(picture, uv)[seen], colour_at(places[seen], made.kinds[face[seen]])) > 22  # small photos
    summary = result.summary
    assert 0.8 < summary["seen"] <= 1 and summary["photos"] == 6 and summary["faces"] == len(made.kinds)
    assert not list(job.out.rglob("*.part"))


def test_moved_photos_are_found_again_or_named(job, tmp_path) -> None:
    shutil.move(tmp_path / "photos", tmp_path / "elsewhere")
    with pytest.raises(EngineError, match="6 of 6 photos are no longer in") as told:
        recipe.run(job)
    assert str(tmp_path / "photos") in told.value.sentence and "where they lie now" in told.value.advice
    assert not (job.out / "retexture-jar").exists()
    recipe.run(replace(job, photos=tmp_path / "elsewhere"))
    (tmp_path / "elsewhere" / "view_003.jpg").unlink()
    result = recipe.run(replace(job, photos=tmp_path / "elsewhere"))
    assert result.summary["photos"] == 5 and "1 of 6 photos" in result.summary["notes"][0]


def test_cameras_that_the_artist_moved_or_left_out(job, made) -> None:
    sparse = storage.read_sparse(job.out / ".maquette" / "sparse.npz")
    poses = {one.photo.name: one.cam_from_world for one in sparse.posed[:4]}
    before = recipe.run(job).summary
    write_mesh(job.mesh, replace(made.mesh, poses=poses))
    fewer = recipe.run(job).summary
    assert fewer["photos"] == 4 and fewer["seen"] < before["seen"]
    # The whole scene, carried elsewhere: cameras and mesh together look the same.
    shift = np.array([3.0, -2.0, 1.0])
    moved = {name: np.c_[pose[:, :3], pose[:, 3] - pose[:, :3] @ shift] for name, pose in poses.items()}
    surface = replace(made.mesh.surface, vertices=made.mesh.surface.vertices + shift.astype(np.float32))
    write_mesh(job.mesh, replace(made.mesh, surface=surface, poses=moved))
    assert abs(recipe.run(job).summary["seen"] - fewer["seen"]) < 0.01


def test_a_folder_without_a_run_is_refused(job, tmp_path) -> None:
    (tmp_path / "empty").mkdir()
    with pytest.raises(EngineError, match="holds no finished model"):
        recipe.run(replace(job, out=tmp_path / "empty"))


def test_words_become_the_job() -> None:
    words = ["retexture", "out", "--mesh", "a/Jar: new.obj", "--texture", "8192", "--new-uvs", "--tiles", "off"]
    job = job_of(parse([*words, "--photos", "p", "--device", "cpu"]))
    assert isinstance(job, RetextureJob) and job.name == "Jar_ new" and job.photos == Path("p").absolute()
    assert job.settings.texture.size == 8192 and job.settings.new_uvs and job.settings.tiles is Tiles.OFF


def test_an_obj_is_read_and_a_broken_one_refused(tmp_path) -> None:
    text = "v 1 2 3\nv 2 2 3\nv 2 3 3\nv 1 3 3\nvt 0 0\nvt 1 0\nvt 1 1\nvt 0 1\ns 1\nf 1/1 2/2 3/3 4/4\nf -4/1/1 -3/2 -2/3\n"
    (tmp_path / "a.obj").write_text(text)
    mesh = read_mesh(tmp_path / "a.obj")
    assert mesh.surface.faces.tolist() == [[0, 1, 2], [0, 2, 3], [0, 1, 2]] and mesh.polygons.tolist() == [0, 0, 1]
    assert mesh.surface.vertices[0].tolist() == [1, -3, 2]  # +Y up becomes +Z up
    assert mesh.corner_uvs[1].tolist() == [[0, 0], [1, 1], [0, 1]]
    (tmp_path / "b.obj").write_text("v 1 2 3\nv 2 2 3\nv 2 3 3\nf 1 2 3\n")
    assert read_mesh(tmp_path / "b.obj").corner_uvs is None
    for broken in ("v 1 2\nf 1 1 1\n", "v 1 2 3\nf 1 2 9\n", "v nan 2 3\nf 1 1 1\n", "f a b c\n"):
        (tmp_path / "c.obj").write_text(broken)
        with pytest.raises(EngineError, match="can't be read"):
            read_mesh(tmp_path / "c.obj")
    with pytest.raises(EngineError, match=r"\.obj"):
        read_mesh(tmp_path / "a.fbx")


def test_a_map_that_a_remesh_tore_is_replaced(made, truth) -> None:
    """Each corner's UV is that of some other place, as voxel remeshing leaves them."""
    rng = np.random.default_rng(1)
    torn = made.mesh.corner_uvs[rng.permutation(len(made.mesh.corner_uvs))][:, rng.permutation(3)]
    torn[:, 0] = made.mesh.corner_uvs[rng.permutation(len(torn)), 0]
    given, _, report = painted(replace(made.mesh, corner_uvs=torn), truth)
    assert report.record.counts["new_uvs"] and warnings(report) == {"uvs_torn"}
    assert not np.array_equal(given.corner_uvs, torn)
    stretched = made.mesh.corner_uvs * np.float32([1, 0.25])  # odd, but what the artist wanted
    assert not painted(replace(made.mesh, corner_uvs=stretched), truth)[2].record.counts["new_uvs"]


@pytest.mark.parametrize("shape", [(300, 70, 3), (513, 40), (1, 9, 3)])
def test_a_png_holds_what_was_put_in(tmp_path, shape) -> None:
    pixels = np.random.default_rng(0).integers(0, 255, shape).astype(np.uint8)
    write_png(tmp_path / "a.png", pixels, lambda: None)
    assert np.array_equal(np.asarray(Image.open(tmp_path / "a.png")), pixels)


def test_what_was_painted_is_carried_over_run_after_run(job, made, tmp_path) -> None:
    first = recipe.run(job)
    picture = np.asarray(Image.open(first.files["base_colour"])).copy()
    picture[20:40, 30:50] = (255, 0, 255)
    (tmp_path / "paint").mkdir()
    Image.fromarray(picture).save(tmp_path / "paint" / "painted.png")
    painting = replace(job, painted=tmp_path / "paint", painted_on=first.summary["stamp"])
    sculpted = replace(made.mesh.surface, vertices=made.mesh.surface.vertices * np.float32(1.01))
    write_mesh(job.mesh, replace(made.mesh, surface=sculpted))
    second = recipe.run(painting)
    after = np.asarray(Image.open(second.files["base_colour"])).astype(int)
    assert (after[20:40, 30:50] == (255, 0, 255)).all()
    elsewhere = np.ones(after.shape[:2], bool)
    elsewhere[20:40, 30:50] = False
    assert (np.abs(after - picture)[elsewhere] > 2).mean() > 0.05  # the rest was coloured anew
    guessed = np.asarray(Image.open(second.files["guessed"]))
    assert (guessed[20:40, 30:50] == 0).all()
    # The third run finds the paint in the second's picture, where it is no difference any more.
    Image.fromarray(after.astype(np.uint8)).save(tmp_path / "paint" / "painted.png")
    third = recipe.run(replace(painting, painted_on=second.summary["stamp"]))
    assert (np.asarray(Image.open(third.files["base_colour"]))[20:40, 30:50] == (255, 0, 255)).all()
    # Another object's texture by the same name, and other UVs: nothing is carried over.
    stranger = recipe.run(replace(painting, painted_on="another"))
    assert not (np.asarray(Image.open(stranger.files["base_colour"]))[20:40, 30:50] == (255, 0, 255)).all()
    write_mesh(job.mesh, replace(made.mesh, corner_uvs=made.mesh.corner_uvs * np.float32(0.9)))
    moved = recipe.run(replace(painting, painted_on=stranger.summary["stamp"]))
    assert any("UVs have changed" in note for note in moved.summary["notes"])
