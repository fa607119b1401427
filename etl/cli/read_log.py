"""`ci-health read-log`: finds what failed in a job's log."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, BinaryIO

import typer

from etl.cli.output import Exit
from etl.errors import ConfigurationError

if TYPE_CHECKING:
    from etl.model.logs import LogReading

_CHUNK = 1 << 16
_STDIN = Path("-")


def read_log(
    file: Annotated[Path, typer.Argument(help="The log of a failed job; `-` for standard input.")],
    passing: Annotated[
        Path | None, typer.Option(help="The log of a passing execution of the same job.")
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print one object on stdout.")] = False,
) -> None:
    """Show the failed tests in a job's log, or else the lines that say what happened."""
    from etl.extract.logs import reading

    found = reading.read_log(_chunks(file), passing=None if passing is None else _chunks(passing))
    typer.echo(json.dumps(_as_json(found), indent=2) if as_json else _text(found))
    if not found.tests and not found.lines:
        raise typer.Exit(Exit.FAILED)


def _chunks(file: Path) -> Iterator[bytes]:
    """The content in chunks; raises ConfigurationError if it cannot be read."""
    try:
        with _opened(file) as stream:
            while chunk := stream.read(_CHUNK):
                yield chunk
    except OSError as error:
        raise ConfigurationError(f"the log {file} cannot be read: {error.strerror}") from None


def _opened(file: Path) -> BinaryIO:
    return typer.get_binary_stream("stdin") if file == _STDIN else file.open("rb")


def _as_json(found: LogReading) -> dict[str, Any]:
    return {
        "category": found.category,
        "tests": [{"suite": test.suite, "test": test.name, "message": test.message} for test in found.tests],
        "lines": [told.line.text for told in found.lines],
        "bytes_left_out": found.left_out,
    }


def _text(found: LogReading) -> str:
    from etl.report.formats import single_line

    tests = [f"failed: {single_line(' › '.join(filter(None, (t.suite, t.name))))}" for t in found.tests]  # noqa: RUF001
    lines = [single_line(told.line.text) for told in found.lines]
    left_out = [f"{found.left_out} bytes in the middle were not read"] if found.left_out else []
    nothing = [] if tests or lines else ["nothing in this log says what failed"]
    return "\n".join([f"category: {found.category}", *tests, *lines, *left_out, *nothing])
