"""`ci-health explain RUN`: who is responsible for a red run, with the evidence."""

from __future__ import annotations

import asyncio
import os
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from etl.cli.common import load_settings
from etl.cli.output import Exit, print_error
from etl.errors import ConfigurationError

if TYPE_CHECKING:
    from etl.cli.explain_comment import Commenting
    from etl.report.explained.asked import Asked
    from etl.report.explained.explain import Explained
    from etl.report.owners import Owners
    from etl.settings import Settings


class Form(StrEnum):
    """Output formats."""

    TABLE = "table"
    JSON = "json"
    MARKDOWN = "markdown"


def explain(
    context: typer.Context,
    run: Annotated[
        str,
        typer.Argument(
            help="A run's URL or id, a pull request's URL, a branch or a commit; default: the current run "
            "of GitHub Actions, or else the commit checked out here.",
        ),
    ] = "",
    repository: Annotated[str, typer.Option(help="The repository, `owner/name`, where RUN is no URL.")] = "",
    form: Annotated[Form, typer.Option("--format", help="Output format.")] = Form.TABLE,
    codeowners: Annotated[
        Path | None,
        typer.Option(
            help="CODEOWNERS file that names owners; default: that of a checkout of the repository."
        ),
    ] = None,
    comment: Annotated[
        bool,
        typer.Option(
            "--comment",
            help="Also keep one comment on the pull request whose newest commit it is, as long as something is red.",
        ),
    ] = False,
) -> None:
    """Explain a red run: yours, flaky, broken, elsewhere, infrastructure or unknown.

    Exit codes: 0 nothing is yours, 3 something is, 4 something may be, 1 no verdict, 2 wrong usage.
    """
    from etl.cli.asked import checkout_of, what_is_asked
    from etl.cli.codeowners import owners_of
    from etl.cli.explain_comment import Commenting
    from etl.cli.workflow_commands import issue
    from etl.load.opened import open_store
    from etl.report.annotations import annotations
    from etl.report.verdicts import nothing_known

    settings = load_settings(context)
    asked = what_is_asked(run, repository, settings.repositories, os.environ, Path.cwd())
    owners = owners_of(codeowners, checkout_of(asked.repository, Path.cwd()))
    commenting = Commenting(owners) if comment else None
    explained = asyncio.run(_explain(settings, asked, commenting, debug=context.obj.debug))
    if not explained.runs:
        print_error(nothing_known(asked, open_store(settings).address))
        raise typer.Exit(Exit.FAILED)
    typer.echo(_formatted(explained, owners, form), nl=False)
    _add_step_summary(explained, owners)
    issue(annotations(explained, owners))
    if commenting is not None and commenting.error is not None:
        raise commenting.error
    raise typer.Exit(_exit_code(explained))


async def _explain(
    settings: Settings, asked: Asked, commenting: Commenting | None, *, debug: bool
) -> Explained:
    """Query the store, and GitHub for what it lacks: the request's commit, the run, the changed files."""
    from etl.cli.asked_github import Beside
    from etl.extract.github.accounts import Accounts
    from etl.load.opened import open_store
    from etl.report.explained.explain import explain

    store = open_store(settings)
    try:
        if not (settings.github.token or settings.github.app):
            if asked.request:
                raise ConfigurationError(
                    "only GitHub knows a pull request's commit: set GITHUB_TOKEN, or give its branch"
                )
            if commenting is not None:
                raise ConfigurationError("a comment needs a token that may write it: set GITHUB_TOKEN")
            return await explain(store, asked, datetime.now(UTC))
        async with Accounts(settings.github) as accounts:
            await accounts.refresh()
            github = Beside(accounts, asked.repository)
            wanted = await github.commit(asked)
            found = await explain(store, wanted, datetime.now(UTC), github.changes)
            if not found.runs and asked.run_id:
                await store.close()
                await _read(settings, asked, debug=debug)
                found = await explain(store, asked, datetime.now(UTC), github.changes)
            if commenting is not None and found.runs:
                await commenting.keep(store, github, wanted, found)
            return found
    finally:
        await store.close()


async def _read(settings: Settings, asked: Asked, *, debug: bool) -> None:
    """Read a run that no sync has read yet."""
    from etl.app import open_pipeline
    from etl.pipeline.one_run import read_one

    if asked.repository not in settings.repositories and not settings.globs:
        settings = settings.model_copy(update={"repositories": (*settings.repositories, asked.repository)})
    async with open_pipeline(settings, debug=debug) as pipeline:
        await read_one(pipeline, asked.repository, asked.run_id)


def _formatted(explained: Explained, owners: Owners, form: Form) -> str:
    from etl.report.verdicts import to_json, to_markdown, to_table

    match form:
        case Form.JSON:
            return to_json(explained, owners)
        case Form.MARKDOWN:
            return to_markdown(explained, owners)
        case Form.TABLE:
            return to_table(explained, owners)


def _add_step_summary(explained: Explained, owners: Owners) -> None:
    """In a GitHub Actions step, also add the result to the job summary."""
    from etl.report.verdicts import to_markdown

    file = os.environ.get("GITHUB_STEP_SUMMARY", "")
    if os.environ.get("GITHUB_ACTIONS") != "true" or not file:
        return
    try:
        with Path(file).open("a", encoding="utf-8") as summary:
            summary.write(f"{to_markdown(explained, owners)}\n")
    except OSError as error:
        print_error(f"the step summary {file} cannot be written: {error.strerror}")


def _exit_code(explained: Explained) -> Exit:
    from etl.verdict.verdict import Call

    calls = {one.call for one in explained.verdicts}
    if Call.YOURS in calls:
        return Exit.YOURS
    return Exit.UNKNOWN if Call.UNKNOWN in calls or explained.unexplained else Exit.DONE
