"""Robot Framework's `output.xml`.

Source: robot.xsd, versions 3 to 7. What `rebot --merge` made of a run and its reruns tells in a test's message how
it ended before.
"""

from __future__ import annotations

import re
from datetime import datetime
from html import unescape
from typing import TYPE_CHECKING

from etl.extract.junit_case import duration
from etl.extract.reports.xml_records import Element, Records
from etl.model.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etl.extract.reports.sink import Sink

_OUTCOMES = {
    "PASS": Outcome.PASSED,
    "SKIP": Outcome.SKIPPED,
    "NOT RUN": Outcome.SKIPPED,
    "NOT_RUN": Outcome.SKIPPED,
}
_STAMP = "%Y%m%d %H:%M:%S.%f"
_MERGED = re.compile(r"re-executed and results merged")
_OLD = re.compile(r"Old message:(?:</span>)?\s*(.*?)(?:<br>|\Z)", re.DOTALL)
_OLD_FAIL = re.compile(r"Old status:(?:</span>)?\s*(?:<span[^>]{0,99}>)?\s*FAIL\b")
_NEW = re.compile(r"New message:\s*(?:</span>)?\s*(.*?)<br>", re.DOTALL)
_SEEN = 8_000


def read(chunks: Iterable[bytes], sink: Sink) -> None:
    """Add its results."""
    suites: list[str] = []

    def leave(_tag: str) -> None:
        suites.pop()

    def take(test: Element) -> None:
        status = next(test.all("status"), None)
        outcome = _OUTCOMES.get(status.get("status"), Outcome.FAILED) if status else Outcome.ERROR
        message, healed = _told(status.text if status else "did not end")
        line = test.get("line")
        sink.add(
            ".".join(filter(None, suites)),
            test.get("name"),
            outcome,
            duration_s=_seconds(status.attributes) if status else None,
            message=message,
            line=int(line) if line.isascii() and line.isdigit() and len(line) < 10 else None,  # noqa: PLR2004
            retried_message=healed if outcome is Outcome.PASSED else None,
        )

    Records(
        sink,
        records=("test",),
        wanted=("status",),
        containers=("suite",),
        record=take,
        enter=lambda _tag, attributes: suites.append(attributes.get("name", "")),
        leave=leave,
    ).read(chunks)


def _told(message: str) -> tuple[str, str | None]:
    """The message, and that of an earlier execution that failed, where results were merged."""
    if not _MERGED.search(message[:_SEEN]):
        return message, None
    new, failed = _NEW.search(message[:_SEEN]), _OLD_FAIL.search(message[:_SEEN])
    old = _OLD.search(message[:_SEEN], failed.end()) if failed else None
    return unescape(new[1]) if new else "", (unescape(old[1]) if old else "") if failed else None


def _seconds(status: dict[str, str]) -> float | None:
    if "elapsed" in status:
        return duration(status["elapsed"])
    try:
        start, end = (datetime.strptime(status[name], _STAMP) for name in ("starttime", "endtime"))  # noqa: DTZ007
    except (KeyError, ValueError):
        return None
    return (end - start).total_seconds()
