"""`ci-health sync` and `ci-health backfill`."""

from __future__ import annotations

import asyncio
import json
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from etl.cli.common import exit_with_status, freeze_gc, load_settings
from etl.cli.output import print_error
from etl.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from etl.pipeline.backfill import Range
    from etl.pipeline.context import Pipeline
    from etl.pipeline.delivery import Delivery
    from etl.pipeline.summary import Summary
    from etl.settings import Settings


def sync(
    context: typer.Context,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a list on stdout, one object per repository.")
    ] = False,
    accept: Annotated[
        bool, typer.Option("--accept", help="Accept that changed settings name new points differently.")
    ] = False,
) -> None:
    """Sync every configured repository once, incrementally."""
    settings = load_settings(context)
    with _interruptible(settings, "the next `ci-health sync` goes on from there"):
        asyncio.run(_sync(settings, as_json=as_json, accept=accept, debug=context.obj.debug))


@contextmanager
def _interruptible(settings: Settings, what_next: str) -> Iterator[None]:
    """Say on a terminal that nothing is lost by Ctrl-C."""
    from etl.cli.progress import is_watched

    try:
        yield
    except KeyboardInterrupt:
        if is_watched(settings):
            print_error(f"stopped: what was read is kept, and {what_next}")
        raise


async def _sync(settings: Settings, *, as_json: bool, accept: bool, debug: bool) -> None:
    from etl.app import open_pipeline
    from etl.cli.progress import is_watched, progress
    from etl.pipeline.run_once import sync_and_deliver
    from etl.pipeline.tag_settings import require_unchanged

    freeze_gc()
    async with open_pipeline(settings, debug=debug) as pipeline:
        state = pipeline.state
        await state.call(require_unchanged, state.metadata, settings, accept=accept)
        with progress(settings, always=False) as advance:
            summaries, delivery = await sync_and_deliver(pipeline, advance=advance)
        if as_json:
            typer.echo(json.dumps([summary.as_json() for summary in summaries], indent=2))
        talks = is_watched(settings) and not as_json
        for summary in summaries if talks else ():
            typer.echo(_line(summary), err=True)
        await _conclude(pipeline, summaries, delivery)
    if talks:
        typer.echo("next: `ci-health show` says what to do first", err=True)


def backfill(
    context: typer.Context,
    since: Annotated[str, typer.Option(help="First day, `2026-01-31`, or how far back, `90d`.")],
    until: Annotated[str | None, typer.Option(help="Day to stop before; default: now.")] = None,
    replace: Annotated[
        bool, typer.Option("--replace", help="Delete the range's points first, then read it again.")
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", help="With --replace, also delete what other CIs sent, for good.")
    ] = False,
) -> None:
    """Read past runs in chronological order; if interrupted, the same command resumes."""
    settings = load_settings(context)
    asked = _range(since, until, replace=replace, force=force)
    with _interruptible(settings, "the same command goes on from there"):
        asyncio.run(_backfill(settings, asked, debug=context.obj.debug))


def _range(since: str, until: str | None, *, replace: bool, force: bool) -> Range:
    """The range in whole UTC days, so that the same command means the same range a minute later."""
    from etl.pipeline.backfill import Range
    from etl.settings import parse_since

    now = datetime.now(UTC)
    try:
        start, stop = (parse_since(text, now) if text else now for text in (since, until))
    except ValueError as error:
        raise ConfigurationError(f"--since or --until {error}") from None
    start = start.replace(hour=0, minute=0, second=0, microsecond=0)
    if start >= stop:
        raise ConfigurationError(f"--since {since} is not before {until or 'now'}: there is nothing to read")
    return Range(int(start.timestamp()), int(stop.timestamp()) if until else None, replace, force)


async def _backfill(settings: Settings, asked: Range, *, debug: bool) -> None:
    from etl.app import open_pipeline
    from etl.cli.progress import progress
    from etl.pipeline.run_once import backfill_and_deliver
    from etl.pipeline.tag_settings import require_unchanged

    freeze_gc()
    async with open_pipeline(settings, debug=debug) as pipeline:
        state = pipeline.state
        await state.call(require_unchanged, state.metadata, settings, accept=asked.replace)
        with progress(settings, always=True) as advance:
            summaries, delivery = await backfill_and_deliver(pipeline, asked, advance)
        for summary in summaries:
            typer.echo(_line(summary))
        await _conclude(pipeline, summaries, delivery)


def _line(summary: Summary) -> str:
    return (
        f"{summary.repository}: {summary.runs} runs, {summary.attempts} attempts, "
        f"{summary.jobs} jobs, {summary.points} points, {summary.requests} requests"
    )


async def _conclude(pipeline: Pipeline, summaries: Sequence[Summary], delivery: Delivery) -> None:
    waiting = await pipeline.state.call(pipeline.state.outbox.points)
    exit_with_status(summaries, delivery, address=pipeline.store.address, waiting=waiting)
