"""The log, on standard error: readable on a terminal, JSON for machines."""

import logging
import sys
from typing import TextIO

import structlog

from etl.settings import LogSettings


def configure(settings: LogSettings, *, stream: TextIO | None = None) -> None:
    """Send structlog's and the standard library's records through one formatter.

    Control characters are escaped, so that names and messages from CI cannot forge lines or control a terminal.
    """
    stream = stream or sys.stderr
    console = settings.format == "console" or (settings.format == "auto" and stream.isatty())
    shared: list[structlog.typing.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.make_filtering_bound_logger(settings.level),
        cache_logger_on_first_use=False,
    )
    plain = structlog.dev.plain_traceback
    renderers: list[structlog.typing.Processor] = (
        [_harmless, structlog.dev.ConsoleRenderer(colors=stream.isatty(), exception_formatter=plain)]
        if console
        else [structlog.processors.JSONRenderer(ensure_ascii=True)]
    )
    handler = logging.StreamHandler(stream)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.stdlib.ProcessorFormatter.remove_processors_meta,
                structlog.processors.format_exc_info,
                *renderers,
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [handler]
    root.setLevel(settings.level.upper())
    # The HTTP libraries log every request and the schedulers every tick; APScheduler warns at each tick
    # during which a sync is still running.
    for chatty, level in (
        ("aiohttp.access", logging.WARNING),
        # A traceback for every malformed request, which anybody can send; the server logs its own errors itself.
        ("aiohttp.server", logging.CRITICAL),
        ("asyncio", logging.WARNING),
        ("procrastinate", logging.WARNING),
        ("apscheduler", logging.ERROR),
    ):
        logging.getLogger(chatty).setLevel(level)


def _harmless(
    _logger: structlog.typing.WrappedLogger, _method: str, record: structlog.typing.EventDict
) -> structlog.typing.EventDict:
    """The record with control characters visible; a traceback keeps its lines, which are indented."""
    return {
        name: _visible(value, name) if isinstance(value, str) else value for name, value in record.items()
    }


def _visible(text: str, name: str) -> str:
    if name == "exception":
        return "\n".join(f"    {_visible(line, '')}" for line in text.split("\n"))
    return "".join(sign if sign.isprintable() else repr(sign)[1:-1] for sign in text)
