"""Files of weights, looked at before any library opens them: whole, safetensors or ONNX, and never a pickle. Nothing in them is run."""

from __future__ import annotations

import json
import os
import struct
from pathlib import Path
from typing import Any

from ..errors import EngineError

PICKLES = frozenset((".bin", ".pt", ".pth", ".ckpt", ".pkl", ".pickle"))
SAFE = frozenset((".safetensors", ".onnx"))
_LONGEST_HEADER = 100_000_000  # bytes: the format's own limit
_PARTIAL = (".part", ".crdownload", ".incomplete", ".download")  # what browsers call an unfinished one


def refuse_pickle(path: Path) -> None:
    """A pickle runs whatever program its maker put into it, as soon as it is opened: whatever its file is called."""
    if path.suffix.lower() in PICKLES or _starts_like_pickle(path):
        raise EngineError(
            "pickle_refused",
            f"{path.name} is a pickle: opening it would run whatever program is inside, so Maquette never does.",
            file=path,
            advice="Get the .safetensors or .onnx file of the same network: most pages have one beside it.",
        )


def _starts_like_pickle(path: Path) -> bool:
    try:
        with path.open("rb") as file:
            first = file.read(4)
    except OSError:
        return False
    return first[:2] in (b"\x80\x02", b"\x80\x03", b"\x80\x04", b"\x80\x05") or first == b"PK\x03\x04"


def check_file(path: Path) -> None:
    """Whether a file of weights is what it says and whole. A download that broke off is the usual fault."""
    refuse_pickle(path)
    if path.name.lower().endswith(_PARTIAL) or path.stat().st_size == 0:
        raise _cut_short(path)
    if path.suffix.lower() == ".safetensors":
        tensors_of(path)
    elif _starts_like_page(path):
        raise _cut_short(path)


def tensors_of(path: Path) -> dict[str, tuple[int, ...]]:
    """Names and shapes in a .safetensors file, from its head alone. EngineError where the file is not whole."""
    size = path.stat().st_size
    try:
        with path.open("rb") as file:
            (length,) = struct.unpack("<Q", file.read(8))
            if length > min(_LONGEST_HEADER, size):
                raise ValueError("no such head")
            head = json.loads(file.read(length))
        ends = [entry["data_offsets"][1] for name, entry in head.items() if name != "__metadata__"]
        shapes = {name: tuple(entry["shape"]) for name, entry in head.items() if name != "__metadata__"}
    except (OSError, ValueError, KeyError, TypeError, AttributeError, struct.error) as error:
        raise _cut_short(path) from error
    if 8 + length + max(ends, default=0) > size:
        raise _cut_short(path)
    return shapes


def _starts_like_page(path: Path) -> bool:
    """A page or a pointer that was saved in place of the file."""
    with path.open("rb") as file:
        first = file.read(64).lstrip().lower()
    return first.startswith((b"<!doctype", b"<html", b"version https://git-lfs"))


def _cut_short(path: Path) -> EngineError:
    return EngineError(
        "weights_broken",
        f"{path.name} is not whole ({path.stat().st_size / 1e6:.0f} MB are there), or no network at all.",
        file=path,
        advice="Get it again: the download probably broke off, or saved a page in its place.",
    )


def read_json(path: Path) -> dict[str, Any]:
    """A small file of settings; EngineError where it is not whole."""
    try:
        read = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise EngineError(
            "weights_broken",
            f"{path.name} can't be read: it is not whole.",
            file=path,
            advice="Get it again from the same page.",
        ) from error
    return read if isinstance(read, dict) else {}


def offline() -> None:
    """The libraries on top of PyTorch ask their hub about nearly everything unless they are told not to."""
    os.environ.update(
        HF_HUB_OFFLINE="1",
        TRANSFORMERS_OFFLINE="1",
        HF_DATASETS_OFFLINE="1",
        HF_HUB_DISABLE_TELEMETRY="1",
        DISABLE_TELEMETRY="YES",
        TRANSFORMERS_VERBOSITY="error",
        DIFFUSERS_VERBOSITY="error",
        TOKENIZERS_PARALLELISM="false",
        PYTORCH_ENABLE_MPS_FALLBACK="1",
    )
