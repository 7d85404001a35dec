"""Stands in for the tests inside Blender where there is no Blender."""

import importlib.util

import pytest


def test_blender_is_here():
    if importlib.util.find_spec("bpy") is None:
        pytest.skip("no bpy in this Python: `python3 dev.py test` runs tests/blender in .venv-blender")
