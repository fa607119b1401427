"""`ci-health check`: is everything in order, and what to do where it is not."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING

import typer

from etl.cli.common import load_settings
from etl.cli.output import Exit

if TYPE_CHECKING:
    from etl.settings import Settings


def check(context: typer.Context) -> None:
    """Tell whether configuration, state, token, rate limit and store are in order."""
    settings = load_settings(context, {"log": {"level": "error"}})
    good = asyncio.run(_tell(settings))
    if not good:
        raise typer.Exit(Exit.FAILED)


async def _tell(settings: Settings) -> bool:
    from etl.app import open_pipeline
    from etl.pipeline.checks import findings
    from etl.report.formats import single_line

    good = True
    async with open_pipeline(settings) as pipeline:
        async for finding in findings(pipeline):
            sign = {True: "ok  ", False: "FAIL", None: "note"}[finding.good]
            typer.echo(f"{sign}  {single_line(f'{finding.subject}: {finding.text}')}")
            good = good and finding.good is not False
    return good
