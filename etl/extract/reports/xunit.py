"""xUnit.net's own results, versions 2 and 3.

Source: xunit.net's description of the XML format. Errors outside of tests (fixtures' clean-up, discovery) are
results named after what failed.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from etl.extract.junit_case import duration
from etl.extract.reports.xml_records import Element, Records
from etl.model.results import Outcome

if TYPE_CHECKING:
    from collections.abc import Iterable

    from etl.extract.reports.sink import Sink

_OUTCOMES = {"Pass": Outcome.PASSED, "Skip": Outcome.SKIPPED, "NotRun": Outcome.SKIPPED}


def read(chunks: Iterable[bytes], sink: Sink) -> None:
    """Add its results."""

    def take(element: Element) -> None:
        message = element.first("failure", "message") or element.first("failure", "stack-trace")
        if element.tag == "error":
            name = element.get("name") or element.get("type") or "error"
            sink.add(name, name, Outcome.ERROR, message=message)
            return
        of_type, name = element.get("type"), element.get("name")
        sink.add(
            of_type,
            name.removeprefix(f"{of_type}.") or element.get("method"),
            _OUTCOMES.get(element.get("result"), Outcome.FAILED),
            duration_s=duration(element.get("time")),
            message=message or element.first("reason"),
        )

    Records(
        sink,
        records=("test", "error"),
        wanted=("failure", "message", "stack-trace", "reason"),
        record=take,
    ).read(chunks)
