"""`ci-health show QUESTION`: the answers in the terminal."""

from __future__ import annotations

import asyncio
import time
from enum import StrEnum
from typing import TYPE_CHECKING, Annotated, Any, Final

import typer

from etl.cli.common import (
    Branch,
    Days,
    Repository,
    Workflow,
    ask_configured,
    extra_filters,
    load_settings,
    one_of,
)
from etl.errors import ConfigurationError

if TYPE_CHECKING:
    from etl.report.view import Period
    from etl.settings import Settings


class Question(StrEnum):
    """The questions that can be shown."""

    OVERVIEW = "overview"
    FINDINGS = "findings"
    WORSE = "worse"
    BETTER = "better"
    WORKFLOWS = "workflows"
    JOBS = "jobs"
    TESTS = "tests"
    FLAKY = "flaky"
    NEWLY_FLAKY = "newly_flaky"
    FAILURES = "failures"
    CATEGORIES = "categories"
    SPREADING = "spreading"
    SLOW = "slow"
    BROKEN = "broken"
    WASTE = "waste"
    RUNNERS = "runners"
    TEST_HISTORY = "test_history"
    LAST_RUN = "last_run"
    ATTEMPTS = "attempts"
    EXECUTIONS = "executions"
    RESULTS = "results"
    LATEST_EXECUTIONS = "latest_executions"
    LATEST_RESULTS = "latest_results"
    LATEST_MESSAGES = "latest_messages"
    MESSAGES = "messages"
    HISTORIES = "histories"
    TEST_RESULTS = "test_results"
    FAILING_REPORTS = "failing_reports"
    STORED = "stored"
    INGESTED = "ingested"
    SUCCESS_OVER_TIME = "success_over_time"
    JOBS_OVER_TIME = "jobs_over_time"
    STEPS_OVER_TIME = "steps_over_time"
    REPORTS_OVER_TIME = "reports_over_time"
    FAILURES_OVER_TIME = "failures_over_time"
    RUNNERS_OVER_TIME = "runners_over_time"
    DURATIONS = "durations"
    ETL_STATUS = "etl_status"


# A second table below the first: failures that are not the code's fault.
_BELOW: Final = {Question.OVERVIEW: Question.CATEGORIES}


class By(StrEnum):
    """What a row of a table is about."""

    TEST = "test"
    JOB = "job"


class Format(StrEnum):
    """Output formats."""

    TABLE = "table"
    JSON = "json"
    CSV = "csv"


def show(
    context: typer.Context,
    question: Annotated[
        Question | None,
        typer.Argument(
            parser=one_of(Question),
            metavar="QUESTION",
            autocompletion=lambda: list(Question),
            help=f"What to show: {', '.join(Question)}. Default: what to do first and the key figures.",
        ),
    ] = None,
    days: Days = 14,
    repository: Repository = "",
    workflow: Workflow = "",
    branch: Branch = "",
    job: Annotated[
        str, typer.Option(help="Only this job; for slow, runners, test_history and those over time.")
    ] = "",
    test: Annotated[str, typer.Option(help="The test; for test_history.")] = "",
    category: Annotated[str, typer.Option(help="Only failures of this category; for failures.")] = "",
    by: Annotated[
        By | None, typer.Option(help="A table's rows: a test each (default), or a job of it each.")
    ] = None,
    explain: Annotated[
        bool,
        typer.Option("--explain", help="For findings: what is concluded of everything, and why nothing is."),
    ] = False,
    form: Annotated[Format, typer.Option("--format", help="Output format.")] = Format.TABLE,
) -> None:
    """The answers in the terminal."""
    from etl.report.ask import last_days, parameters
    from etl.report.terminal import TRENDING, render
    from etl.report.views import SUCCESS_OVER_TIME, VIEWS

    settings = load_settings(context)
    period = last_days(days, time.time())
    asked = parameters(period, repository, workflow, branch)
    if question is None:
        if job or test or category or by or form is not Format.TABLE:
            raise ConfigurationError(
                "--job, --test, --category, --by and --format need a question: `show QUESTION`"
            )
        _show_first(settings, period, asked)
        return
    if by and VIEWS[question].things is None:
        raise ConfigurationError(f"`show {question}` takes no --by: its rows are not about tests")
    if by is By.TEST and form is not Format.TABLE:
        raise ConfigurationError("--by test is for tables: JSON and CSV have a row for each job")
    if explain:
        if question is not Question.FINDINGS:
            raise ConfigurationError("--explain is for `show findings`")
        typer.echo(asyncio.run(_explained(settings, repository, workflow, job, form)), nl=False)
        return
    asked |= extra_filters("show", question.value, job=job, test=test, category=category)
    has_trends = question in TRENDING and form is Format.TABLE
    names = [question.value, *([SUCCESS_OVER_TIME.question] if has_trends else [])]
    below = _BELOW.get(question) if form is Format.TABLE else None
    answers = asyncio.run(ask_configured(settings, [*names, *([below.value] if below else [])], asked))
    over_time = answers[SUCCESS_OVER_TIME.question] if has_trends else ()
    text = render(
        question.value, answers[question], form.value, period=period, over_time=over_time, by_job=by is By.JOB
    )
    if below and answers[below]:
        text += "\n" + render(below.value, answers[below], form.value, period=period, by_job=by is By.JOB)
    typer.echo(text, nl=False)


async def _explained(settings: Settings, repository: str, workflow: str, job: str, form: Format) -> str:
    from etl.app import open_reader
    from etl.pipeline.judge import conclusions
    from etl.report.reasons import reasons, rendered

    told = []
    async with open_reader(settings, without_github=True) as pipeline:
        state = pipeline.state
        for name in [repository] if repository else pipeline.repositories.all:
            known = await state.call(state.repositories.get, name)
            if known is None:
                raise ConfigurationError(f"nothing of {name} was read yet: run `ci-health sync`")
            told += await conclusions(pipeline, known)
    return rendered(reasons(told, workflow, job), form.value)


def _show_first(settings: Settings, period: Period, asked: dict[str, Any]) -> None:
    from etl.report.summary import FIRST_SCREEN, first_screen

    answers = asyncio.run(ask_configured(settings, FIRST_SCREEN, asked))
    typer.echo(first_screen(answers, period=period), nl=False)
