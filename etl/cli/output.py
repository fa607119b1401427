"""Exit codes, global options, and how errors are printed."""

from dataclasses import dataclass
from enum import IntEnum
from pathlib import Path

import typer


class Exit(IntEnum):
    """Exit codes (contract): 0 done, 1 something failed, 2 wrong usage or configuration."""

    DONE = 0
    FAILED = 1
    WRONG_CONFIGURATION = 2
    # From `explain`: something is yours, or may be.
    YOURS = 3
    UNKNOWN = 4
    INTERRUPTED = 130


@dataclass(frozen=True, slots=True)
class Global:
    """Options given before the command."""

    config: Path | None
    debug: bool


def print_error(sentence: str) -> None:
    """Print an error on standard error, always on one line, whatever text it quotes."""
    print_note(sentence)


def print_note(sentence: str) -> None:
    """Print what was done beside the output, which programs read, as `print_error` prints errors."""
    from etl.report.formats import single_line

    typer.echo(f"ci-health: {single_line(sentence)}", err=True)
