"""Shared by several commands: settings, the log, and the final messages."""

from __future__ import annotations

import atexit
import difflib
import gc
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, TypeVar

import typer

from etl.cli.output import Exit, Global, print_error
from etl.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Mapping, Sequence

    from etl.load.store import Store
    from etl.model.writes import Row
    from etl.pipeline.delivery import Delivery
    from etl.pipeline.summary import Summary
    from etl.settings import Settings

_Name = TypeVar("_Name", bound=StrEnum)

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


def one_of(names: type[_Name]) -> Callable[[str], _Name]:
    """A parser for an argument that is one of these names; it says which one a mistyped one is close to."""

    def parse(text: str) -> _Name:
        try:
            return names(text)
        except ValueError:
            close = difflib.get_close_matches(text.replace("-", "_"), list(names), n=1, cutoff=0.5)
            advice = f"did you mean `{close[0]}`?" if close else f"it is none of {', '.join(names)}"
            raise typer.BadParameter(f"{text!r} is unknown: {advice}") from None

    return parse


def freeze_gc() -> None:
    """Make the garbage collector skip imported objects, which live as long as the process.

    Many short-lived records make it run often, and scanning the imported objects each time would take a tenth
    of a sync's time. They are unfrozen at exit, because DuckDB complains about uncollected objects.
    """
    gc.collect()
    gc.freeze()
    atexit.register(gc.unfreeze)


async def ask_configured(
    settings: Settings, names: Collection[str], asked: Mapping[str, Any]
) -> dict[str, list[Row]]:
    """Query the configured store, and say where it is if it is empty.

    Raises ConfigurationError if a filter matches nothing that is stored.
    """
    from etl.load.opened import open_store
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
    """Say where the store is if it is empty; raise ConfigurationError if a filter in `asked` matches nothing in it."""
    from etl.report.filters import LISTED_BY

    filters = {name: str(asked.get(name) or "") for name in LISTED_BY}
    sentence = await _why_nothing(store, settings, filters, {key: asked[key] for key in ("start", "stop")})
    if sentence and any(filters.values()):
        raise ConfigurationError(sentence)
    if sentence:
        print_error(sentence)


async def _why_nothing(
    store: Store, settings: Settings, filters: Mapping[str, str], period: Mapping[str, Any]
) -> str | None:
    """Why nothing answers: where the empty store is, or which filter is unknown; None if it is neither."""
    from etl.report.ask import ask, nothing_answered
    from etl.report.filters import LISTED_BY, unknown

    if store.is_missing:
        return f"nothing is stored in {store.address}: run `ci-health sync`, or set data_dir"
    if nothing_answered(await ask(store, settings, ["overview"], period)):
        return f"nothing of this period is stored in {store.address}"
    listing = {question for name, question in LISTED_BY.items() if filters[name]}
    if not listing:
        return None
    return unknown(filters, await ask(store, settings, sorted(listing | {"jobs"}), period))


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
