"""`blender --command maquette selftest`: what this machine can do, in plain words."""

from __future__ import annotations

import argparse
import sys
from typing import Any

import bpy

from ... import preferences
from ...engine import machine
from ...engine.errors import Exit
from ...engine.protocol import ErrorEvent
from ...engine.recipes.selftest import about_machine
from ..runner import missing_libraries
from .shell import run_engine

NAME = "selftest"


def add_to(commands: Any) -> None:
    """The command's words."""
    parser = commands.add_parser(
        NAME, help="what this machine can do: devices, speed, memory, disk, libraries", allow_abbrev=False
    )
    parser.set_defaults(run=run)


def run(arguments: argparse.Namespace) -> int:
    """The engine's self-test; where the engine can't start, what it lacks."""
    models = preferences.models_folder(bpy.context)
    if missing_libraries():
        for _, text in about_machine(machine.look(models)):
            print(text, file=sys.stderr)
        return int(Exit.ENVIRONMENT)
    outcome = run_engine([NAME, "--disk", str(models)])
    return outcome.exit_code if isinstance(outcome, ErrorEvent) else int(Exit.DONE)
