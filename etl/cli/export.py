"""`ci-health export NAME`: points or answers as a file for other programs."""

from __future__ import annotations

import asyncio
import sys
import tempfile
import time
from contextlib import contextmanager
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from etl.cli.common import (
    Branch,
    Repository,
    Workflow,
    ask_configured,
    extra_filters,
    load_settings,
    require_stored,
)
from etl.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from etl.load.parquet import Content
    from etl.report.view import Period
    from etl.settings import Settings

_STDOUT: Final = Path("-")
_DAYS: Final = 14


class Format(StrEnum):
    """Output formats."""

    CSV = "csv"
    JSONL = "jsonl"
    PARQUET = "parquet"


def export(
    context: typer.Context,
    name: Annotated[
        str, typer.Argument(help="A measurement, such as `job` or `test`, or a question as `show` has them.")
    ],
    form: Annotated[
        Format | None, typer.Option("--format", help="Output format; default: by the file's name, else csv.")
    ] = None,
    output: Annotated[
        Path, typer.Option("--output", "-o", help="File to write; `-` is standard output.")
    ] = _STDOUT,
    force: Annotated[bool, typer.Option("--force", help="Replace the file if it exists.")] = False,
    days: Annotated[int | None, typer.Option(min=1, max=3650, help="The last N days; default: 14.")] = None,
    since: Annotated[str, typer.Option(help="First day, `2026-01-31`, or how far back, `90d`.")] = "",
    until: Annotated[str, typer.Option(help="Day to stop before; default: now.")] = "",
    repository: Repository = "",
    workflow: Workflow = "",
    branch: Branch = "",
    job: Annotated[str, typer.Option(help="Only this job.")] = "",
    test: Annotated[str, typer.Option(help="Only this test.")] = "",
    category: Annotated[str, typer.Option(help="Only failures of this category.")] = "",
) -> None:
    """The points of a measurement, or the answer to a question, as CSV, JSON lines or Parquet."""
    form = form or _format_of(output)
    if output == _STDOUT and form is Format.PARQUET:
        raise ConfigurationError("Parquet is written to files only: --output FILE")
    period = _period(days, since, until)
    filters = {"repository": repository, "workflow": workflow, "branch": branch}
    more = {"job": job, "test": test, "category": category}
    filters = _filters(name, filters, more)
    settings = load_settings(context)
    with _replacing(output, force=force) as new:
        table = new.with_name("table.parquet")
        asyncio.run(_fetch(settings, name, period, filters, table))
        rows = _write(table, new, form, to_stdout=output == _STDOUT)
    if output != _STDOUT:
        typer.echo(f"{output}: {rows:,} row{'' if rows == 1 else 's'}")


def _format_of(output: Path) -> Format:
    """The format that the name of the file ends with; CSV for any other."""
    ending = output.suffix.removeprefix(".").lower()
    return Format(ending) if ending in set(Format) else Format.CSV


def _period(days: int | None, since: str, until: str) -> Period:
    from etl.report.ask import last_days
    from etl.report.view import Period
    from etl.settings import parse_since

    if days is not None and (since or until):
        raise ConfigurationError("--days, or --since with --until: not both")
    if until and not since:
        raise ConfigurationError("--until needs --since")
    if not since:
        return last_days(days or _DAYS, time.time())
    now = datetime.fromtimestamp(int(time.time()) + 1, UTC)
    try:
        start, stop = (parse_since(text, now) if text else now for text in (since, until))
    except ValueError as error:
        raise ConfigurationError(f"--since or --until {error}") from None
    if start >= stop:
        raise ConfigurationError(
            f"--since {since} is not before {until or 'now'}: there is nothing to export"
        )
    return Period(start, stop)


def _filters(name: str, usual: Mapping[str, str], more: Mapping[str, str]) -> dict[str, str]:
    """The filters that were given; raises ConfigurationError for an unknown name, or a filter it does not take."""
    from etl.model.schema import MEASUREMENTS
    from etl.queries import QUESTIONS

    if name in QUESTIONS:
        return {**usual, **extra_filters("export", name, **more)}
    if name not in MEASUREMENTS:
        raise ConfigurationError(
            f"no measurement or question {name!r}; measurements are {', '.join(MEASUREMENTS)}, "
            f"questions {', '.join(sorted(QUESTIONS))}"
        )
    given = {option: value for option, value in {**usual, **more}.items() if value}
    for option in given.keys() - set(MEASUREMENTS[name].tag_names):
        raise ConfigurationError(f"`export {name}` takes no --{option}")
    return given


async def _fetch(
    settings: Settings, name: str, period: Period, filters: Mapping[str, str], table: Path
) -> None:
    """Write what is asked for to a Parquet file."""
    from etl.load.opened import open_store
    from etl.load.parquet import opened, write_answer
    from etl.load.store import Slice
    from etl.model.schema import MEASUREMENTS
    from etl.queries import question

    asked: dict[str, Any] = {"start": period.start, "stop": period.stop, **filters}
    if name not in MEASUREMENTS:
        answers = await ask_configured(settings, [name], asked)
        write_answer(question(name).columns, answers[name], table)
        return
    store = open_store(settings)
    try:
        await store.export(Slice(MEASUREMENTS[name], period.start, period.stop, filters), table)
        with opened(table) as content:
            if not content.count:
                await require_stored(store, settings, asked)
    finally:
        await store.close()


@contextmanager
def _replacing(output: Path, *, force: bool) -> Iterator[Path]:
    """A new file in a folder of its own, which becomes `output` once it is complete.

    Raises ConfigurationError if the file exists, and may not be replaced, or cannot be written.
    """
    to_stdout = output == _STDOUT
    if not to_stdout and output.exists():
        if not output.is_file():
            raise ConfigurationError(f"{output} is not a file: name another with --output")
        if not force:
            raise ConfigurationError(f"{output} exists: name another file, or replace it with --force")
    beside = Path(tempfile.gettempdir()) if to_stdout else output.parent
    try:
        beside.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory(dir=beside, prefix=".ci-health-") as folder:
            new = Path(folder, "new")
            yield new
            if not to_stdout:
                new.replace(output.resolve())
    except BrokenPipeError:
        raise
    except OSError as error:
        raise ConfigurationError(f"the export cannot be written in {beside}: {error.strerror}") from None


def _write(table: Path, new: Path, form: Format, *, to_stdout: bool) -> int:
    """Write the table in its format, a batch at a time; returns the number of rows."""
    from etl.load.parquet import opened

    with opened(table) as content:
        if to_stdout:
            for text in _texts(content, form):
                sys.stdout.write(text)
            sys.stdout.flush()
        elif form is Format.PARQUET:
            table.replace(new)
        else:
            with new.open("w", encoding="utf-8", newline="") as file:
                file.writelines(_texts(content, form))
        return content.count


def _texts(content: Content, form: Format) -> Iterator[str]:
    from etl.report.json_csv import csv_lines, json_lines

    if form is Format.CSV:
        yield csv_lines([content.names])
    for batch in content.batches:
        yield csv_lines(batch) if form is Format.CSV else json_lines(content.names, batch)
