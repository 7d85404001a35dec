"""What photos cover, on a sphere and a box whose truth is known: counts, angles, resolution, occlusion, masks; and what is missing."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine import cli, storage
from engine.coverage import stage
from engine.coverage.looks import faces_of, widest_angle
from engine.coverage.places import look_at
from engine.coverage.residuals import fits
from engine.coverage.words import place_of
from engine.datatypes import Camera, CameraModel, FocalSource, Photo, PosedPhoto, Sparse, TexturedMesh, TriMesh
from engine.errors import EngineError
from engine.geometry import distort, moved_sparse
from engine.jobs import CoverageJob, decode, encode
from engine.recipes import coverage as recipe
from engine.report import Report
from engine.settings import CoverageSettings

SMALL = CoverageSettings(picture=200)
CENTRE, RADIUS, FAR, FOCAL = np.array([0, 0, 0.5]), 0.4, 2.0, 500.0


def sphere(rows: int = 32) -> TriMesh:
    """Standing above the ground, all measured."""
    u, v = np.meshgrid(np.linspace(0, 2 * np.pi, 2 * rows + 1)[:-1], np.linspace(0, np.pi, rows + 1))
    points = np.stack([np.sin(v) * np.cos(u), np.sin(v) * np.sin(u), np.cos(v)], -1).reshape(-1, 3)
    i, j = np.meshgrid(np.arange(rows), np.arange(2 * rows), indexing="ij")
    a, b = i * 2 * rows + j, i * 2 * rows + (j + 1) % (2 * rows)
    faces = np.concatenate([np.stack([a, a + 2 * rows, b], -1), np.stack([b, a + 2 * rows, b + 2 * rows], -1)])
    faces = faces.reshape(-1, 3).astype(np.int32)
    corner = points[faces]
    area = np.linalg.norm(np.cross(corner[:, 1] - corner[:, 0], corner[:, 2] - corner[:, 0]), axis=1)
    faces = faces[area > 1e-9]
    return TriMesh(
        vertices=(CENTRE + RADIUS * points).astype(np.float32), faces=faces, filled=np.zeros(len(faces), bool)
    )


def photo(name: str, path: Path = Path("gone.jpg"), mask: Path | None = None) -> Photo:
    return Photo(
        name=name, path=path, content_hash=name, width=400, height=300, orientation=1, working_width=400,
        working_height=300, focal_px=FOCAL, focal_source=FocalSource.GUESS, camera_key="made up", sharpness=1.0,
        brightness=0.5, mask=mask,
    )  # fmt: skip


def around(azimuths: list[float], elevations: tuple[float, ...] = (15.0,), aim: np.ndarray = CENTRE) -> Sparse:
    """Cameras about `aim`, FAR away; azimuth -90 is the front. The points lie on the sphere, each seen where it projects."""
    eyes = [
        aim + FAR * np.array([np.cos(e) * np.cos(a), np.cos(e) * np.sin(a), np.sin(e)])
        for e in np.radians(elevations)
        for a in np.radians(azimuths)
    ]
    posed = tuple(
        PosedPhoto(photo=photo(f"view_{i:02d}.jpg"), camera_id=1, cam_from_world=look_at(eye, aim))
        for i, eye in enumerate(eyes)
    )
    camera = Camera(model=CameraModel.PINHOLE, width=400, height=300, params=(FOCAL, FOCAL, 200, 150))
    points = CENTRE + RADIUS * np.random.default_rng(0).standard_normal((40, 3)) / 3
    seen = [_project(camera, one, points) for one in posed]
    return Sparse(
        cameras={1: camera}, posed=posed, points_in_world=points, point_colours=np.zeros((40, 3), np.uint8),
        point_errors=np.zeros(40, np.float32), seen_point=np.tile(np.arange(40, dtype=np.int32), len(posed)),
        seen_posed=np.repeat(np.arange(len(posed), dtype=np.int32), 40),
        seen_pixel=np.concatenate(seen).astype(np.float32),
    )  # fmt: skip


def _project(camera: Camera, posed: PosedPhoto, points: np.ndarray) -> np.ndarray:
    cam = points @ posed.cam_from_world[:, :3].T + posed.cam_from_world[:, 3]
    return distort(camera, cam[:, :2] / cam[:, 2:]) * FOCAL + [200, 150]


def truly_seen(mesh: TriMesh, sparse: Sparse, limit: float) -> np.ndarray:
    """(N, F) whether the cosine between a face's normal and the way to the camera is above `limit`: on a sphere, that is all."""
    shape = faces_of(mesh)
    out = []
    for posed in sparse.posed:
        way = -posed.cam_from_world[:, :3].T @ posed.cam_from_world[:, 3] - shape.middles
        out.append((way * shape.normals).sum(1) / np.linalg.norm(way, axis=1) > limit)
    return np.array(out)


def run(mesh: TriMesh, sparse: Sparse, ghosts: int = 6) -> stage.Coverage:
    return stage.run(mesh, sparse, CoverageSettings(ghosts=ghosts), Report())


def test_counts_angles_and_resolution_on_a_sphere():
    mesh, sparse = sphere(), around([-90, -30, 30, 100, 170, 220])
    looks = run(mesh, sparse, ghosts=0).looks
    sure, never = truly_seen(mesh, sparse, 0.25).sum(0), truly_seen(mesh, sparse, 0.08).sum(0)
    assert (looks.photos >= sure).all() and (looks.photos <= never).all()
    assert (sure == never).mean() > 0.5 and looks.photos.max() == 3  # so the bounds say something
    shape = faces_of(mesh)
    front = np.linalg.norm(
        shape.middles - (CENTRE + RADIUS * np.array([0, -np.cos(0.26), np.sin(0.26)])), axis=1
    ).argmin()
    assert looks.pixel[front] == pytest.approx((FAR - RADIUS) / FOCAL, rel=0.02)


def test_the_widest_angle_is_that_of_all_pairs():
    rng = np.random.default_rng(4)
    middles, centres = rng.standard_normal((300, 3)) * 0.3, list(rng.uniform([-4, -4, 1], [4, 4, 9], (15, 3)))
    seen = rng.random((15, 300)) < 0.4
    found = widest_angle(centres, [np.packbits(row) for row in seen], middles, lambda: None)
    ways = np.array(centres)[:, None] - middles
    ways /= np.linalg.norm(ways, axis=2, keepdims=True)
    pairs = np.degrees(np.arccos(np.clip(np.einsum("nfc,mfc->nmf", ways, ways), -1, 1)))
    pairs[~(seen[:, None] & seen[None])] = 0
    truth = pairs.max((0, 1))
    assert (found <= truth + 0.1).all() and (found > truth - 12).all()
    assert (np.abs(found - truth) < 0.1).mean() > 0.9
    assert (found[seen.sum(0) <= 1] < 0.1).all()


def wall_before(mesh: TriMesh) -> TriMesh:
    """A plate between the front camera and the sphere."""
    plate = np.array([[-0.42, -0.45, 0.2], [0.42, -0.45, 0.2], [0.42, -0.45, 1.05], [-0.42, -0.45, 1.05]], np.float32)
    faces = np.array([[0, 1, 2], [0, 2, 3]], np.int32)
    return TriMesh(
        vertices=np.concatenate([mesh.vertices, plate]),
        faces=np.concatenate([mesh.faces, faces + len(mesh.vertices)]),
        filled=np.zeros(len(mesh.faces) + 2, bool),
    )


def test_what_stands_before_hides_and_a_back_is_not_seen():
    mesh = wall_before(sphere())
    looks = run(mesh, around([-90]), ghosts=0).looks
    assert (looks.photos[:-2] == 0).all() and (looks.photos[-2:] == 1).all()
    looks = run(mesh, around([90]), ghosts=0).looks
    assert (looks.photos[-2:] == 0).all() and (looks.photos[:-2] == 1).sum() > 400


def test_what_a_mask_takes_away_is_not_seen(tmp_path):
    keep = np.zeros((300, 400), np.uint8)
    keep[:, :200] = 255
    Image.fromarray(keep).save(tmp_path / "mask.png")
    sparse = around([-90])
    masked = replace(sparse.posed[0], photo=photo("a.jpg", mask=tmp_path / "mask.png"))
    mesh = sphere()
    looks = run(mesh, replace(sparse, posed=(masked,)), ghosts=0).looks
    x = faces_of(mesh).middles[:, 0]
    assert (looks.photos[x > 0.01] == 0).all() and looks.photos[x < -0.02].sum() > 200
    # a mask that is gone is left out, and nothing breaks
    (tmp_path / "mask.png").unlink()
    looks = run(mesh, replace(sparse, posed=(masked,)), ghosts=0).looks
    assert looks.photos[x > 0.05].sum() > 200


def direction(ghost: stage.Proposal) -> np.ndarray:
    way = ghost.view.centre_in_world - CENTRE
    return way / np.linalg.norm(way)


def test_a_missing_side_gets_the_ghost_cameras():
    sparse = around([180 + 25 * k for k in range(-4, 5)], (10, 40))  # from -X, the back of +X is never seen
    found = run(sphere(), sparse)
    ghosts = found.proposal.ghosts
    assert 3 <= len(ghosts) <= 6
    assert direction(ghosts[0])[0] > 0.6
    assert sum(direction(ghost)[0] > 0 for ghost in ghosts) >= len(ghosts) - 1
    assert ghosts[0].gain > 0.15 and ghosts[0].turn > 40
    for ghost in ghosts:  # as far off as the photos, above the ground, looking at the subject, the same lens
        eye = ghost.view.centre_in_world
        assert np.linalg.norm(eye - CENTRE) == pytest.approx(FAR, rel=0.25) and eye[2] > 0.05
        assert (CENTRE - eye) @ ghost.view.rotation[2] / np.linalg.norm(CENTRE - eye) > 0.95
        assert ghost.view.camera == sparse.cameras[1]
    assert found.proposal.thin > 0.15


def test_photos_where_the_ghosts_stood_leave_less_to_do():
    before = run(sphere(), around([180 + 25 * k for k in range(-4, 5)], (10, 40)))
    sparse = around([180 + 25 * k for k in range(-4, 5)], (10, 40))
    more = tuple(
        PosedPhoto(photo=photo(f"new_{i}.jpg"), camera_id=1, cam_from_world=ghost.view.cam_from_world)
        for i, ghost in enumerate(before.proposal.ghosts)
    )
    after = run(sphere(), replace(sparse, posed=sparse.posed + more))
    assert after.proposal.thin < before.proposal.thin / 2
    assert sum(g.gain for g in after.proposal.ghosts) < sum(g.gain for g in before.proposal.ghosts) / 2


def test_a_good_capture_needs_nothing():
    found = run(sphere(), around(list(range(0, 360, 20)), (-5, 30, 60)))
    assert len(found.proposal.ghosts) <= 1 and found.proposal.thin < 0.05
    assert found.shares[-1] > 0.9 and sum(found.shares) == pytest.approx(1)


def test_what_lies_on_the_ground_asks_for_nothing():
    """The underside can't be seen from anywhere: it makes no ghost go below the ground."""
    ground = np.array([[-9, -9, 0], [9, -9, 0], [9, 9, 0], [-9, 9, 0]], np.float32)
    ball = sphere()
    mesh = TriMesh(
        vertices=np.concatenate([ball.vertices - [0, 0, 0.1], ground]).astype(np.float32),
        faces=np.concatenate([ball.faces, np.array([[0, 1, 2], [0, 2, 3]], np.int32) + len(ball.vertices)]),
        filled=np.zeros(len(ball.faces) + 2, bool),
    )
    found = run(mesh, around(list(range(0, 360, 20)), (12, 40)))
    assert all(ghost.view.centre_in_world[2] > 0.05 for ghost in found.proposal.ghosts)


def test_errors_of_cameras_in_pixels_of_the_photo():
    sparse = around(list(range(0, 360, 40)))
    lens = Camera(model=CameraModel.RADIAL, width=400, height=300, params=(FOCAL, 200, 150, 0.1, 0.02))
    pixels = np.concatenate([_project(lens, posed, sparse.points_in_world) for posed in sparse.posed])
    pixels += np.random.default_rng(2).normal(0, 0.2, pixels.shape)
    pixels[sparse.seen_posed == 3] += [4, 3]
    found = fits(replace(sparse, cameras={1: lens}, seen_pixel=pixels.astype(np.float32)))
    assert found[3].error_px == pytest.approx(5, abs=0.3) and found[3].doubtful
    assert all(
        0.1 < fit.error_px < 0.4 and not fit.doubtful and fit.points == 40 for i, fit in enumerate(found) if i != 3
    )


def test_a_moved_world_covers_the_same():
    """The artist's world is turned, moved and three times as large: the same photos, the same counts, threefold pixels."""
    mesh, sparse = sphere(24), around([-90, -50, 0, 60], (10, 40))
    angle = 0.8
    turn = np.array([[np.cos(angle), -np.sin(angle), 0], [np.sin(angle), np.cos(angle), 0], [0, 0, 1]])
    placed = np.eye(4)
    placed[:3, :3], placed[:3, 3] = 3 * turn, [4, 5, 0.2]
    there = replace(mesh, vertices=(mesh.vertices @ placed[:3, :3].T + placed[:3, 3]).astype(np.float32))
    moved = moved_sparse(sparse, placed)
    here, far = run(mesh, sparse, ghosts=0), run(there, moved, ghosts=0)
    assert (here.looks.photos != far.looks.photos).mean() < 0.01
    assert np.abs(here.looks.angle - far.looks.angle).max() < 1 or (here.looks.photos != far.looks.photos).any()
    seen = (here.looks.pixel > 0) & (far.looks.pixel > 0)
    assert np.allclose(far.looks.pixel[seen], 3 * here.looks.pixel[seen], rtol=0.05)
    assert [fit.error_px for fit in fits(moved)] == pytest.approx([fit.error_px for fit in fits(sparse)], abs=1e-3)


def test_places_in_words():
    assert place_of(np.array([0, -1, 0.05])) == "From the front, level"
    assert place_of(np.array([1, 0, 0.4])) == "From the right, a little above"
    assert place_of(np.array([-0.1, 1, 1])) == "From behind, from above"
    assert place_of(np.array([0.01, 0, 1])) == "From straight above"


@pytest.fixture
def finished(tmp_path) -> Path:
    """A run's OUT with a textured sphere that was seen from one side."""
    out = tmp_path / "Bäll"
    (out / ".maquette").mkdir(parents=True)
    mesh = sphere()
    size = 64
    storage.write_sparse(out / ".maquette" / "sparse.npz", around([180 + 30 * k for k in range(-2, 3)], (10, 40)))
    storage.write_textured(
        out / ".maquette" / "textured.npz",
        TexturedMesh(
            mesh=mesh, source_vertex=np.arange(len(mesh.vertices), dtype=np.int32),
            uvs=np.zeros((len(mesh.vertices), 2), np.float32), base_colour=np.full((size, size, 3), (200, 60, 40), np.uint8),
            guessed=np.zeros((size, size), bool),
        ),
    )  # fmt: skip
    return out


def test_the_recipe_writes_all_of_it(finished):
    event = recipe.run(CoverageJob(out=finished, settings=SMALL))
    told = json.loads(Path(event.files["coverage"]).read_text(encoding="utf-8"))
    assert told == event.summary and told["verdict"].startswith("Thinly covered")
    with np.load(event.files["faces"]) as arrays:
        assert {name: arrays[name].shape for name in arrays.files} == dict.fromkeys(
            ("photos", "angle", "pixel", "filled"), (told["faces"],)
        )
    assert len(told["cameras"]) == 10 and 3 <= len(told["ghosts"]) <= 6
    for ghost in told["ghosts"]:
        picture = np.asarray(Image.open(finished / "coverage" / ghost["picture"]))
        assert picture.shape == (150, 200, 3)
        red = (picture[..., 0].astype(int) - picture[..., 2]) > 60
        assert 0.02 < red.mean() < 0.5 and red[50:100, 62:138].mean() > 0.2  # the phone sees the ball, in the middle
    assert [ghost["rank"] for ghost in told["ghosts"]] == list(range(1, len(told["ghosts"]) + 1))


def test_the_recipe_takes_the_mesh_as_it_is_now(finished):
    ball = sphere(20)
    placed = np.diag([2.0, 2, 2, 1])
    np.savez(finished / "now.npz", vertices=ball.vertices * 2, faces=ball.faces, world_from_solved=placed)
    event = recipe.run(CoverageJob(out=finished, mesh=finished / "now.npz", settings=SMALL))
    assert event.summary["faces"] == len(ball.faces)
    eye = np.array(event.summary["ghosts"][0]["cam_from_world"])
    eye = -eye[:, :3].T @ eye[:, 3]
    assert np.linalg.norm(eye - 2 * CENTRE) == pytest.approx(2 * FAR, rel=0.25)
    np.savez(finished / "now.npz", vertices=ball.vertices, faces=ball.faces + 9999)
    with pytest.raises(EngineError, match="names a vertex that is not there"):
        recipe.run(CoverageJob(out=finished, mesh=finished / "now.npz"))


def test_a_folder_without_a_model_is_said_in_words(tmp_path):
    with pytest.raises(EngineError, match="no finished model"):
        recipe.run(CoverageJob(out=tmp_path))


def test_words_become_the_job(tmp_path):
    job = cli.job_of(cli.parse(["coverage", str(tmp_path), "--mesh", "m.npz", "--ghosts", "3", "--device", "cpu"]))
    assert isinstance(job, CoverageJob) and job.out == tmp_path and job.settings.ghosts == 3
    assert job.mesh is not None and job.mesh.is_absolute()
    assert decode(encode(job)) == job
