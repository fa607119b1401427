"""Shared by several commands: settings, the log, and the final messages."""

from __future__ import annotations

import atexit
import gc
from typing import TYPE_CHECKING, Annotated, Any

import typer

from etl.cli.output import Exit, Global, print_error
from etl.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from etl.load.store import Store
    from etl.model.writes import Row
    from etl.pipeline.delivery import Delivery
    from etl.pipeline.summary import Summary
    from etl.settings import Settings

Days = Annotated[int, typer.Option(min=1, max=3650, help="The last N days.")]
Repository = Annotated[str, typer.Option(help="Only this repository, `owner/name`.")]
Workflow = Annotated[str, typer.Option(help="Only this workflow.")]
Branch = Annotated[str, typer.Option(help="Only this branch, as in its tag.")]


def load_settings(context: typer.Context, overrides: Mapping[str, Any] | None = None) -> Settings:
    """Load settings from all sources, and set up the log."""
    from etl import log
    from etl.settings import load

    options: Global = context.obj
    merged = dict(overrides or {})
    if options.debug:
        merged["log"] = {**merged.get("log", {}), "level": "debug"}
    settings = load(file=options.config, overrides=merged)
    log.configure(settings.log)
    return settings


def freeze_gc() -> None:
    """Make the garbage collector skip imported objects, which live as long as the process.

    Many short-lived records make it run often, and scanning the imported objects each time would take a tenth
    of a sync's time. They are unfrozen at exit, because DuckDB complains about uncollected objects.
    """
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)


async def ask_configured(
    settings: Settings, names: Sequence[str], asked: Mapping[str, Any]
) -> dict[str, list[Row]]:
    """Query the configured store; raises ConfigurationError if a filter matches nothing that is stored."""
    from etl.app import open_store
    from etl.report.ask import ask, nothing_answered

    store = open_store(settings)
    try:
        answers = await ask(store, settings, names, asked)
        if nothing_answered(answers):
            await require_stored(store, settings, asked)
        return answers
    finally:
        await store.close()


async def require_stored(store: Store, settings: Settings, asked: Mapping[str, Any]) -> None:
    """Raise ConfigurationError with suggestions if a filter in `asked` matches nothing that is stored."""
    from etl.report.ask import ask
    from etl.report.filters import LISTED_BY, unknown

    filters = {name: str(asked.get(name) or "") for name in LISTED_BY}
    if any(filters.values()):
        listing = {question for name, question in LISTED_BY.items() if filters[name]}
        everything = {"start": asked["start"], "stop": asked["stop"]}
        known = await ask(store, settings, sorted(listing | {"jobs"}), everything)
        if sentence := unknown(filters, known):
            raise ConfigurationError(sentence)


def extra_filters(command: str, asked: str, **names: str) -> dict[str, str]:
    """The given filters beyond the usual; raises ConfigurationError for one that the question does not take."""
    from etl.queries import question

    takes = question(asked).filters
    for option, value in names.items():
        if value and option not in takes:
            raise ConfigurationError(f"`{command} {asked}` takes no --{option}")
    if "test" in takes and not names["test"]:
        raise ConfigurationError(f"`{command} {asked}` needs a test: --test NAME")
    return {option: value for option, value in names.items() if value}


def exit_with_status(summaries: Sequence[Summary], delivery: Delivery, *, address: str, waiting: int) -> None:
    """Print each failure and any open pieces on standard error, and exit with the matching code."""
    from etl.pipeline.open_pieces import open_sentence

    failed = False
    for summary in summaries:
        if summary.error is not None:
            print_error(f"{summary.repository}: {summary.error}")
            failed = True
        if summary.open:
            print_error(f"{summary.repository}: {open_sentence(summary.open_by_kind)}")
    if delivery.trouble is not None:
        print_error(
            f"{waiting} points could not be delivered to {address}: "
            f"{delivery.trouble.reason}. They are kept, and the next sync delivers them"
        )
        failed = True
    if delivery.rejected:
        print_error(
            f"{delivery.rejected} points were rejected by {address} and are kept as dead letters: "
            "`ci-health dead-letters list` shows them, `retry` sends them again"
        )
        failed = True
    if failed:
        raise typer.Exit(Exit.FAILED)
