"""The server behind `ci-health mcp`: one tool for each answer, on standard input and output."""

from datetime import UTC, datetime
from importlib.metadata import version
from typing import Any, Final

import structlog
from mcp import stdio_server, types
from mcp.server import Server, ServerRequestContext

from etl.errors import CiHealthError
from etl.load.opened import open_store
from etl.load.store import Store
from etl.report.answers.answer import NOTE, to_json
from etl.report.answers.catalogue import ANSWERS
from etl.report.answers.source import Source, parsed
from etl.settings import Settings

log = structlog.get_logger(__name__)

_INSTRUCTIONS: Final = (
    "What a store of ci-health knows about CI: red runs, flaky tests, failures, and what they cost. Every tool "
    f"only reads, and answers with JSON; {NOTE}. `cut` says what was left out."
)


async def serve(settings: Settings) -> None:
    """Serve until the client closes standard input."""
    store = open_store(settings)
    server = server_of(store, settings)
    try:
        async with stdio_server() as (incoming, outgoing):
            await server.run(incoming, outgoing, server.create_initialization_options())
    finally:
        await store.close()


def server_of(store: Store, settings: Settings) -> Server[Any]:
    """A server whose tools ask the store."""

    async def list_tools(
        _context: ServerRequestContext[Any], _asked: types.PaginatedRequestParams | None
    ) -> types.ListToolsResult:
        return types.ListToolsResult(tools=_tools())

    async def call_tool(
        _context: ServerRequestContext[Any], asked: types.CallToolRequestParams
    ) -> types.CallToolResult:
        try:
            return _result(await _answer(store, settings, asked.name, asked.arguments or {}))
        except CiHealthError as error:
            return _result(str(error), is_error=True)
        except Exception:
            log.exception("unexpected error", tool=asked.name)
            return _result("unexpected error: the log on standard error says more", is_error=True)

    return Server(
        "ci-health",
        title="ci-health",
        version=version("ci-health-metrics"),
        instructions=_INSTRUCTIONS,
        on_list_tools=list_tools,
        on_call_tool=call_tool,
    )


async def _answer(store: Store, settings: Settings, name: str, given: dict[str, Any]) -> str:
    if name not in ANSWERS:
        raise CiHealthError(f"there is no such tool; there are {', '.join(ANSWERS)}")
    answerer = ANSWERS[name]
    asked = parsed(answerer.takes, given)
    source = Source(store, settings, datetime.now(UTC))
    return to_json(await answerer.find(source, asked), asked.tokens)


def _tools() -> list[types.Tool]:
    reads_only = types.ToolAnnotations(read_only_hint=True, idempotent_hint=True, open_world_hint=False)
    return [
        types.Tool(
            name=one.name,
            description=one.doc,
            input_schema=one.takes.model_json_schema(),
            annotations=reads_only,
        )
        for one in ANSWERS.values()
    ]


def _result(text: str, *, is_error: bool = False) -> types.CallToolResult:
    return types.CallToolResult(content=[types.TextContent(type="text", text=text)], is_error=is_error)
