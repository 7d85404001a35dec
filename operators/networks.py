"""Which networks' files lie in the networks folder, which pack is in use, and what of both goes to the engine."""

from __future__ import annotations

from pathlib import Path

from bpy.types import Context

from .. import preferences
from ..engine.mono import found
from ..engine.mono.cards import card_of
from ..engine.pack import pieces
from .looked_up import watched

in_folder = watched(found.find)
pack_in = watched(pieces.look)


def forget() -> None:
    """Folders have changed."""
    in_folder.forget()
    pack_in.forget()


def weights_for(context: Context, provider: str) -> Path | None:
    """That network's file or folder in the networks folder."""
    return found.weights_of(card_of(provider), preferences.networks_folder(context))


def lama_for(context: Context) -> Path | None:
    """LaMa's file in the networks folder."""
    return found.lama_in(preferences.networks_folder(context))
