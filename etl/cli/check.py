"""`ci-health check`: checks that everything works, and says what to do if not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import typer

from etl.cli.common import load_settings
from etl.cli.output import Exit

if TYPE_CHECKING:
    from etl.settings import Settings


def check(context: typer.Context) -> None:
    """Check configuration, state, token, rate limit and store."""
    settings = load_settings(context, {"log": {"level": "error"}})
    good = asyncio.run(_check(settings))
    if not good:
        raise typer.Exit(Exit.FAILED)


async def _check(settings: Settings) -> bool:
    from etl.app import open_reader
    from etl.pipeline.checks import findings
    from etl.report.formats import single_line

    good = True
    async with open_reader(settings) as pipeline:
        async for finding in findings(pipeline):
            sign = {True: "ok  ", False: "FAIL", None: "note"}[finding.good]
            typer.echo(f"{sign}  {single_line(f'{finding.subject}: {finding.text}')}")
            good = good and finding.good is not False
    return good
