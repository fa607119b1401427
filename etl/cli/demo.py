"""`ci-health demo`: an end-to-end run against a simulated GitHub, without network, token or server.

`--serve` runs the service instead, on a simulated project that keeps going, for the demo of InfluxDB and
Grafana. The simulated GitHub runs in the same process, on loopback: a token must never cross a network in
plain HTTP.
"""

from __future__ import annotations

import asyncio
import shutil
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from etl.cli.common import exit_with_status, load_settings
from etl.cli.output import print_error
from etl.cli.report import write_report
from etl.errors import ConfigurationError
from etl.extras import Extra, needs

if TYPE_CHECKING:
    from etl.demo.history import History
    from etl.report.view import Period
    from etl.settings import Settings

_DATA_DIR = Path(".ci-health/demo")
# A recorded history may need more requests than GitHub allows in an hour; a demo should not wait for that.
_NO_LIMIT = 1_000_000
_REPORT = Path("ci-health-report.html")
# Days of a served project before and after the first start; its outage is in the past.
_PAST_DAYS, _COMING_DAYS = 28, 7


def demo(
    context: typer.Context,
    history: Annotated[
        Path | None, typer.Option(help="Replay a recorded history, shifted to end yesterday.")
    ] = None,
    out: Annotated[Path, typer.Option(help="Where to write the HTML report.")] = _REPORT,
    serve: Annotated[
        bool,
        typer.Option(
            "--serve",
            help="Keep running like `run`, on a project that keeps going, with the store and data folder "
            "from the settings.",
        ),
    ] = False,
) -> None:
    """Run end to end against a simulated GitHub: overview, what to fix first, flakes, failures, report."""
    from etl.demo.history import ending
    from etl.demo.recorded import load
    from etl.demo.synthetic import synthetic

    if serve:
        known = load(history) if history else synthetic(days=_PAST_DAYS + _COMING_DAYS)
        asyncio.run(_serve(context, known))
        return
    today = datetime.now(UTC).date()
    played = ending(load(history) if history else synthetic(), today - timedelta(days=1))
    asyncio.run(_demo(played, out, recorded=history is not None, debug=context.obj.debug))


async def _serve(context: typer.Context, history: History) -> None:
    from etl.demo.history import ending
    from etl.demo.server import SimulatedGitHub

    with needs(Extra.SERVICE, "`ci-health demo --serve`"):
        from etl.service.run import serve

    played = ending(history, _last_day(load_settings(context).data_dir))
    async with SimulatedGitHub(played, rate_limit=_NO_LIMIT) as url:
        await serve(load_settings(context, _project(played, url)), debug=context.obj.debug)


def _last_day(folder: Path) -> date:
    """The last day of the history: some days ahead at the first start, unchanged at later starts.

    Raises ConfigurationError if the folder cannot be used or has the state of other repositories.
    """
    file = folder / "demo-last-day"
    if not file.exists() and any(folder.glob("state.sqlite*")):
        raise ConfigurationError(
            f"the data folder {folder} has the state of other repositories: set another data_dir"
        )
    try:
        if not file.exists():
            folder.mkdir(parents=True, exist_ok=True)
            last = datetime.now(UTC).date() + timedelta(days=_COMING_DAYS)
            file.write_text(last.isoformat(), "utf-8")
        return date.fromisoformat(file.read_text("utf-8"))
    except (OSError, ValueError) as error:
        raise ConfigurationError(f"{file} holds the demo's last day, but cannot be used: {error}") from None


async def _demo(history: History, out: Path, *, recorded: bool, debug: bool) -> None:
    from etl.app import open_pipeline
    from etl.demo.server import SimulatedGitHub
    from etl.pipeline.run_once import sync_and_deliver
    from etl.report.ask import REPORTED, ask, parameters
    from etl.report.explained.explain import explain, last_red
    from etl.report.summary import summary
    from etl.report.verdicts import to_table

    # The history shifts with the calendar, so data from an earlier demo would not match.
    shutil.rmtree(_DATA_DIR, ignore_errors=True)
    async with SimulatedGitHub(history, rate_limit=_NO_LIMIT) as url:
        settings = _settings(history, url)
        async with open_pipeline(settings, debug=debug) as pipeline:
            summaries, delivery = await sync_and_deliver(pipeline)
            period = _period(history, recorded=recorded)
            answers = await ask(pipeline.store, settings, REPORTED, parameters(period))
            red = [
                asked
                for name in settings.repositories
                if (asked := await last_red(pipeline.store, name, period.start, period.stop))
            ]
            explained = await explain(pipeline.store, red[0], period.stop) if red else None
            waiting = await pipeline.state.call(pipeline.state.outbox.points)
            address = pipeline.store.address
    names = ", ".join(settings.repositories)
    for item in summaries:
        typer.echo(
            f"{item.repository}: {item.runs} runs, {item.jobs} jobs, {item.points} points "
            f"from {item.requests} requests,\nstored in {address}\n"
        )
        for warning in item.warnings:
            print_error(f"{item.repository}: {warning}")
    typer.echo(summary(answers, period=period), nl=False)
    write_report(out, answers, period, title=names)
    if explained is not None:
        typer.echo("\n`ci-health explain` of the last red run:\n")
        typer.echo(to_table(explained), nl=False)
    typer.echo(f"\nreport: {out}")
    exit_with_status(summaries, delivery, address=address, waiting=waiting)


def _settings(history: History, url: str) -> Settings:
    from etl import log
    from etl.settings import load

    overrides = _project(history, url) | {"data_dir": str(_DATA_DIR), "log": {"level": "error"}}
    # An empty environment: the demo uses the defaults, whatever is configured on this machine.
    settings = load({}, file=Path("/dev/null"), overrides=overrides)
    log.configure(settings.log)
    return settings


def _project(history: History, url: str) -> dict[str, Any]:
    """Settings for the simulated project and its GitHub."""
    return {
        "repositories": [repository.full_name for repository in history.repositories],
        "github": {"token": "demo", "api_url": url},
        "since": history.start.date().isoformat(),
    }


def _period(history: History, *, recorded: bool) -> Period:
    """All of a recorded history, or the newer half of a synthetic one, which leaves a previous period."""
    from etl.report.view import Period

    stop, start = (
        moment.replace(hour=0, minute=0, second=0, microsecond=0)
        for moment in (datetime.now(UTC), history.start)
    )
    return Period(start if recorded else stop - (stop - start) // 2, stop)
