"""The user's file or folder of weights, looked at before any library opens it: safetensors or ONNX, whole, and never a pickle."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from ...errors import EngineError, Exit
from ...pack.files import PICKLES, SAFE, check_file, read_json, refuse_pickle
from ..cards import Card


@dataclass(frozen=True, kw_only=True)
class Checkpoint:
    """What was found: the folder where settings lie, and the files of weights."""

    folder: Path
    files: tuple[Path, ...]
    config: dict[str, Any]  # config.json or model_index.json; empty where there is none

    @property
    def onnx(self) -> Path | None:
        """The ONNX file, if that is what it is."""
        return self.files[0] if self.files[0].suffix.lower() == ".onnx" else None

    @property
    def megabytes(self) -> int:
        return sum(file.stat().st_size for file in self.files) // 1_000_000


def checkpoint_of(card: Card, weights: Path | None) -> Checkpoint:
    """The checkpoint that the user named for this card. Its values are not read, only what says whether they may be."""
    if weights is None or not weights.exists():
        said = (
            f"{card.title} needs its weights, and no file was chosen." if weights is None else "There is no such file."
        )
        raise EngineError("weights_missing", said, file=weights, advice=_where(card))
    if weights.is_dir():
        return _of_folder(card, _snapshot(weights))
    refuse_pickle(weights)
    if weights.suffix.lower() not in SAFE:
        raise EngineError(
            "weights_unknown",
            f"{weights.name} is not a file of weights that Maquette opens.",
            file=weights,
            advice="Choose a .safetensors or .onnx file, or the folder that holds it. " + _where(card),
        )
    check_file(weights)
    if weights.suffix.lower() == ".safetensors" and ".safetensors.index" not in weights.name:
        several = _listed(weights.parent)  # one part of many stands for all
        if weights.name in several:
            return _of_folder(card, weights.parent)
    return Checkpoint(folder=weights.parent, files=(weights,), config=_config(weights.parent))


def _of_folder(card: Card, folder: Path) -> Checkpoint:
    config = _config(folder)
    names = _weights_in(folder)
    parts = _listed(folder)
    gone = [name for name in parts if not (folder / name).is_file()]
    if gone:
        raise EngineError(
            "weights_broken",
            f"{folder.name} lacks {gone[0]}, one of {len(parts)} parts.",
            file=folder / gone[0],
            advice="Get the missing parts from the same page.",
        )
    chosen = [folder / name for name in parts] or _usual(folder, names)
    if not chosen:
        pickles = [name for name in names if Path(name).suffix.lower() in PICKLES]
        if pickles:
            refuse_pickle(folder / pickles[0])
        raise EngineError(
            "weights_missing",
            f"{folder.name} holds no weights for {card.title}.",
            file=folder,
            advice=_where(card),
        )
    for file in chosen:
        check_file(file)
    return Checkpoint(folder=folder, files=tuple(chosen), config=config)


def _usual(folder: Path, names: list[str]) -> list[Path]:
    """Of several, the one at the usual place; a pipeline's folder has one in each part's folder."""
    if (folder / "model_index.json").is_file():
        return _of_pipeline(folder)
    safe = [name for name in names if Path(name).suffix.lower() == ".safetensors" and "/" not in name]
    onnx = [name for name in names if Path(name).suffix.lower() == ".onnx"]
    for wanted in ("model.safetensors", "diffusion_pytorch_model.safetensors"):
        if wanted in safe:
            return [folder / wanted]
    if safe:
        return [folder / safe[0]]
    onnx.sort(key=lambda name: (Path(name).name != "model.onnx", len(name), name))
    return [folder / onnx[0]] if onnx else []


def _of_pipeline(folder: Path) -> list[Path]:
    """One file in each part's folder: the whole-precision one before the half one."""
    found = []
    for part in sorted(path for path in folder.iterdir() if path.is_dir()):
        safe = sorted(part.glob("*.safetensors"), key=lambda path: (len(path.name), path.name))
        pickled = [path for path in sorted(part.iterdir()) if path.suffix.lower() in PICKLES]
        if safe:
            found.append(safe[0])
        elif pickled:
            refuse_pickle(pickled[0])
    return found


def _weights_in(folder: Path) -> list[str]:
    """Names below the folder of whatever may be weights, one folder deep."""
    kinds = SAFE | PICKLES
    near = [path for path in folder.iterdir() if path.suffix.lower() in kinds and path.is_file()]
    for below in sorted(path for path in folder.iterdir() if path.is_dir()):
        near += [path for path in below.iterdir() if path.suffix.lower() in kinds and path.is_file()]
    return sorted(path.relative_to(folder).as_posix() for path in near)


def _listed(folder: Path) -> list[str]:
    """The parts that a checkpoint in several files lists."""
    for index in sorted(folder.glob("*.safetensors.index.json")):
        listed = read_json(index).get("weight_map")
        if isinstance(listed, dict):
            return sorted({Path(str(name)).name for name in listed.values()})
    return []


def _snapshot(folder: Path) -> Path:
    """Hugging Face's own cache keeps the files two folders below: snapshots/REVISION."""
    kept = sorted((folder / "snapshots").glob("*/"), key=lambda path: path.stat().st_mtime)
    return kept[-1] if kept else folder


def _config(folder: Path) -> dict[str, Any]:
    for name in ("config.json", "model_index.json"):
        if (folder / name).is_file():
            return read_json(folder / name)
    return {}


def _where(card: Card) -> str:
    """What to get, and from whom."""
    return f"It is {card.files} of {card.repository}." if card.repository else "Choose its file or folder."


def wrong_weights(card: Card, path: Path, what: str) -> EngineError:
    """These are the weights of something else."""
    return EngineError(
        "wrong_weights",
        f"{path.name} is not {card.title}: {what}.",
        exit_code=Exit.INPUT,
        file=path,
        advice="Choose the network that the file belongs to, or its right file. " + _where(card),
    )
