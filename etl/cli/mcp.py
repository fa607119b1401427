"""`ci-health mcp`: the answers as tools for agents, over the Model Context Protocol."""

from __future__ import annotations

import asyncio

import typer

from etl.cli.common import load_settings
from etl.extras import Extra, needs


def mcp(context: typer.Context) -> None:
    """Serve read-only answers to an agent on standard input and output (Model Context Protocol)."""
    with needs(Extra.MCP, "`ci-health mcp`"):
        from etl.cli.mcp_server import serve

    asyncio.run(serve(load_settings(context)))
