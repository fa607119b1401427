"""`ci-health quarantine`: proposes which tests may fail for a while, and seals manual changes."""

from __future__ import annotations

import asyncio
import json
import time
from datetime import UTC, datetime
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any

import typer

from etl.cli import quarantine_file
from etl.cli.common import Days, Repository, ask_configured, load_settings
from etl.cli.output import Exit
from etl.errors import ConfigurationError
from etl.quarantine.entry import FILE, LONGEST_DAYS

if TYPE_CHECKING:
    from etl.quarantine.entry import Quarantine
    from etl.quarantine.propose import Known, Proposal
    from etl.settings import Settings


class Format(StrEnum):
    """Output formats."""

    TEXT = "text"
    JSON = "json"


File = Annotated[Path, typer.Option("--file", help="The quarantine file.")]

quarantine = typer.Typer(
    help="Tests that may fail for a while: propose them from evidence, or seal manual changes.",
    no_args_is_help=True,
)


@quarantine.command()
def propose(
    context: typer.Context,
    file: File = Path(FILE),
    days: Days = 30,
    repository: Repository = "",
    lasts: Annotated[int, typer.Option(min=1, max=LONGEST_DAYS, help="Days until a new entry expires.")] = 30,
    flakes: Annotated[int, typer.Option(min=1, help="Minimum number of flakes of a test.")] = 2,
    passes: Annotated[int, typer.Option(min=1, help="Drop an entry after this many passes in a row.")] = 50,
    check: Annotated[
        bool, typer.Option("--check", help="Write nothing; exit 1 if something would change.")
    ] = False,
    form: Annotated[Format, typer.Option("--format", help="How to print the changes.")] = Format.TEXT,
) -> None:
    """Update the quarantine file with tests proven flaky, for review: a proposal alone lets nothing pass."""
    from etl.quarantine.propose import Rules
    from etl.quarantine.propose import propose as proposed

    settings = load_settings(context)
    of = repository or _only_repository(settings)
    is_new = not file.exists()
    old = _empty() if is_new else quarantine_file.read(file)
    known = asyncio.run(_ask(settings, old, of, days=days, flakes=flakes, passes=passes))
    proposal = proposed(old, known, Rules(datetime.now(UTC).date(), lasts, passes))
    _print_proposal(proposal, form)
    if (proposal.changes or is_new) and check:
        raise typer.Exit(Exit.FAILED)
    if proposal.changes or is_new:
        quarantine_file.write(file, proposal.quarantine)


@quarantine.command()
def seal(file: File = Path(FILE)) -> None:
    """Renew the seals after a manual change."""
    quarantine_file.write(file, quarantine_file.read(file, sealed=False))
    typer.echo(f"sealed: {file}")


def _empty() -> Quarantine:
    from etl.quarantine.entry import Quarantine

    return Quarantine()


def _only_repository(settings: Settings) -> str:
    if len(settings.repositories) != 1:
        raise ConfigurationError(
            "a quarantine file covers one repository: name it with --repository owner/name"
        )
    return str(next(iter(settings.repositories)))


async def _ask(
    settings: Settings, old: Quarantine, repository: str, *, days: int, flakes: int, passes: int
) -> Known:
    from etl.quarantine import evidence
    from etl.quarantine.propose import Known
    from etl.report.ask import last_days, parameters

    asked: dict[str, Any] = parameters(last_days(days, time.time()), repository)
    answers = await ask_configured(settings, ("flaky", "tests"), asked)
    passed = {}
    for entry in old.entries:
        newest = {**asked, "test": entry.test, "most_rows": passes * 4}
        rows = (await ask_configured(settings, ("test_history",), newest))["test_history"]
        count = evidence.passes_since_failure(rows, entry.suite)
        if count is not None:
            passed[entry.name] = count
    return Known(
        evidence.proven(answers["flaky"], at_least=flakes),
        evidence.broken([*answers["flaky"], *answers["tests"]]),
        passed,
        _placeholders(settings),
    )


def _placeholders(settings: Settings) -> set[str]:
    from etl.transform.names import MASKS

    return {placeholder for _, placeholder in MASKS.values()} | {
        rule.placeholder for rule in settings.masks.extra
    }


def _print_proposal(proposal: Proposal, form: Format) -> None:
    from etl.quarantine.describe import proposal_data, proposal_lines
    from etl.report.formats import single_line

    if form is Format.JSON:
        typer.echo(json.dumps(proposal_data(proposal), indent=2))
        return
    for line in proposal_lines(proposal):
        typer.echo(single_line(line))
    typer.echo(f"{len(proposal.changes)} changes, {len(proposal.quarantine.entries)} entries")
