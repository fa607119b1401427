"""`ci-health verify`: finds what GitHub has and the store lacks, and vice versa."""

from __future__ import annotations

import asyncio
import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from etl.cli.common import exit_with_status, freeze_gc, load_settings
from etl.cli.output import Exit, print_error
from etl.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator

    from etl.pipeline.comparison import Entry
    from etl.pipeline.verification import Verification
    from etl.settings import Settings


def verify(
    context: typer.Context,
    since: Annotated[str, typer.Option(help="First day, `2026-01-31`, or how far back, `90d`.")] = "30d",
    repair: Annotated[bool, typer.Option("--repair", help="Reread what is missing.")] = False,
    requests: Annotated[
        int, typer.Option(min=1, help="Maximum number of requests per repository for the comparison.")
    ] = 500,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a list on stdout, one object per repository.")
    ] = False,
) -> None:
    """Find runs, attempts and jobs that GitHub has and the store lacks, and vice versa."""
    settings, first = load_settings(context), _first(since)
    asyncio.run(
        _verify(settings, first, most=requests, repair=repair, as_json=as_json, debug=context.obj.debug)
    )


def _first(since: str) -> int:
    from etl.settings import parse_since

    try:
        return int(parse_since(since, datetime.now(UTC)).timestamp())
    except ValueError as error:
        raise ConfigurationError(f"--since {error}") from None


async def _verify(
    settings: Settings, since: int, *, most: int, repair: bool, as_json: bool, debug: bool
) -> None:
    from etl.app import open_pipeline
    from etl.pipeline.run_once import verify_and_deliver
    from etl.report.formats import single_line

    freeze_gc()
    async with open_pipeline(settings, debug=debug) as pipeline:
        found, delivery = await verify_and_deliver(pipeline, since, most=most, repair=repair)
        if as_json:
            typer.echo(json.dumps([one.as_json() for one in found], indent=2))
        for one in () if as_json else found:
            first, *others = map(single_line, _lines(one))
            typer.echo("\n  ".join([first, *others]))
        for one in found:
            if one.error is not None:
                print_error(f"{one.repository}: {one.error}")
        waiting = await pipeline.state.call(pipeline.state.outbox.points)
        exit_with_status([], delivery, address=pipeline.store.address, waiting=waiting)
    if any(one.error is not None or one.missing or one.incomplete for one in found):
        raise typer.Exit(Exit.FAILED)


def _lines(found: Verification) -> Iterator[str]:
    """The findings as readable lines."""
    missing = len(found.missing)
    yield (
        f"{found.repository}: {found.runs} runs, {found.attempts} attempts and {found.jobs} jobs at GitHub, "
        f"{missing or 'none'} of them missing in the store ({found.requests} requests)"
    )
    yield from _named("missing", found.missing)
    yield from _named("read again, and there now", found.repaired)
    yield from _named("in the store alone, GitHub has deleted it", found.extra)
    if found.unread:
        yield f"{found.unread} runs changed since the last sync or are open: the next ones read them"
    if found.unchecked:
        yield f"incomplete: the jobs of {found.unchecked} attempts were not compared: raise --requests"
    if found.days_left:
        yield f"incomplete: {found.days_left} days were not compared: raise --requests"
    if found.days_expired:
        yield f"{found.days_expired} days are older than the store's retention: nothing to compare"


def _named(what: str, entries: list[Entry]) -> Iterator[str]:
    from etl.pipeline.comparison import sentences

    for sentence in sentences(entries):
        yield f"{what}: {sentence}"
