"""`ci-health show QUESTION`: the answers in the terminal."""

from __future__ import annotations

import asyncio
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any

import typer

from etl.cli.app import app
from etl.cli.common import Branch, Days, Repository, Workflow, last_days, load_settings, parameters

if TYPE_CHECKING:
    from collections.abc import Mapping

    from etl.load.store import Row
    from etl.settings import Settings


class Question(StrEnum):
    """What can be shown."""

    OVERVIEW = "overview"
    WORKFLOWS = "workflows"
    JOBS = "jobs"
    FAILURES = "failures"


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
    from etl.report.terminal import render

    settings = load_settings(context)
    period = last_days(days)
    asked = parameters(period, repository, workflow, branch)
    rows = asyncio.run(ask(settings, question.value, asked))
    typer.echo(render(question.value, rows, form.value, period=period), nl=False)


async def ask(settings: Settings, question: str, asked: Mapping[str, Any]) -> list[Row]:
    """One question to the configured store."""
    from etl.pipeline.assembly import open_store

    store = open_store(settings)
    try:
        return await store.query(question, asked)
    finally:
        await store.close()
