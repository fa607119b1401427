"""`ci-health run`: the service."""

from __future__ import annotations

import asyncio

import typer

from etl.cli.common import freeze_gc, load_settings
from etl.extras import Extra, needs


def run(context: typer.Context) -> None:
    """Run the service: sync at every interval until stopped."""
    with needs(Extra.SERVICE, "`ci-health run`"):
        from etl.service.run import serve

    settings = load_settings(context)
    freeze_gc()
    asyncio.run(serve(settings, debug=context.obj.debug))
