"""Scenes by the thousand in shared memory: processes keep renewing them while the trainer draws from them.

A slot holds a picture of any shape up to its room, with the inverse depth (over its median; 0 sky, -1 unknown) as half floats.
"""

from __future__ import annotations

import hashlib
import importlib
import multiprocessing
import os
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

U8, F16, F32, I64 = NDArray[np.uint8], NDArray[np.float16], NDArray[np.float32], NDArray[np.int64]

SHAPES = ((1.0, 0.46), (0.75, 0.16), (1.125, 0.14), (1.33, 0.1), (0.866, 0.14))  # width over 4:3's width, and how often
HELD_OUT = 0  # the first seed of the scenes that are never trained on
FIRST = 1_000_000  # the first seed of those that are, for training seed 0
AT_ONCE = 8  # scenes that a process renders in one go
NEAREST = 0.15  # metres: what is nearer (a leaf before the lens) counts as this near


@dataclass(frozen=True, kw_only=True)
class Recipe:
    """Where scenes come from: 'module:function' for the renderer and for the camera's faults (empty: none)."""

    render: str = "training.scenes:render"
    spoil: str = "training.camera:spoil"
    height: int = 240
    width: int = 320
    gpu: bool = False

    def open_device(self) -> None:
        """Once per process, before the first scene."""
        module = importlib.import_module(self.render.partition(":")[0])
        if hasattr(module, "open_device"):
            module.open_device(gpu=self.gpu, threads=1)

    def shape(self, choice: float) -> tuple[int, int]:
        """A picture's height and width for a number in 0..1: the same area, another aspect."""
        for ratio, share in SHAPES:  # noqa: B007
            choice -= share
            if choice < 0:
                break
        return round(self.height / ratio / 8) * 8, round(self.width * ratio / 8) * 8

    def make(self, seeds: I64, height: int, width: int, rng: np.random.Generator) -> tuple[U8, F32]:
        """Pictures (n, H, W, 3) and inverse depth (n, H, W)."""
        scenes = named(self.render)(seeds, height, width)
        return self.taken(scenes.pictures, np.where(scenes.sky, 0, scenes.inverse_depth), rng)

    def taken(self, pictures: U8, inverse_depth: F32, rng: np.random.Generator) -> tuple[U8, F32]:
        """Clean pictures as a camera would have taken them, and the depth within bounds."""
        inverse_depth = np.minimum(inverse_depth, 1 / NEAREST).astype(np.float32)
        if self.spoil:
            pictures = named(self.spoil)(pictures, inverse_depth, rng)
        return np.asarray(pictures), inverse_depth


def named(place: str) -> Callable[..., Any]:
    """The function at 'module:function'."""
    module, _, function = place.partition(":")
    return getattr(importlib.import_module(module), function)  # type: ignore[no-any-return]


class Pool:
    """Slots in files that several processes map; a serial of 0 marks a slot that is empty or being written."""

    def __init__(self, folder: Path, slots: int, room: int):
        folder.mkdir(parents=True, exist_ok=True)
        self.folder, self.slots, self.room = folder, slots, room
        self.pictures: U8 = self._open("pictures", np.uint8, (slots, room * 3))
        self.depths: F16 = self._open("depths", np.float16, (slots, room))
        self.shapes = self._open("shapes", np.int32, (slots, 2))
        self.serials: I64 = self._open("serials", np.int64, (slots,))

    def _open(self, name: str, kind: type, shape: tuple[int, ...]) -> Any:
        path = self.folder / f"{name}.raw"
        size = int(np.prod(shape)) * np.dtype(kind).itemsize
        if not path.exists() or path.stat().st_size != size:
            with path.open("wb") as file:
                file.truncate(size)
        return np.memmap(path, kind, "r+", shape=shape)

    def put(self, slot: int, serial: int, picture: U8, inverse_depth: F32) -> None:
        """One scene into one slot."""
        height, width = inverse_depth.shape
        self.serials[slot] = 0
        self.pictures[slot, : height * width * 3] = picture.ravel()
        self.depths[slot, : height * width] = packed(inverse_depth).ravel()
        self.shapes[slot] = height, width
        self.serials[slot] = serial

    def draw(self, rng: np.random.Generator) -> tuple[U8, F16]:
        """A random scene; views into the pool, to be used at once."""
        while True:
            slot = int(rng.integers(self.slots))
            if self.serials[slot] == 0:
                filled = np.flatnonzero(np.array(self.serials))  # a copy: others write meanwhile
                slot = int(rng.choice(filled))
            height, width = (int(v) for v in self.shapes[slot])
            if 0 < height * width <= self.room:
                pixels = height * width
                picture = self.pictures[slot, : pixels * 3].reshape(height, width, 3)
                return picture, self.depths[slot, :pixels].reshape(height, width)

    def held(self) -> int:
        """How many slots hold a scene."""
        return int(np.count_nonzero(np.array(self.serials)))

    def made(self) -> int:
        """How many scenes have been made, all in all."""
        return int(self.serials.max(initial=0))

    def remove(self) -> None:
        """Frees the memory."""
        for path in self.folder.glob("*.raw"):
            path.unlink()
        self.folder.rmdir()


def packed(inverse_depth: F32) -> F16:
    """Over the median of what is known and not sky, as half floats."""
    known = inverse_depth[inverse_depth > 0]
    middle = float(np.median(known)) if known.size else 1.0
    return np.clip(inverse_depth / max(middle, 1e-12), -1, 6e4).astype(np.float16)


def usual_folder(out: Path) -> Path:
    """Where a run's pool lies: in shared memory where there is any; the same place when the run is resumed."""
    shared = Path("/dev/shm")
    root = shared if os.access(shared, os.W_OK) else Path(tempfile.gettempdir())
    return root / f"maquette-pool-{hashlib.sha256(str(out.resolve()).encode()).hexdigest()[:10]}"


class Makers:
    """The processes that fill a pool; started again if one falls."""

    def __init__(self, pool: Pool, recipe: Recipe, seed: int, count: int, shards: Path | None = None):
        self._context = multiprocessing.get_context("spawn")
        self._made = pool.made()
        shards = shards if self._made == 0 else None
        self._arguments = [(pool.folder, pool.slots, pool.room, recipe, seed, k, count, shards) for k in range(count)]
        self._falls = 0
        self._processes = [self._start(arguments) for arguments in self._arguments]

    def _start(self, arguments: Sequence[Any]) -> Any:
        process = self._context.Process(target=_work, args=(*arguments, self._made, os.getpid()), daemon=True)
        process.start()
        return process

    def look(self, pool: Pool) -> None:
        """Starts fallen processes again; after too many falls, gives up aloud."""
        for k, process in enumerate(self._processes):
            if process.is_alive():
                continue
            self._falls += 1
            if self._falls > 5:
                raise RuntimeError(
                    f"the scenes' processes keep falling (last exit code {process.exitcode}): see the errors above"
                )
            self._made = pool.made()
            self._processes[k] = self._start(self._arguments[k])

    def stop(self) -> None:
        """Ends them."""
        for process in self._processes:
            process.terminate()
            process.join(5)


def _work(  # what a spawned process is told
    folder: Path,
    slots: int,
    room: int,
    recipe: Recipe,
    seed: int,
    index: int,
    count: int,
    shards: Path | None,
    made: int,
    parent: int,
) -> None:
    """One process: scene after scene with seeds of its own, into slots of its own, until the trainer is gone."""
    recipe.open_device()
    pool = Pool(folder, slots, room)
    rng = np.random.default_rng([seed, index, made])
    serial = made + 1 + index
    waiting = sorted(shards.glob("*.npz"))[index::count] if shards and made == 0 else []
    for path in waiting:
        with np.load(path) as shard:
            pictures, depths = recipe.taken(shard["pictures"], shard["inverse"].astype(np.float32), rng)
        for picture, depth in zip(pictures, depths, strict=True):
            pool.put(serial % slots, serial, picture, depth)
            serial += count
        if os.getppid() != parent:
            return
    while os.getppid() == parent:
        serials = serial + count * np.arange(AT_ONCE, dtype=np.int64)
        height, width = recipe.shape(rng.random())
        pictures, depths = recipe.make(FIRST * (seed + 1) + serials, height, width, rng)
        for one, picture, depth in zip(serials, pictures, depths, strict=True):
            pool.put(int(one % slots), int(one), picture, depth)
        serial = int(serials[-1]) + count
