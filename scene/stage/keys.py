"""Keyframes in Blender 4.2 to 5.x: until 4.3 an action holds curves, from 4.4 on it holds them in slots."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import bpy
import numpy as np
from bpy.types import ID, FCurve

SLOTTED = hasattr(bpy.types, "ActionSlot")


class Keys:
    """A new action on a data-block, in the place of the one that it had."""

    def __init__(self, owner: ID, name: str) -> None:
        clear(owner)
        data = owner.animation_data_create()
        action = bpy.data.actions.new(name)
        data.action = action
        if SLOTTED:
            slot = action.slots.new(id_type=owner.id_type, name=owner.name)
            data.action_slot = slot
            strip = action.layers.new("Layer").strips.new(type="KEYFRAME")
            self._curves = strip.channelbag(slot, ensure=True).fcurves
        else:
            self._curves = action.fcurves

    def curve(self, path: str, index: int, values: Sequence[float], start: int, loop: bool, tolerance: float) -> FCurve:
        """A curve through `values`, one per frame from `start`, with as few keys as hold it within `tolerance`.

        In a loop the last value leads back to the first: a key like the first one stands after it, and a modifier repeats it.
        """
        wanted = np.append(values, values[0]) if loop else np.asarray(values)
        curve = self._curves.new(path, index=index)
        for step in _steps(len(wanted) - 1):
            _fill(curve, wanted, start, step, loop)
            off = max(abs(curve.evaluate(start + frame) - value) for frame, value in enumerate(wanted))
            if off <= tolerance:
                break
        return curve


def clear(owner: ID) -> None:
    """Its animation goes; the action too where nothing else uses it."""
    data = owner.animation_data
    action = data.action if data is not None else None
    owner.animation_data_clear()
    if action is not None and action.users == 0:
        bpy.data.actions.remove(action)


def curves_of(owner: ID) -> list[FCurve]:
    """The curves that move a data-block."""
    data = owner.animation_data
    if data is None or data.action is None:
        return []
    if not SLOTTED:
        return list(data.action.fcurves)
    bags = (
        strip.channelbag(data.action_slot) for layer in data.action.layers for strip in layer.strips if data.action_slot
    )
    return [curve for bag in bags if bag is not None for curve in bag.fcurves]


def _steps(length: int) -> Iterator[int]:
    """From a key every second or so down to one for every frame."""
    yield from (step for step in (24, 16, 12, 8, 6, 4, 3, 2) if 2 * step <= length)
    yield 1


def _fill(curve: FCurve, wanted: np.ndarray, start: int, step: int, loop: bool) -> None:
    for modifier in list(curve.modifiers):
        curve.modifiers.remove(modifier)
    curve.keyframe_points.clear()
    count = max(round((len(wanted) - 1) / step), 1)
    frames = np.unique(np.linspace(0, len(wanted) - 1, count + 1).round().astype(int))
    curve.keyframe_points.add(len(frames))
    for key, frame in zip(curve.keyframe_points, frames, strict=True):
        key.co = start + frame, wanted[frame]
        key.interpolation = "BEZIER"
        key.handle_left_type = key.handle_right_type = "AUTO"
    if loop:
        curve.modifiers.new("CYCLES")  # the handles at its ends then look around the corner
    curve.update()
