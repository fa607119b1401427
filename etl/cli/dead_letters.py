"""`ci-health dead-letters`: shows, retries or discards points that the store rejected."""

from __future__ import annotations

import asyncio
import json
from typing import TYPE_CHECKING, Annotated, Any

import typer

from etl.cli.common import exit_with_status, load_settings
from etl.cli.output import Exit, print_error
from etl.errors import ConfigurationError
from etl.model.values import iso_time

if TYPE_CHECKING:
    from etl.model.dead_letters import Chosen, DeadLetter
    from etl.settings import Settings

_MAX_LINE = 120

Ids = Annotated[list[int] | None, typer.Argument(metavar="[ID]...", help="Ids, as `list` shows them.")]
OfRepository = Annotated[
    str, typer.Option("--repository", help="Only points of this repository, `owner/name`.")
]

dead_letters = typer.Typer(
    help="Points that the store rejected: list them, try them again, or discard them.", no_args_is_help=True
)


@dead_letters.command("list")
def show(
    context: typer.Context,
    repository: OfRepository = "",
    limit: Annotated[int, typer.Option(min=1, help="Maximum number to show, oldest first.")] = 100,
    as_json: Annotated[
        bool, typer.Option("--json", help="Print a list on stdout, with untruncated lines.")
    ] = False,
) -> None:
    """Show what the store rejected, and why."""
    asyncio.run(_list(load_settings(context), _chosen(None, repository), limit, as_json=as_json))


@dead_letters.command()
def retry(context: typer.Context, ids: Ids = None, repository: OfRepository = "") -> None:
    """Retry all dead letters, or those with these ids."""
    asyncio.run(_retry(load_settings(context), _chosen(ids, repository), debug=context.obj.debug))


@dead_letters.command()
def discard(
    context: typer.Context,
    ids: Ids = None,
    repository: OfRepository = "",
    every: Annotated[bool, typer.Option("--all", help="Discard all of them.")] = False,
) -> None:
    """Permanently delete some or all dead letters."""
    if not (ids or repository or every):
        raise ConfigurationError("name the ids to discard, or --repository, or --all")
    asyncio.run(_discard(load_settings(context), _chosen(ids, repository)))


def _chosen(ids: list[int] | None, repository: str) -> Chosen:
    from etl.model.dead_letters import Chosen

    return Chosen(frozenset(ids or ()), repository)


async def _list(settings: Settings, chosen: Chosen, limit: int, *, as_json: bool) -> None:
    from etl.app import open_reader
    from etl.report.formats import single_line

    async with open_reader(settings, without_github=True) as pipeline:
        state = pipeline.state
        if state.absent:
            print_error(state.absent)
        letters = await state.call(state.dead_letters.oldest, chosen, limit)
        count = await state.call(state.dead_letters.count, chosen)
    if as_json:
        typer.echo(json.dumps([_as_json(letter) for letter in letters], indent=2))
        return
    for letter in letters:
        typer.echo(single_line(_line(letter)))
    typer.echo(f"{count} dead letters" + (f", {len(letters)} shown" if len(letters) < count else ""))


def _as_json(letter: DeadLetter) -> dict[str, Any]:
    return {
        "id": letter.id,
        "repository": letter.repository,
        "rejected_at": iso_time(letter.added_at),
        "reason": letter.reason,
        "line": letter.line.decode("utf-8", "backslashreplace"),
    }


def _line(letter: DeadLetter) -> str:
    from etl.model.text import cut

    line = letter.line.decode("utf-8", "backslashreplace")
    return f"{letter.id} {iso_time(letter.added_at)} {letter.reason}: {cut(line, _MAX_LINE)}"


async def _retry(settings: Settings, chosen: Chosen, *, debug: bool) -> None:
    from etl.app import open_pipeline
    from etl.pipeline.run_once import deliver

    async with open_pipeline(settings, debug=debug, without_github=True) as pipeline:
        state = pipeline.state
        count = await state.call(state.dead_letters.retry, chosen)
        delivery = await deliver(pipeline)
        again = f"{delivery.rejected} were rejected again" if delivery.rejected else "none was rejected again"
        expired = f", {delivery.expired} are older than the store keeps" if delivery.expired else ""
        typer.echo(f"{count} dead letters were handed to the store again: {again}{expired}")
        waiting = await state.call(state.outbox.points)
        exit_with_status([], delivery, address=pipeline.store.address, waiting=waiting)


async def _discard(settings: Settings, chosen: Chosen) -> None:
    from etl.app import open_pipeline
    from etl.model.dead_letters import Chosen

    async with open_pipeline(settings, without_github=True) as pipeline:
        state = pipeline.state
        count = await state.call(state.dead_letters.discard, chosen)
        left = await state.call(state.dead_letters.count, Chosen())
    typer.echo(f"{count} dead letters were discarded, {left} are left")
    if chosen.ids and count < len(chosen.ids):
        raise typer.Exit(Exit.FAILED)
