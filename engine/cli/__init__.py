"""The command line: words ─► a job, one file per command. It starts quickly: nothing heavy is imported here."""

from __future__ import annotations

from argparse import Namespace
from collections.abc import Sequence

from .. import supervisor
from ..jobs import Job
from . import check, coverage, depth, markers, masks, model, pack, retexture, scale, selftest, stage, subject
from .words import Parser

COMMANDS = (model, check, coverage, selftest, retexture, scale, markers, masks, depth, stage, subject, pack)


def main(words: Sequence[str]) -> int:
    """Runs one command; gives the exit code."""
    arguments = parse(words)
    return supervisor.run(job_of(arguments), as_json=arguments.json)


def parse(words: Sequence[str]) -> Namespace:
    """The words, understood; ends the program with a hint where they make no sense."""
    parser = Parser(prog="engine", description="Maquette's engine: photos become a textured mesh.")
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND", parser_class=Parser)
    for command in COMMANDS:
        command.add_to(commands)
    return parser.parse_args(words)


def job_of(arguments: Namespace) -> Job:
    """The job that parsed words ask for."""
    job: Job = arguments.job_of(arguments)
    return job
