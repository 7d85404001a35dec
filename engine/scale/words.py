"""Lengths in words."""

from __future__ import annotations


def text_of(metres: float) -> str:
    """A marker's size in the unit that it is printed in."""
    return f"{metres * 1000:.4g} mm" if metres < 1 else f"{metres:.4g} m"
