"""`engine stage`, from a photo to its files: what is written, what a rerun skips, what goes wrong."""

from __future__ import annotations

import io
import json
from pathlib import Path

import numpy as np
import pytest
from PIL import Image

from engine.datatypes import U8
from engine.errors import Cancelled, EngineError
from engine.jobs import StageJob, decode, encode
from engine.mono import stage as mono_stage
from engine.mono.cards import Card, card_of
from engine.mono.guess import Guess
from engine.protocol import Event, PreviewEvent, ResultEvent, StageEvent
from engine.recipes import stage as recipe
from engine.recipes import stage_layers
from engine.report import Report
from engine.settings import Back, LayerSettings, MoveSettings, ReliefSettings, StageSettings
from engine.single_storage import read_stage
from tests.staged import make_photo, truth

NO_FILM = MoveSettings(height=0)


class Knowing:
    """A provider that knows the truth of the made-up photo."""

    card: Card = card_of("embedded")
    asked = 0

    def read(self, picture: U8, focal_px: float | None, report: Report) -> Guess:
        type(self).asked += 1
        _, depth, what = truth()
        return Guess(
            inverse_depth=np.where(np.isinf(depth), 0, 1 / depth).astype(np.float32), sky=(what == 0).astype(np.float32)
        )


@pytest.fixture(autouse=True)
def knowing(monkeypatch: pytest.MonkeyPatch) -> None:
    Knowing.asked = 0
    weights = Path(__file__)  # any file stands for the network's
    monkeypatch.setattr("engine.recipes.mono.EMBEDDED_FILE", weights)
    monkeypatch.setattr(mono_stage, "provider_of", lambda settings: Knowing())


def staged_of(photo: Path, out: Path, **relief: object) -> tuple[list[Event], dict[str, str]]:
    events: list[Event] = []
    settings = StageSettings(relief=ReliefSettings(**relief), move=NO_FILM)  # type: ignore[arg-type]
    job = StageJob(photo=photo, out=out, settings=settings)
    assert decode(encode(job)) == job
    result = recipe.run(job, events.append)
    return events, result.files


def test_the_files_are_those_that_the_brief_names(tmp_path: Path) -> None:
    photo = make_photo(tmp_path)
    before = photo.read_bytes()
    _, files = staged_of(photo, tmp_path / "out", faces=2000)
    assert {"relief", "depth", "colour", "camera", "preview", "report", "stage"} <= set(files)
    assert all(Path(file).is_file() for file in files.values())
    assert photo.read_bytes() == before
    camera = json.loads(Path(files["camera"]).read_text())
    assert camera["width"], camera["height"] == Image.open(photo).size
    report = json.loads(Path(files["report"]).read_text())
    assert {"seconds", "peak_mb", "faces", "stages"} <= set(report)
    staged = read_stage(Path(files["stage"]))
    assert len(staged.relief.mesh.faces) == report["faces"] <= 2000


def test_other_relief_settings_redo_no_depth(tmp_path: Path) -> None:
    photo = make_photo(tmp_path)
    staged_of(photo, tmp_path / "out", faces=2000)
    events, _ = staged_of(photo, tmp_path / "out", faces=1000)
    skipped = {event.name: event.skipped for event in events if isinstance(event, StageEvent)}
    assert skipped["mono"] and skipped["layers"] and not skipped["relief"]
    assert Knowing.asked == 1
    events, _ = staged_of(photo, tmp_path / "out", faces=1000)
    assert all(e.skipped for e in events if isinstance(e, StageEvent) and e.name in ("mono", "relief", "layers"))


def test_the_glb_holds_the_photo_itself_and_its_camera(tmp_path: Path) -> None:
    photo = make_photo(tmp_path)
    _, files = staged_of(photo, tmp_path / "out", faces=1000)
    data = Path(files["relief"]).read_bytes()
    assert photo.read_bytes() in data, "the photo was packed anew"
    length = int.from_bytes(data[12:16], "little")
    document = json.loads(data[20 : 20 + length])
    staged = read_stage(Path(files["stage"]))
    lens = document["cameras"][0]["perspective"]
    assert lens["yfov"] == pytest.approx(2 * np.arctan(72 / 2 / (staged.mono.K[1, 1] * 72 / staged.mono.sky.shape[0])))
    assert lens["aspectRatio"] == pytest.approx(96 / 72)
    assert document["materials"][0]["extensions"] == {"KHR_materials_unlit": {}}
    # the node's −z axis is where the camera looks, its +y what is up in the photo
    x, y, z, w = next(node for node in document["nodes"] if "camera" in node)["rotation"]
    ahead = -np.array([2 * (x * z + w * y), 2 * (y * z - w * x), 1 - 2 * (x * x + y * y)])
    world = staged.cam_from_world[2, :3]
    assert np.allclose(ahead, [world[0], world[2], -world[1]], atol=1e-6)


def test_a_turned_photo_is_packed_upright_without_loss(tmp_path: Path) -> None:
    from engine.export.picture import picture_for_glb
    from engine.recipes.mono import read_photos
    from engine.settings import MonoSettings

    pixels = truth()[0]
    turned = Image.fromarray(np.ascontiguousarray(np.rot90(pixels)))
    exif = Image.Exif()
    exif[0x0112] = 6  # to be turned clockwise to be upright
    turned.save(tmp_path / "turned.png", exif=exif)
    photo = read_photos([tmp_path / "turned.png"], MonoSettings(), Report())[0]
    packed = picture_for_glb(photo)
    assert not packed.original and packed.mime == "image/png"
    shown = np.asarray(Image.open(io.BytesIO(packed.data)).convert("RGB"))
    assert np.array_equal(shown, pixels)


def test_a_damaged_workspace_is_made_again(tmp_path: Path) -> None:
    photo = make_photo(tmp_path)
    _, files = staged_of(photo, tmp_path / "out", faces=2000)
    stage = Path(files["stage"])
    data = stage.read_bytes()
    stage.write_bytes(data[:3000] + bytes(100) + data[3100 : len(data) - 50] + bytes(50))
    staged_of(photo, tmp_path / "out", faces=2000)
    assert read_stage(stage).relief.mesh.faces.size


def test_a_folder_of_photos_is_refused(tmp_path: Path) -> None:
    make_photo(tmp_path)
    Image.fromarray(truth()[0][::-1]).save(tmp_path / "other.png")
    with pytest.raises(EngineError, match="holds 2 photos"):
        staged_of(tmp_path, tmp_path.parent / "out")


def test_a_cancel_leaves_nothing_half_written(tmp_path: Path) -> None:
    import threading

    stop = threading.Event()

    def cancel(event: Event) -> None:
        if isinstance(event, StageEvent) and event.name == "relief":
            stop.set()

    job = StageJob(photo=make_photo(tmp_path), out=tmp_path / "out")
    with pytest.raises(Cancelled):
        recipe.run(job, cancel, stop)
    assert not list((tmp_path / "out").rglob("*.part"))
    assert not (tmp_path / "out" / "report.json").exists()
    assert Back.OPEN is job.settings.relief.back


def test_the_relief_is_there_before_its_layers_and_kept_if_they_are_not_made(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    photo, out = make_photo(tmp_path), tmp_path / "out"
    early: list[tuple[int, int]] = []

    def look(event: Event) -> None:
        if isinstance(event, PreviewEvent) and event.what == "stage":
            staged = read_stage(Path(event.path))
            early.append((len(staged.relief.mesh.faces), len(staged.layers)))

    def stopped(*_: object) -> None:
        raise Cancelled

    job = StageJob(photo=photo, out=out, settings=StageSettings(relief=ReliefSettings(faces=2000), move=NO_FILM))
    with monkeypatch.context() as patched:
        patched.setattr(stage_layers, "layers", stopped)
        with pytest.raises(Cancelled):
            recipe.run(job, look)
    assert len(early) == 1 and early[0][0] > 100 and early[0][1] == 0
    events, files = staged_of(photo, out, faces=2000)
    skipped = {event.name: event.skipped for event in events if isinstance(event, StageEvent)}
    assert skipped["mono"] and skipped["relief"] and not skipped["layers"]
    assert len(read_stage(Path(files["stage"])).layers) > 1


def test_without_layers_the_relief_alone_is_made(tmp_path: Path) -> None:
    settings = StageSettings(relief=ReliefSettings(faces=2000), layers=LayerSettings(count=0), move=NO_FILM)
    result = recipe.run(StageJob(photo=make_photo(tmp_path), out=tmp_path / "out", settings=settings))
    assert isinstance(result, ResultEvent)
    staged = read_stage(Path(result.files["stage"]))
    assert staged.layers == () and staged.sway == 0 and staged.pivot > 0 and len(staged.relief.mesh.faces) > 100
