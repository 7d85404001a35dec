"""The training code on toys: the network's shapes, the losses' zeros, the crops' coordinates, the export, and a loss that falls."""

from __future__ import annotations

import csv
from pathlib import Path

import cv2
import numpy as np
import pytest

torch = pytest.importorskip("torch", reason="training needs PyTorch, which the engine does not")

from tests.training import toy  # noqa: E402
from training import export, pool, validation  # noqa: E402
from training.batches import at_centres, batch, cut, cut_truth, placed  # noqa: E402
from training.losses import Weights, losses  # noqa: E402
from training.network import DepthNet, Plan, coordinates  # noqa: E402
from training.train import Options, rate_at, run  # noqa: E402
from training.unfold import unfold  # noqa: E402

SMALL = Plan(widths=(8, 16, 16, 32, 32), blocks=(1, 1, 1), dilations=(1, 2), decoder=(16, 16, 16))
SMALL_WORDS = "widths=16,32,32,64,64 blocks=1,1,1 dilations=1,2 decoder=32,32,32"
RECIPE = pool.Recipe(render="tests.training.toy:render", spoil="", height=96, width=128)


def exact(truth: np.ndarray) -> tuple[torch.Tensor, torch.Tensor]:
    """An answer that is right but for its scale, and the truth."""
    target = torch.from_numpy(truth.astype(np.float32))
    sky = torch.where(target == 0, 20.0, -20.0)
    return torch.stack([target.clamp_min(0) * 3.7, sky], 1), target


def test_the_answer_is_half_the_size_and_says_no_less_than_zero() -> None:
    net = DepthNet(SMALL).eval()
    for height, width in ((64, 96), (96, 64)):
        answer = net(torch.rand(2, 5, height, width))
        assert answer.shape == (2, 2, height // 2, width // 2)
        assert float(answer.min()) >= 0
        assert float(answer[:, 1].max()) <= 1


def test_coordinates_are_those_of_pixel_centres_over_half_the_longer_side() -> None:
    x, y = coordinates(32, 64)
    assert float(x[0, 0]) == pytest.approx((0.5 - 32) / 32)
    assert float(y[31, 0]) == pytest.approx((31.5 - 16) / 32)


def test_the_right_answer_costs_nothing_and_a_wrong_one_does() -> None:
    truth = toy.render(np.arange(4), 96, 128).inverse_depth
    right, target = exact(truth)
    _, terms = losses(right, target, Weights())
    for name in ("affine", "gradient", "normal", "sky"):
        assert float(terms[name]) < 1e-3, name
    for name in ("scale", "aligned"):  # a little is added before the logarithm, and where the depth varies little
        assert float(terms[name]) < 0.06, name
    shifted = right.clone()
    shifted[:, 0] += right[:, 0].mean()
    _, wrong = losses(shifted, target, Weights())
    assert float(wrong["affine"]) < 0.08  # a shift is forgiven here
    assert float(wrong["aligned"]) < 0.08
    assert float(wrong["scale"]) > 0.1  # and not here
    upside_down = right.flip(2)
    assert float(losses(upside_down, target, Weights())[0]) > float(losses(right, target, Weights())[0]) + 0.5


def test_unknown_pixels_and_empty_pictures_do_not_count() -> None:
    truth = toy.render(np.arange(2), 64, 96).inverse_depth
    right, target = exact(truth)
    spoiled = right.clone()
    spoiled[0, 0, :10] = 50.0
    target[0, :10] = -1
    target[1] = -1
    spoiled.requires_grad_(True)
    total, terms = losses(spoiled, target, Weights(), torch.rand(2, 8, 12))
    total.backward()
    assert float(terms["affine"]) < 1e-3
    assert bool(torch.isfinite(spoiled.grad).all())
    assert float(spoiled.grad[1].abs().max()) == 0


def test_a_crop_and_its_truth_lie_on_each_other() -> None:
    row, column = np.mgrid[0:120, 0:160]
    picture = np.stack([column, row, row * 0], 2).astype(np.uint8)
    rng = np.random.default_rng(5)
    for _ in range(5):
        way = placed((120, 160), (64, 96), rng)
        seen = cut(picture, way, (64, 96)).astype(float)
        there = cut_truth(column.astype(np.float16) + 1, way, (64, 96))
        halved = seen.reshape(32, 2, 48, 2, 3).mean((1, 3))[..., 0]
        known = there > 0
        assert known.mean() > 0.9
        assert np.abs(there - 1 - halved)[known].max() <= 2.1
        matrix = at_centres(way, 1)
        assert np.hypot(*matrix[:, 0]) <= 120 / 64 + 1e-6


def test_a_batch_holds_pictures_with_their_own_coordinates() -> None:
    scenes = toy.render(np.arange(3), 96, 128)

    def draw(rng: np.random.Generator) -> tuple[np.ndarray, np.ndarray]:
        k = int(rng.integers(3))
        return scenes.pictures[k], pool.packed(scenes.inverse_depth[k])

    inputs, truth = batch(draw, 3, np.random.default_rng(0), (64, 96))
    assert inputs.shape == (3, 5, 64, 96)
    assert inputs.is_contiguous(memory_format=torch.channels_last)
    assert truth.shape == (3, 32, 48)
    assert float(inputs[:, :3].min()) >= 0
    assert float(inputs[:, :3].max()) <= 1
    assert torch.equal(inputs[1, 3:], coordinates(64, 96))


def test_the_pool_gives_back_what_was_put(tmp_path: Path) -> None:
    one = toy.render(np.array([7]), 96, 128)
    there = pool.Pool(tmp_path / "pool", 4, 96 * 128)
    there.put(2, 3, one.pictures[0], one.inverse_depth[0])
    again = pool.Pool(tmp_path / "pool", 4, 96 * 128)  # another process's view
    picture, depth = again.draw(np.random.default_rng(0))
    assert (again.held(), again.made()) == (1, 3)
    assert np.array_equal(picture, one.pictures[0])
    assert np.median(depth[depth > 0]) == pytest.approx(1, rel=1e-3)
    there.remove()
    assert not (tmp_path / "pool").exists()


def test_held_out_scenes_are_the_same_at_every_call() -> None:
    first, second = (validation.held_out(RECIPE, 3, (64, 96)) for _ in range(2))
    assert np.array_equal(first.pictures, second.pictures)
    assert validation.judge(first.inverse_depth[0] * 5 + 2, first.inverse_depth[0])[1] == 1.0


def test_the_rate_rises_and_falls_with_the_time() -> None:
    assert rate_at(0) < rate_at(0.02) < rate_at(0.03) == pytest.approx(1, abs=0.01)
    assert rate_at(1.0) == pytest.approx(0.01)


def test_opencv_and_onnx_runtime_say_what_the_network_says(tmp_path: Path) -> None:
    runtime = pytest.importorskip("onnxruntime", reason="the comparison needs ONNX Runtime")
    net = export.untrained(SMALL)
    path = tmp_path / "net.onnx"
    export.write(net, path)
    session = runtime.InferenceSession(str(path), providers=["CPUExecutionProvider"])
    reader = cv2.dnn.readNetFromONNX(str(path))
    rng = np.random.default_rng(0)
    for height, width in ((96, 128), (160, 96)):
        picture = np.concatenate([rng.random((1, 3, height, width)), coordinates(height, width)[None].numpy()], 1)
        picture = picture.astype(np.float32)
        with torch.no_grad():
            ours = net(torch.from_numpy(picture)).numpy()
        (theirs,) = session.run(None, {"picture": picture})
        reader.setInput(picture)
        opencv = reader.forward()
        assert np.ptp(ours[:, 0]) > 0.01  # not a constant
        assert np.abs(opencv - theirs).max() < 1e-3
        assert np.abs(opencv - ours).max() < 5e-3 * np.abs(ours).max()  # the weights are stored as half floats


def test_a_short_run_learns_and_goes_on_after_a_kill(tmp_path: Path) -> None:
    options = Options(
        minutes=0.2,
        out=tmp_path / "run",
        render=RECIPE.render,
        spoil="",
        scene_height=96,
        scene_width=128,
        pool=tmp_path / "pool",
        slots=64,
        enough=24,
        held_out=6,
        batch=4,
        rate=3e-3,
        device="cpu",
        plan=SMALL_WORDS,
        log_every=1.0,
    )
    last = run(options)
    rows = list(csv.DictReader((tmp_path / "run" / "log.csv").open()))
    terms = ("affine", "aligned", "gradient", "coarse")  # as they are: in the sum some of them fade in
    assert sum(float(rows[-1][term]) for term in terms) < 0.8 * sum(float(rows[0][term]) for term in terms)
    figures = list(csv.DictReader((tmp_path / "run" / "held_out.csv").open()))
    assert 0 < float(figures[-1]["abs_rel"]) < 5
    steps = int(rows[-1]["step"])
    run(Options(**{**vars(options), "minutes": 0.25, "resume": last}))
    rows = list(csv.DictReader((tmp_path / "run" / "log.csv").open()))
    assert int(rows[-1]["step"]) > steps
    assert export.load(last).plan == export.load(last).eval().plan


def test_a_released_network_is_trainable_again_and_answers_as_before(tmp_path: Path) -> None:
    net = export.untrained(SMALL, seed=5)
    for name, number in net.named_parameters():
        if name.endswith("bias") and number.ndim == 1:
            torch.nn.init.normal_(number, std=0.1)  # as after training, when no two are alike
    export.write(net, tmp_path / "net.onnx")
    pictures = torch.rand(4, 5, 96, 128)
    again = unfold(tmp_path / "net.onnx", SMALL, pictures)
    with torch.no_grad():
        apart = (again(pictures) - net(pictures)).abs()
        seen = again.quarter[0][0](torch.relu(again.stem(pictures)))
    assert float(apart.mean()) < 2e-3 and float(apart.max()) < 0.03  # half floats are between them
    normal = again.quarter[0][1]  # has seen what training would have shown it
    torch.testing.assert_close(normal.running_mean, seen.mean((0, 2, 3)), atol=1e-4, rtol=1e-3)
    assert all(number.requires_grad for number in again.parameters())
