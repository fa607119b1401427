"""`ci-health report`: the answers as one HTML file."""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from etl.cli.common import (
    Branch,
    Days,
    Repository,
    Workflow,
    ask_configured,
    load_settings,
)
from etl.errors import ConfigurationError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etl.model.writes import Row
    from etl.report.owners import Owners
    from etl.report.view import Period


def report(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("ci-health-report.html"),
    days: Days = 14,
    repository: Repository = "",
    workflow: Workflow = "",
    branch: Branch = "",
    codeowners: Annotated[
        Path | None,
        typer.Option(
            help="CODEOWNERS file that names owners; default: that of a checkout of the one repository."
        ),
    ] = None,
) -> None:
    """The answers as one self-contained HTML file."""
    from etl.cli.asked import checkout_of
    from etl.cli.codeowners import owners_of
    from etl.report.ask import REPORTED, last_days, parameters

    settings = load_settings(context)
    named = [repository] if repository else settings.repositories
    owners = owners_of(codeowners, checkout_of(named[0], Path.cwd()) if len(named) == 1 else None)
    period = last_days(days, time.time())
    asked = parameters(period, repository, workflow, branch)
    answers = asyncio.run(ask_configured(settings, REPORTED, asked))
    title = repository or ", ".join(settings.repositories)
    write_report(out, answers, period, title=title, owners=owners)
    typer.echo(f"report: {out}")


def write_report(
    out: Path, answers: Mapping[str, list[Row]], period: Period, *, title: str, owners: Owners | None = None
) -> None:
    """Write the report; raises ConfigurationError if the file cannot be written."""
    from etl.report.html import render
    from etl.report.owners import NOBODY

    html = render(
        answers, period=period, generated_at=datetime.now(UTC), title=title, owners=owners or NOBODY
    )
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(html, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"the report cannot be written to {out}: {error.strerror}") from None
