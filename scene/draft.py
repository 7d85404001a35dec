"""Data that is still being made, over several ticks: marked, so that it can be found again after an undo, and discarded whole.

References into bpy.data do not outlive an undo; marks on the data do.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TypeVar

import bpy
from bpy.types import ID

DRAFT = "maquette_draft"
Block = TypeVar("Block", bound=ID)


def mark(block: Block) -> Block:
    """Calls it unfinished."""
    block[DRAFT] = True
    return block


def settle() -> None:
    """What was being made is made."""
    for block in _drafts():
        del block[DRAFT]


def discard() -> None:
    """What was being made goes, all of it."""
    bpy.data.batch_remove(list(_drafts()))


def _drafts() -> Iterator[ID]:
    kinds = (bpy.data.objects, bpy.data.meshes, bpy.data.cameras, bpy.data.materials, bpy.data.images)
    return (block for kind in kinds for block in kind if DRAFT in block)
