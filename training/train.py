"""Trains the embedded depth network on endless made-up scenes: `python -m training.train --minutes N --out DIR`.

The learning rate follows the clock, so any budget ends with a small one. A killed run goes on where it was: --resume DIR/last.pt.
"""

from __future__ import annotations

import argparse
import copy
import csv
import ctypes
import math
import os
import platform
import sys
import time
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from dataclasses import asdict, dataclass, fields, replace
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import torch
from torch import Tensor, nn

from training.batches import MIDDLE, SIZES, SMALL, batch, one_of, real_pairs
from training.losses import Weights, losses
from training.network import DepthNet, Plan, parameters_in, plan_of
from training.pool import Makers, Pool, Recipe, usual_folder
from training.unfold import unfold
from training.validation import floor_guess, held_out_aside, verdict

WARM_UP = 0.03  # of the time
LAST_RATE = 0.01  # of the highest rate
SAVE_EVERY = 60.0  # seconds
AVERAGE_OVER = 600  # steps that the averaged weights look back on, once there are as many


@dataclass(frozen=True, kw_only=True)
class Options:
    """A run."""

    minutes: float
    out: Path
    seed: int = 0
    threads: int = 1
    makers: int = 1
    device: str = "auto"
    resume: Path | None = None
    start: Path | None = None  # a network that was released, to go on from: embedded.onnx
    real: Path | None = None
    real_share: float = 0.04
    batch: int = 16
    rate: float = 1e-3
    decay: float = 0.02
    slots: int = 8000
    enough: int = 500  # scenes to begin with
    held_out: int = 64
    judge_every: float = 3.0  # minutes
    log_every: float = 20.0  # seconds
    render: str = Recipe.render
    spoil: str = Recipe.spoil
    scene_height: int = 240
    scene_width: int = 320
    pool: Path | None = None
    shards: Path | None = None  # a folder of NAME.npz (pictures, inverse) rendered before, to begin with
    plan: str = ""  # changes to the plan: "widths=32,64,96,128,192 blocks=1,1,2"
    small: float = 0.5  # this share of the time at half the size, with one and a half times the batch
    middle: float = 0.75  # until this share of the time at two thirds of it
    weights: str = ""  # changes to the losses' weights: "gradient=1 order=0"

    @property
    def recipe(self) -> Recipe:
        return Recipe(
            render=self.render,
            spoil=self.spoil,
            height=self.scene_height,
            width=self.scene_width,
            gpu=self.device == "cuda",
        )


def main(words: list[str] | None = None) -> int:
    """Runs the command."""
    parser = argparse.ArgumentParser(prog="python -m training.train", description=__doc__)
    for field in fields(Options):
        name = "--" + field.name.replace("_", "-")
        kind = {"Path": Path, "Path | None": Path, "int": int, "float": float, "str": str}[str(field.type)]
        if field.name in ("minutes", "out"):
            parser.add_argument(name, type=kind, required=True)
        else:
            parser.add_argument(name, type=kind, default=field.default)
    run(Options(**vars(parser.parse_args(words))))
    return 0


def run(options: Options) -> Path:
    """Trains until the time is over; gives the last checkpoint."""
    options = replace(options, device=_device(options.device))
    _be_quick(options)
    options.out.mkdir(parents=True, exist_ok=True)
    pool = Pool(options.pool or usual_folder(options.out), options.slots, _room(options.recipe))
    makers = Makers(pool, options.recipe, options.seed, options.makers, options.shards)
    try:
        trainer = Trainer(options)
        _wait(pool, makers, options)
        if options.start and not options.resume:
            trainer.begin_from(options.start, pool)
        trainer.train(pool, makers)
    finally:
        makers.stop()
    if options.pool is None:
        pool.remove()
    return options.out / "last.pt"


def _device(asked: str) -> str:
    return asked if asked != "auto" else "cuda" if torch.cuda.is_available() else "cpu"


def _be_quick(options: Options) -> None:
    torch.set_num_threads(options.threads)
    cv2.setNumThreads(1)
    torch.manual_seed(options.seed)
    torch.backends.cudnn.benchmark = True
    if options.device == "cpu" and platform.system() == "Linux":
        libc = ctypes.CDLL(None)
        libc.mallopt(-4, 0)  # M_MMAP_MAX: big tensors are kept and used again, not mapped anew at every step
        libc.mallopt(-1, 1 << 30)  # M_TRIM_THRESHOLD


def _room(recipe: Recipe) -> int:
    return max(int(np.prod(recipe.shape(choice))) for choice in np.linspace(0, 1, 101))


def _wait(pool: Pool, makers: Makers, options: Options) -> None:
    """Until there are scenes enough to begin."""
    began = time.monotonic()
    while pool.held() < min(options.enough, options.slots):
        time.sleep(0.5)
        makers.look(pool)
    print(f"{pool.held()} scenes after {time.monotonic() - began:.0f} s", flush=True)


def _changed(default: Any, words: str) -> Any:
    """A dataclass with the changes of 'name=1,2 name=0.5'."""
    changes = {}
    for word in words.split():
        name, _, value = word.partition("=")
        was = getattr(default, name)
        changes[name] = tuple(int(v) for v in value.split(",")) if isinstance(was, tuple) else type(was)(value)
    return replace(default, **changes)


class Trainer:
    """The network, its optimiser, its averaged twin and its log."""

    def __init__(self, options: Options):
        self.options, self.device = options, options.device
        saved = torch.load(options.resume, map_location="cpu", weights_only=True) if options.resume else None
        self.plan = plan_of(saved) if saved else _changed(Plan(), options.plan)
        self.weights = _changed(Weights(), options.weights)
        self.net = DepthNet(self.plan).to(self.device, memory_format=torch.channels_last)
        self.average = copy.deepcopy(self.net).requires_grad_(False)
        self.optimiser = torch.optim.AdamW(
            _groups(self.net, options.decay), lr=options.rate, betas=(0.9, 0.98), fused=True
        )
        self.step, self.images, self.seconds = 0, 0, 0.0
        if saved:
            self.net.load_state_dict(saved["model"])
            self.average.load_state_dict(saved["average"])
            self.optimiser.load_state_dict(saved["optimiser"])
            self.step, self.images, self.seconds = saved["step"], saved["images"], saved["seconds"]
        self.scenes = held_out_aside(options.recipe, options.held_out)
        self.real = real_pairs(options.real) if options.real else []
        self.log = Log(options.out, fresh=saved is None)
        floor = floor_guess(self.scenes)
        print(
            f"{parameters_in(self.net) / 1e6:.2f} M numbers on {self.device}; {len(self.real)} real pairs; "
            f"'the floor is near' on the held-out scenes: AbsRel {floor.abs_rel:.3f} (middle scene {floor.abs_rel_middle:.3f}), delta1 {floor.delta1:.3f}",
            flush=True,
        )

    def begin_from(self, path: Path, pool: Pool) -> None:
        """A released network's answers are this one's first."""
        inputs, _ = batch(pool.draw, 64, np.random.default_rng(self.options.seed), SIZES[0][0])
        self.net.load_state_dict(unfold(path, self.plan, inputs).state_dict())
        self.average.load_state_dict(self.net.state_dict())
        self._judge()

    @property
    def done(self) -> float:
        """The share of the time that is over."""
        return self.seconds / (self.options.minutes * 60)

    @property
    def is_small(self) -> bool:
        """Whether the pictures are still of half the size: four times as many a second, and the layout is in them."""
        return self.done < self.options.small

    def train(self, pool: Pool, makers: Makers) -> None:
        """Until the clock says so."""
        began, before = time.monotonic(), self.seconds
        saved = judged = logged = self.seconds
        seen = self.images
        sums, fetching, counted = {}, 0.0, 0
        batches = self._batches(pool)
        while self.seconds < self.options.minutes * 60:
            fetched = time.monotonic()
            inputs, truth = next(batches)
            fetching += time.monotonic() - fetched
            terms = self._learn(inputs, truth)
            counted += 1
            for name, value in terms.items():
                sums[name] = sums.get(name, 0.0) + value
            self.seconds = before + time.monotonic() - began
            if self.seconds - logged > self.options.log_every:
                spent = self.seconds - logged
                figures = {name: float(value) / counted for name, value in sums.items()}
                self.log.progress(self, spent, self.images - seen, fetching / spent, pool.made(), figures)
                sums, fetching, counted, logged, seen = {}, 0.0, 0, self.seconds, self.images
                makers.look(pool)
            if self.seconds - judged > self.options.judge_every * 60:
                self._judge()
                judged = self.seconds
            if self.seconds - saved > SAVE_EVERY:
                self.save()
                saved = self.seconds
        self._judge()
        self.save()

    def _learn(self, inputs: Tensor, truth: Tensor) -> dict[str, Tensor]:
        """One step; gives its losses."""
        for group in self.optimiser.param_groups:
            group["lr"] = self.options.rate * rate_at(self.done)
        self.net.train()
        inputs = inputs.to(self.device, non_blocking=True)
        with torch.autocast(self.device, torch.bfloat16):
            answer, coarse = self.net(inputs)
        total, terms = losses(answer, truth.to(self.device, non_blocking=True), self._asked(), coarse)
        self.optimiser.zero_grad(set_to_none=True)
        total.backward()
        length = nn.utils.clip_grad_norm_(self.net.parameters(), 1.0)
        if torch.isfinite(length):
            self.optimiser.step()
            self.step += 1
            self.images += len(inputs)
            self._follow()
        return {"loss": total.detach(), **terms, "gradient_length": length.detach()}

    def _asked(self) -> Weights:
        """First the layout, up to scale alone; then shapes, edges and surfaces, which early on would push the answer flat."""
        shown = 1.0 if self.options.start else min(1.0, max(0.05, (self.done - 0.1) / 0.4))
        w = self.weights
        return replace(w, affine=w.affine * max(0.2, shown), gradient=w.gradient * shown, normal=w.normal * shown)

    @torch.no_grad()
    def _follow(self) -> None:
        """The averaged weights come after."""
        part = max(1 / AVERAGE_OVER, 1 / (1 + self.step / 4))
        own, now = self.average.state_dict(), self.net.state_dict()
        floats = [name for name, value in own.items() if value.is_floating_point()]
        torch._foreach_lerp_([own[name] for name in floats], [now[name] for name in floats], part)

    def _batches(self, pool: Pool) -> Iterator[tuple[Tensor, Tensor]]:
        """Endless batches; on a GPU a few threads make them ahead."""
        options = self.options

        def draw(rng: np.random.Generator) -> Any:
            if self.real and rng.random() < options.real_share:
                return self.real[int(rng.integers(len(self.real)))]
            return pool.draw(rng)

        def make(number: int) -> tuple[Tensor, Tensor]:
            rng = np.random.default_rng([options.seed, number])
            count = options.batch * 3 // 2 if self.is_small else options.batch
            sizes = SMALL if self.is_small else MIDDLE if self.done < options.middle else SIZES
            return batch(draw, count, rng, one_of(sizes, rng))

        number = self.step
        if self.device == "cpu":
            while True:
                yield make(number)
                number += 1
        ahead = max(2, min(12, (os.cpu_count() or 4) - options.makers))
        with ThreadPoolExecutor(ahead) as workers:
            waiting: list[Future[tuple[Tensor, Tensor]]] = []
            while True:
                while len(waiting) < 2 * ahead:
                    waiting.append(workers.submit(make, number))
                    number += 1
                yield waiting.pop(0).result()

    def _judge(self) -> None:
        """The averaged weights on the held-out scenes."""
        found = verdict(self.average, self.scenes, self.device, small=self.is_small)
        self.log.verdict(self, asdict(found))

    def save(self) -> None:
        """Written aside and renamed, so that a kill leaves the one before."""
        path = self.options.out / "last.pt"
        state = {
            "plan": asdict(self.plan),
            "model": self.net.state_dict(),
            "average": self.average.state_dict(),
            "optimiser": self.optimiser.state_dict(),
            "step": self.step,
            "seconds": self.seconds,
            "seed": self.options.seed,
            "images": self.images,
        }
        torch.save(state, path.with_suffix(".part"))
        os.replace(path.with_suffix(".part"), path)


def rate_at(done: float) -> float:
    """The learning rate over the highest, for a share of the time: up in a line, down in a cosine."""
    if done < WARM_UP:
        return max(done / WARM_UP, 0.01)
    return LAST_RATE + (1 - LAST_RATE) * (1 + math.cos(math.pi * min(1.0, (done - WARM_UP) / (1 - WARM_UP)))) / 2


def _groups(net: nn.Module, decay: float) -> list[dict[str, Any]]:
    """Only the convolutions' weights decay."""
    numbers = list(net.parameters())
    return [
        {"params": [p for p in numbers if p.ndim > 1], "weight_decay": decay},
        {"params": [p for p in numbers if p.ndim <= 1], "weight_decay": 0.0},
    ]


class Log:
    """log.csv (losses) and held_out.csv (figures), one line at a time, and the same on the terminal."""

    def __init__(self, out: Path, *, fresh: bool):
        self._out = out
        if fresh:
            for name in ("log.csv", "held_out.csv"):
                (out / name).unlink(missing_ok=True)

    def progress(
        self, trainer: Trainer, spent: float, seen: int, fetching: float, made: int, figures: dict[str, float]
    ) -> None:
        rate = trainer.optimiser.param_groups[0]["lr"]
        row = {
            "seconds": round(trainer.seconds, 1),
            "step": trainer.step,
            "images": trainer.images,
            "images_per_second": round(seen / spent, 1),
            "fetching_share": round(fetching, 3),
            "scenes_made": made,
            "rate": f"{rate:.3g}",
            **{name: f"{value:.5f}" for name, value in figures.items()},
        }
        self._write("log.csv", row)

    def verdict(self, trainer: Trainer, figures: dict[str, float]) -> None:
        row = {
            "seconds": round(trainer.seconds, 1),
            "images": trainer.images,
            **{n: f"{v:.4f}" for n, v in figures.items()},
        }
        self._write("held_out.csv", row)

    def _write(self, name: str, row: dict[str, Any]) -> None:
        path = self._out / name
        new = not path.exists()
        with path.open("a+", newline="") as file:
            file.seek(0)
            columns = list(row) if new else next(csv.reader(file))  # a resumed run keeps the columns it began with
            writer = csv.DictWriter(file, columns, extrasaction="ignore")
            if new:
                writer.writeheader()
            writer.writerow(row)
        print(name.removesuffix(".csv"), " ".join(f"{key}={value}" for key, value in row.items()), flush=True)


if __name__ == "__main__":
    sys.exit(main())
