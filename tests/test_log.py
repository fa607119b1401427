"""The log on a terminal: whatever a record holds, it is one line, and steers nothing."""

import io
import logging
import re
from collections.abc import Iterator

import pytest
import structlog

from etl import log
from etl.settings import LogSettings

HOSTILE = "\x1b[2J\x9b31m\u202eevil\u2066\x7f\r\n2026-01-01T00:00:00Z [info] synced"
FOLDED = "\x1b]0;owned\x07"


class Terminal(io.StringIO):
    def isatty(self) -> bool:
        return True


@pytest.fixture
def terminal() -> Iterator[Terminal]:
    made = Terminal()
    before = structlog.get_config(), logging.getLogger().handlers
    log.configure(LogSettings(), stream=made)
    yield made
    structlog.configure(**before[0])
    logging.getLogger().handlers = before[1]


def lines(terminal: Terminal) -> list[str]:
    """Without the colours that are the log's own."""
    text = re.sub(r"\x1b\[[0-9;]*m", "", terminal.getvalue())
    assert all(sign == "\n" or sign.isprintable() for sign in text), text
    return text.splitlines()


def test_values_and_events_are_one_line(terminal: Terminal) -> None:
    structlog.get_logger("etl").warning("anomaly", kind=FOLDED, detail=HOSTILE, many=[HOSTILE])
    logging.getLogger("another").error("about %s", HOSTILE)
    assert len(lines(terminal)) == 2


def test_what_an_error_says_begins_no_line(terminal: Terminal) -> None:
    structlog.get_logger("etl").error("unexpected error", path=FOLDED, exc_info=ValueError(HOSTILE))
    first, *traceback = lines(terminal)
    assert "unexpected error" in first
    assert any("synced" in line for line in traceback)
    assert all(line.startswith("    ") for line in traceback)
