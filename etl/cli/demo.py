"""`ci-health demo`: the whole job against a simulated GitHub, without network, token or server."""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from etl.cli.app import app
from etl.cli.common import ask, conclude, parameters
from etl.cli.report import QUESTIONS, write_report

if TYPE_CHECKING:
    from etl.demo.history import History
    from etl.report.views import Period
    from etl.settings import Settings

_DATA_DIR = Path(".ci-health/demo")
# A recorded history may need more requests than GitHub allows an hour: a demo does not wait for that.
_NO_LIMIT = 1_000_000
_REPORT = Path("ci-health-report.html")


@app.command()
def demo(
    context: typer.Context,
    history: Annotated[
        Path | None, typer.Option(help="Replay a recorded history, shifted to end yesterday.")
    ] = None,
    out: Annotated[Path, typer.Option(help="File of the HTML report.")] = _REPORT,
) -> None:
    """The whole job against a simulated GitHub: overview, least reliable jobs, flaky tests, failures, report."""
    from etl.demo.history import ending
    from etl.demo.recorded import load
    from etl.demo.synthetic import synthetic

    today = datetime.now(UTC).date()
    played = ending(load(history) if history else synthetic(), today - timedelta(days=1))
    asyncio.run(_demo(played, out, recorded=history is not None, debug=context.obj.debug))


async def _demo(history: History, out: Path, *, recorded: bool, debug: bool) -> None:
    from etl.demo.server import SimulatedGitHub
    from etl.pipeline.assembly import open_pipeline
    from etl.pipeline.whole import whole_sync
    from etl.report.terminal import summary

    # The history moves with the calendar: what an earlier demo stored would not match it.
    shutil.rmtree(_DATA_DIR, ignore_errors=True)
    async with SimulatedGitHub(history, rate_limit=_NO_LIMIT) as url:
        settings = _settings(history, url)
        async with open_pipeline(settings, debug=debug) as pipeline:
            summaries, delivery = await whole_sync(pipeline)
            period = _period(history, recorded=recorded)
            answers = await ask(pipeline.store, settings, QUESTIONS, parameters(period))
            backlog = pipeline.state.outbox.backlog()
            address = pipeline.store.address
    names = ", ".join(settings.repositories)
    for item in summaries:
        typer.echo(
            f"{item.repository}: {item.runs} runs, {item.jobs} jobs, {item.points} points "
            f"from {item.requests} requests,\nstored in {address}\n"
        )
    typer.echo(summary(answers, period=period), nl=False)
    write_report(out, answers, period, title=names)
    typer.echo(f"\nreport: {out}")
    conclude(summaries, delivery, address=address, waiting=backlog.points)


def _settings(history: History, url: str) -> Settings:
    from etl import log
    from etl.settings import load

    overrides: dict[str, Any] = {
        "repositories": [repository.full_name for repository in history.repositories],
        "github": {"token": "demo", "api_url": url},
        "data_dir": str(_DATA_DIR),
        "since": history.start.date().isoformat(),
        "log": {"level": "error"},
    }
    # An empty environment: the demo runs on embedded defaults, whatever this machine is set up for.
    settings = load({}, file=Path("/dev/null"), overrides=overrides)
    log.configure(settings.log)
    return settings


def _period(history: History, *, recorded: bool) -> Period:
    """All of a recorded history; the newer half of the synthetic one, so that there is a before."""
    from etl.report.views import Period

    stop, start = (
        moment.replace(hour=0, minute=0, second=0, microsecond=0)
        for moment in (datetime.now(UTC), history.start)
    )
    return Period(start if recorded else stop - (stop - start) // 2, stop)
