"""`ci-health run`: the service."""

from __future__ import annotations

import asyncio

import typer

from etl.cli.app import app
from etl.cli.common import load_settings


@app.command()
def run(context: typer.Context) -> None:
    """The service: syncs at every interval until it is told to stop."""
    from etl.service import serve

    asyncio.run(serve(load_settings(context), debug=context.obj.debug))
