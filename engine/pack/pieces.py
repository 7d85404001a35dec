"""The optional PyTorch pack: what it holds, under which licences, how large it is; and whether a folder has it for this Python.

The one list: the installer, the dialog that asks for consent, the tests' requirements-pack.txt and the documentation go by it.
No library of it is imported here.
"""

from __future__ import annotations

import importlib.machinery
import sys
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True, kw_only=True)
class Piece:
    """One library. A `bare` one comes without what it says it needs: it asks for viewers and servers that we never start."""

    name: str
    version: str
    licence: str
    what: str
    module: str
    bare: bool = False

    @property
    def requirement(self) -> str:
        """As pip reads it."""
        return f"{self.name}=={self.version}"


PIECES = (
    Piece(name="torch", version="2.13.0", licence="BSD-3-Clause", what="PyTorch: runs the networks", module="torch"),
    Piece(
        name="torchvision", version="0.28.0", licence="BSD-3-Clause", what="pictures for PyTorch", module="torchvision"
    ),
    Piece(
        name="transformers",
        version="5.23.0",
        licence="Apache-2.0",
        what="Depth Anything, DPT, MiDaS, ZoeDepth, Depth Pro",
        module="transformers",
    ),
    Piece(name="diffusers", version="0.42.1", licence="Apache-2.0", what="Marigold", module="diffusers"),
    Piece(
        name="safetensors",
        version="0.8.0",
        licence="Apache-2.0",
        what="reads weights without running them",
        module="safetensors",
    ),
    Piece(name="onnxruntime", version="1.31.1", licence="MIT", what="MoGe and other ONNX files", module="onnxruntime"),
    Piece(
        name="spandrel", version="0.4.2", licence="MIT", what="LaMa, which fills in what was hidden", module="spandrel"
    ),
    Piece(name="omegaconf", version="2.4.0", licence="BSD-3-Clause", what="for Depth Anything 3", module="omegaconf"),
    Piece(name="addict", version="2.4.0", licence="MIT", what="for Depth Anything 3", module="addict"),
    Piece(name="einops", version="0.8.2", licence="MIT", what="for Depth Anything 3", module="einops"),
    Piece(
        name="depth-anything-3",
        version="0.1.1",
        licence="Apache-2.0",
        what="Depth Anything 3",
        module="depth_anything_3",
        bare=True,
    ),
)
FULL = tuple(piece.requirement for piece in PIECES if not piece.bare)
BARE = tuple(piece.requirement for piece in PIECES if piece.bare)
NEEDED = ("torch", "transformers")  # the least that is of any use


@dataclass(frozen=True, kw_only=True)
class Size:
    """In megabytes: what comes over the network, and what it takes on the disk."""

    download: int
    disk: int


# Measured for Linux without a graphics card (1.1 GB on the disk), else added up from the libraries' own files.
PLAIN = Size(download=450, disk=1300)
WITH_CUDA = Size(download=3300, disk=7500)


def size_here() -> Size:
    """Of what pip's own index has for this system: on Linux that is the build for NVIDIA cards."""
    return WITH_CUDA if sys.platform.startswith("linux") else PLAIN


@dataclass(frozen=True, kw_only=True)
class Found:
    """A folder with the pack. `problem` is a sentence where it can't be used."""

    folder: Path
    versions: dict[str, str]  # by the library's name; only those that are there
    problem: str = ""

    @property
    def missing(self) -> tuple[str, ...]:
        """What of the whole is not there."""
        return tuple(piece.name for piece in PIECES if piece.name not in self.versions)


def look(folder: Path) -> Found:
    """What a folder has: the pack's own, some site-packages, or the environment that holds them."""
    inside = libraries_in(folder)
    if inside is None:
        return Found(folder=folder, versions={}, problem=f"There is no PyTorch in {folder.name}.")
    versions = {piece.name: found for piece in PIECES if (found := _version(inside, piece)) is not None}
    for name in NEEDED:
        if name not in versions:
            return Found(folder=inside, versions=versions, problem=f"{folder.name} lacks {name}.")
    if not _fits(inside):
        python = f"{sys.version_info.major}.{sys.version_info.minor}"
        said = f"The PyTorch in {folder.name} is for another Python than Blender's {python}, or for another system."
        return Found(folder=inside, versions=versions, problem=said)
    return Found(folder=inside, versions=versions)


def libraries_in(folder: Path) -> Path | None:
    """Where its libraries lie: itself, or below an environment's root."""
    places = [folder, folder / "Lib" / "site-packages", *sorted(folder.glob("lib/python3*/site-packages"))]
    return next((place for place in places if (place / "torch" / "__init__.py").is_file()), None)


def _version(folder: Path, piece: Piece) -> str | None:
    """From the notes that pip leaves beside a library."""
    if not (folder / piece.module).is_dir():
        return None
    usual = piece.name.replace("-", "_")
    for notes in folder.glob(f"{usual}-*.dist-info"):
        return notes.name[len(usual) + 1 : -len(".dist-info")]
    return "?"


def _fits(folder: Path) -> bool:
    """Whether PyTorch's own compiled part is one that this Python would load."""
    return any((folder / "torch" / f"_C{ending}").is_file() for ending in importlib.machinery.EXTENSION_SUFFIXES)
