"""What the coverage says in an artist's words."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from ..datatypes import F64
from .ghosts import Ghost, Proposal

STEP = 20.0  # degrees between photos that the solver surely ties together
_SIDES = (
    "the front", "the front right", "the right", "behind, on the right",
    "behind", "behind, on the left", "the left", "the front left",
)  # fmt: skip
_HEIGHTS = ((60, "from high above"), (35, "from above"), (14, "a little above"), (-12, "level"), (-91, "from below"))


def place_of(direction: F64) -> str:
    """Where one stands, seen from the subject, whose front looks along -Y as Blender's front view has it."""
    elevation = np.degrees(np.arctan2(direction[2], np.hypot(direction[0], direction[1])))
    if elevation > 78:
        return "From straight above"
    height = next(words for limit, words in _HEIGHTS if elevation >= limit)
    turned = np.degrees(np.arctan2(direction[0], -direction[1])) % 360  # 0 = front, 90 = the viewer's right
    side = _SIDES[round(turned / 45) % 8]
    return f"From {side}, {height}"


def sentence_of(ghost: Ghost, proposal: Proposal, photo_name: str, few: int) -> str:
    """Where to stand, what it is good for, and how to get there so that the photo finds its place among the others."""
    where = place_of(ghost.view.centre_in_world - proposal.habits.focus)
    near = Path(photo_name).stem
    shows = f"shows {percent(ghost.gain)} of the surface, which fewer than {few} photos saw so far"
    if ghost.gain < 0.005:
        shows = "shows from another side what is seen from too narrow an angle"
    if ghost.turn > 1.5 * STEP:
        way = f" Walk there from {near}, a photo every {STEP:.0f}° ({ghost.turn:.0f}° in all)."
    else:
        way = f" Close to {near}."
    return f"{where}: {shows}.{way}"


def title_of(ghost: Ghost, proposal: Proposal) -> str:
    """The same in a few words, for a button."""
    where = place_of(ghost.view.centre_in_world - proposal.habits.focus).removeprefix("From ").removeprefix("the ")
    return f"{where[0].upper()}{where[1:]}: {percent(ghost.gain)}"


def verdict_of(proposal: Proposal, few: int) -> str:
    """One sentence on the whole capture."""
    thin, count = proposal.thin, len(proposal.ghosts)
    seen = f"{percent(thin)} of what can be seen has fewer than {few} photos"
    if not count:
        return f"Well covered: {seen}, and no photo from within reach would add much."
    photos = "a photo" if count == 1 else f"{count} photos"
    if thin < 0.03:
        return f"Well covered: {seen}. {photos.capitalize()} more would round it off."
    if thin < 0.15:
        return f"Mostly covered: {seen}. Take {photos} more where the ghost cameras stand."
    return f"Thinly covered: {seen}. Take {photos} more where the ghost cameras stand, and some on the way there."


def percent(share: float) -> str:
    """Rounded, but never to a nought that is none."""
    if 0 < share < 0.01:
        return "less than 1 %"
    return f"{share * 100:.0f} %"
