"""`python -m engine …`, or this file run by path (as Blender does): the command line, and the worker behind it."""

import sys
from pathlib import Path

if not __package__:  # run by path: make `engine` importable
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    __package__ = "engine"


def start() -> int:
    """The worker is this same program, started by the supervisor with one word."""
    if sys.argv[1:] == ["--worker"]:
        from engine.worker import main as work

        return work()
    from engine.cli import main

    return main(sys.argv[1:])


if __name__ == "__main__":
    sys.exit(start())
