"""`ci-health show QUESTION`: the answers in the terminal."""

from __future__ import annotations

import asyncio
import time
from enum import StrEnum
from typing import Annotated

import typer

from etl.cli.app import app
from etl.cli.common import (
    Branch,
    Days,
    Repository,
    Workflow,
    ask_configured,
    load_settings,
)


class Question(StrEnum):
    """What can be shown."""

    OVERVIEW = "overview"
    WORKFLOWS = "workflows"
    JOBS = "jobs"
    TESTS = "tests"
    FLAKY = "flaky"
    FAILURES = "failures"
    SLOW = "slow"
    BROKEN = "broken"
    SUCCESS_OVER_TIME = "success_over_time"
    ETL_STATUS = "etl_status"


class Format(StrEnum):
    """How it is written."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


@app.command()
def show(
    context: typer.Context,
    question: Annotated[Question, typer.Argument(help="What to show.")],
    days: Days = 30,
    repository: Repository = "",
    workflow: Workflow = "",
    branch: Branch = "",
    form: Annotated[Format, typer.Option("--format", help="How to write it.")] = Format.TABLE,
) -> None:
    """The answers in the terminal."""
    from etl.report.ask import last_days, parameters
    from etl.report.terminal import TRENDING, render
    from etl.report.views import SUCCESS_OVER_TIME

    settings = load_settings(context)
    period = last_days(days, time.time())
    asked = parameters(period, repository, workflow, branch)
    has_trends = question in TRENDING and form is Format.TABLE
    names = [question.value, *([SUCCESS_OVER_TIME.question] if has_trends else [])]
    answers = asyncio.run(ask_configured(settings, names, asked))
    over_time = answers[SUCCESS_OVER_TIME.question] if has_trends else ()
    text = render(question.value, answers[question], form.value, period=period, over_time=over_time)
    typer.echo(text, nl=False)
