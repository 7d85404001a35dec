"""Which networks' files lie in a folder: by the names that their makers gave them, by what their config.json says, and pickles told apart.

Only names and small files of settings are read, never weights; a folder of a hundred files takes milliseconds.
"""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ..pack.files import PICKLES, SAFE
from .cards import CARDS, Card

DEEPEST = 4  # folders below the one that is looked into: Hugging Face's own cache is that deep
MOST = 2000  # files and folders that are looked at


@dataclass(frozen=True, kw_only=True)
class FoundWeights:
    """What a card's provider is to open. `problem` is a sentence where it can't."""

    card: Card
    path: Path
    problem: str = ""


def find(folder: Path) -> dict[str, FoundWeights]:
    """By the card's name: what was found for it. One that can be opened goes before one that can't."""
    found: dict[str, FoundWeights] = {}
    for place, names in _places(folder):
        for weights in _in_place(place, names, folder):
            known = found.get(weights.card.name)
            if known is None or (known.problem and not weights.problem):
                found[weights.card.name] = weights
    return found


def weights_of(card: Card, folder: Path) -> Path | None:
    """The path for `MonoSettings.weights`, or None."""
    found = find(folder).get(card.name)
    return None if found is None or found.problem else found.path


def _places(folder: Path) -> Iterator[tuple[Path, list[str]]]:
    """Folders below and what is in them, as far as that is worth looking at."""
    seen = 0
    for here, below, names in os.walk(folder, followlinks=True):
        seen += 1 + len(names)
        deep = len(Path(here).relative_to(folder).parts)
        below[:] = sorted(name for name in below if name not in ("blobs", "refs", ".cache") and deep < DEEPEST)
        yield Path(here), sorted(names)
        if seen > MOST:
            return


def _in_place(place: Path, names: list[str], top: Path) -> Iterator[FoundWeights]:
    kinds = {Path(name).suffix.lower() for name in names}
    if not (kinds & (SAFE | PICKLES)) and "model_index.json" not in names:
        return
    if place != top and (place.parent / "model_index.json").is_file():
        return  # a part of a pipeline
    known = None if place == top else _by_name(_names_of(place, top))
    known = known or _by_config(place, names)
    if known is not None:
        safe = "model_index.json" in names or bool(kinds & SAFE)
        yield FoundWeights(card=known, path=place, problem="" if safe else PICKLED)
        return
    for name in names:  # files by themselves, named like the network
        path = place / name
        card = _by_name([Path(name).stem]) if path.suffix.lower() in SAFE | PICKLES else None
        if card is not None:
            yield FoundWeights(card=card, path=path, problem=PICKLED if path.suffix.lower() in PICKLES else "")


PICKLED = "Only a pickle lies there, which is never opened: get the .safetensors or .onnx file."


def _names_of(place: Path, top: Path) -> list[str]:
    """What the folder is called, and those above it: a cache has snapshots/REVISION, an exporter onnx/."""
    return [part for part in reversed(place.relative_to(top).parts) if part]


def _by_name(names: list[str]) -> Card | None:
    """The card that a folder or a file is named after."""
    for name in names:
        plain = _plain(name.rsplit("--", 1)[-1])
        for card in CARDS:
            published = _plain(card.repository.rsplit("/", 1)[-1])
            if not card.embedded and plain and plain in (_plain(card.name), published, published.removesuffix("onnx")):
                return card
    return None


def _plain(name: str) -> str:
    """Letters and digits alone, without what a repository's name may end with."""
    short = "".join(letter for letter in name.lower() if letter.isalnum())
    return short.removesuffix("hf")


def _by_config(place: Path, names: list[str]) -> Card | None:
    """What the settings beside the weights say: its kind, whether it gives metres, how wide it is."""
    config = _read(place, "config.json") if "config.json" in names else {}
    if "model_index.json" in names:
        kind = _read(place, "model_index.json").get("_class_name")
        return _card("marigold") if kind == "MarigoldDepthPipeline" else None
    told = str(config.get("model_name", ""))
    named = {"da3-small": "v3-small", "da3mono-large": "v3-mono-large", "da3metric-large": "v3-metric-large"}.get(told)
    if named:
        return _card(f"depth-anything-{named}")
    kind = config.get("model_type")
    backbone = config.get("backbone_config") or {}
    if kind == "depth_anything":
        size = {384: "small", 768: "base", 1024: "large"}.get(backbone.get("hidden_size", 0), "")
        metric = config.get("depth_estimation_type") == "metric"
        place_of = ("indoor-" if float(config.get("max_depth") or 0) <= 20 else "outdoor-") if metric else ""
        return _card(f"depth-anything-v2-{place_of}{size}")
    if kind == "dpt":
        hybrid, beit = config.get("is_hybrid"), backbone.get("model_type") == "beit"
        return _card("dpt-hybrid-midas" if hybrid else "midas-beit-large" if beit else "dpt-large")
    return _card({"zoedepth": "zoedepth", "depth_pro": "depth-pro"}.get(str(kind), ""))


def _card(name: str) -> Card | None:
    return next((card for card in CARDS if card.name == name), None)


def _read(place: Path, name: str) -> dict[str, Any]:
    with contextlib.suppress(OSError, ValueError):
        read = json.loads((place / name).read_text(encoding="utf-8"))
        return read if isinstance(read, dict) else {}
    return {}


def lama_in(folder: Path) -> Path | None:
    """A file that is called after LaMa, which fills in what was hidden."""
    for place, names in _places(folder):
        for name in names:
            if "lama" in name.lower() and name.lower().endswith(".safetensors"):
                return place / name
    return None
