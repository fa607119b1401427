"""`ci-health gate REPORT…`: whether a test job may pass, from its reports and the quarantine file only."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from etl.cli import quarantine_file
from etl.cli.output import Exit
from etl.quarantine.entry import FILE

if TYPE_CHECKING:
    from etl.quarantine.verdict import Report, Verdict


def gate(
    reports: Annotated[list[str], typer.Argument(metavar="REPORT...", help="Files, folders or patterns.")],
    file: Annotated[Path, typer.Option("--file", help="The quarantine file.")] = Path(FILE),
    min_tests: Annotated[
        int, typer.Option(min=1, help="Fail if fewer tests ran; the file's min_tests applies as well.")
    ] = 1,
    runner_exit: Annotated[
        int | None, typer.Option(help="Exit code of the test runner; anything but 0 or 1 fails the gate.")
    ] = None,
) -> None:
    """Exit with 0 only if all failed tests are in quarantine."""
    from etl.quarantine.verdict import Terms, judge

    quarantine = quarantine_file.read(file)
    read = _read(reports, believe_retries=runner_exit == 0)
    verdict = judge(read, quarantine, Terms(datetime.now(UTC).date(), min_tests, runner_exit))
    _print_verdict(verdict)
    if not verdict.is_green:
        raise typer.Exit(Exit.FAILED)


def _read(names: list[str], *, believe_retries: bool) -> list[Report]:
    from etl.extract.strict import files
    from etl.quarantine.verdict import Report

    paths, missing = files.found(names)
    return [
        *(Report(name="reports", trouble=sentence) for sentence in missing),
        *(_report(path, believe_retries=believe_retries) for path in paths),
    ]


def _report(path: Path, *, believe_retries: bool) -> Report:
    from etl.errors import DataError
    from etl.extract.strict import files
    from etl.extract.strict.report import read_strictly
    from etl.quarantine.verdict import Report

    try:
        return Report(str(path), read_strictly(files.content(path), believe_retries=believe_retries))
    except DataError as error:
        return Report(str(path), trouble=str(error))


def _print_verdict(verdict: Verdict) -> None:
    from etl.quarantine.describe import verdict_lines, verdict_markdown
    from etl.report.formats import single_line

    for line in verdict_lines(verdict):
        typer.echo(single_line(line))
    summary = os.environ.get("GITHUB_STEP_SUMMARY")
    if summary:
        with Path(summary).open("a", encoding="utf-8", errors="replace") as stream:
            stream.write(verdict_markdown(verdict))
