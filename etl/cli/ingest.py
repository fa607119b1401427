"""`ci-health ingest REPORT…`: results of a job in any CI."""

from __future__ import annotations

import asyncio
import json
from dataclasses import asdict
from time import time
from typing import TYPE_CHECKING, Annotated

import typer

from etl.cli.common import exit_with_status, freeze_gc, load_settings
from etl.errors import ConfigurationError, DataError, FatalError, LockedError

if TYPE_CHECKING:
    from collections.abc import Sequence

    from etl.extract.given_reports import Given
    from etl.model.ingested import Told
    from etl.pipeline.delivery import Delivery
    from etl.pipeline.ingest import Ingested
    from etl.settings import Settings


def ingest(
    context: typer.Context,
    repository: Annotated[str, typer.Option(help="The repository, `owner/name`.")],
    workflow: Annotated[str, typer.Option(help="The pipeline or workflow, as it is called.")],
    job: Annotated[str, typer.Option(help="The job, as it is called.")],
    commit: Annotated[str, typer.Option(help="The commit that was tested.")],
    reports: Annotated[
        list[str] | None, typer.Argument(metavar="[REPORT...]", help="Files, folders or patterns.")
    ] = None,
    run: Annotated[str, typer.Option(help="The CI's number or id of the run.")] = "",
    attempt: Annotated[
        str, typer.Option(help="Number of the attempt; default: the next, for other results than before.")
    ] = "",
    branch: Annotated[str, typer.Option(help="The branch; default: the default branch.")] = "",
    default_branch: Annotated[
        str, typer.Option(help="The default branch; default: as known, else `main`.")
    ] = "",
    event: Annotated[str, typer.Option(help="Why it ran: push, schedule, pull_request …")] = "push",
    conclusion: Annotated[
        str, typer.Option(help="How the job ended, in the CI's words or as exit code; default: as its tests.")
    ] = "",
    started: Annotated[str, typer.Option(help="When it started: ISO 8601 or Unix time.")] = "",
    completed: Annotated[str, typer.Option(help="When it ended; default: now.")] = "",
    duration: Annotated[str, typer.Option(help="How long it took: 90, 5m; default: as its tests.")] = "",
    url: Annotated[str, typer.Option(help="The job's page.")] = "",
    as_json: Annotated[bool, typer.Option("--json", help="Print an object on stdout.")] = False,
) -> None:
    """Store the results of a job that ran in any CI; the same command again changes nothing."""
    from etl.extract.told import parse

    fields = {
        "repository": repository,
        "workflow": workflow,
        "job": job,
        "commit": commit,
        "run": run,
        "attempt": attempt,
        "branch": branch,
        "default_branch": default_branch,
        "event": event,
        "conclusion": conclusion,
        "started": started,
        "completed": completed,
        "duration": duration,
        "url": url,
    }
    try:
        told = parse(fields, time())
    except DataError as error:
        raise ConfigurationError(str(error)) from None
    files = _read(reports or [])
    settings = load_settings(context)
    asyncio.run(_ingest(settings, told, files, as_json=as_json, debug=context.obj.debug))


def _read(names: Sequence[str]) -> list[Given]:
    """The files' names and contents. Raises FatalError with a line for each that is missing or cannot be read."""
    from etl.extract.strict import files

    paths, troubles = files.found(names)
    read = []
    for path in paths:
        try:
            read.append((str(path), files.content(path)))
        except DataError as error:
            troubles.append(f"{path}: {error}")
    if troubles:
        raise FatalError("\n".join([*troubles, "nothing was ingested"]))
    return read


async def _ingest(settings: Settings, told: Told, files: list[Given], *, as_json: bool, debug: bool) -> None:
    from etl.app import open_pipeline
    from etl.pipeline.ingest import ingest, judge_ingested
    from etl.pipeline.run_once import deliver_beside
    from etl.pipeline.summary import Summary
    from etl.pipeline.tag_settings import require_unchanged

    freeze_gc()
    try:
        opened = open_pipeline(settings, debug=debug, without_github=True)
        async with opened as pipeline:
            state = pipeline.state
            await state.call(require_unchanged, state.metadata, settings, accept=False)

            async def extract(delivery: Delivery) -> list[tuple[Ingested, Summary]]:
                await pipeline.wait_for_outbox_capacity(delivery)
                done = await ingest(pipeline, told, files)
                return [(done, await judge_ingested(pipeline, delivery, done.repository))]

            ((done, summary),), delivery = await deliver_beside(pipeline, extract)
            typer.echo(json.dumps(asdict(done), indent=2) if as_json else _sentence(done, told))
            waiting = await state.call(state.outbox.points)
            exit_with_status([summary], delivery, address=pipeline.store.address, waiting=waiting)
    except DataError as error:
        raise FatalError(f"{error}\nnothing was ingested") from None
    except LockedError as error:
        raise ConfigurationError(
            f"{error}; if it is `ci-health run`, send the reports to its /api/v1/ingest (docs/ingest.md)"
        ) from None


def _sentence(done: Ingested, told: Told) -> str:
    from etl.report.formats import single_line

    what = f"{done.repository}: {told.workflow}, job {told.job}, attempt {done.attempt}"
    if done.status == "known":
        return single_line(f"{what}: ingested before, nothing changed")
    return single_line(
        f"{what}: {done.conclusion}, {done.tests} tests, {done.failed} failed, {done.points} points"
    )
