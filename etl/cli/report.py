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
    from etl.report.view import Period


def report(
    context: typer.Context,
    out: Annotated[Path, typer.Option(help="File to write.")] = Path("ci-health-report.html"),
    days: Days = 14,
    repository: Repository = "",
    workflow: Workflow = "",
    branch: Branch = "",
) -> None:
    """The answers as one self-contained HTML file."""
    from etl.report.ask import REPORTED, last_days, parameters

    settings = load_settings(context)
    period = last_days(days, time.time())
    asked = parameters(period, repository, workflow, branch)
    answers = asyncio.run(ask_configured(settings, REPORTED, asked))
    write_report(out, answers, period, title=repository or ", ".join(settings.repositories))
    typer.echo(f"report: {out}")


def write_report(out: Path, answers: Mapping[str, list[Row]], period: Period, *, title: str) -> None:
    """Write the report; raises ConfigurationError if the file cannot be written."""
    from etl.report.html import render

    html = render(answers, period=period, generated_at=datetime.now(UTC), title=title)
    try:
        out.parent.mkdir(parents=True, exist_ok=True)
        out.write_text(html, encoding="utf-8")
    except OSError as error:
        raise ConfigurationError(f"the report cannot be written to {out}: {error.strerror}") from None
