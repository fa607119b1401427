"""One whole report, read strictly: its results by the usual readers, held against what it says of itself.

The usual readers take what they can get. Where a decision hangs on a report, half of one is worse than none:
a report is refused that is cut off, contradicts its own totals, has none, or tells of a failure outside of a test.
"""

from etl.errors import DataError
from etl.extract import junit
from etl.extract.reports import formats
from etl.extract.reports.json_text import text_of
from etl.extract.strict import go_events, json_totals, junit_totals
from etl.model.results import Content, Result

_FORMATS = "JUnit XML, `go test -json`, and the JSON of Jest, Vitest, CTRF and Mocha"


def read_strictly(data: bytes, *, believe_retries: bool = False) -> list[Result]:
    """All results of a report. Raises DataError with a sentence for whatever keeps it from being believed.

    Where retries are presumed from equal names alone, a failing attempt is a result of its own, unless
    `believe_retries`.
    """
    if not data.strip():
        raise DataError("empty")
    start = text_of(data[:4096]).lstrip()
    results = _read_xml(data) if start.startswith("<") else _read_json(data, start)
    if not results:
        raise DataError("holds no test")
    return results if believe_retries else [one for result in results for one in _apart(result)]


def _apart(result: Result) -> list[Result]:
    red = [attempt for attempt in result.attempts if attempt.is_red]
    return red[-1:] or [result]


def _read_xml(data: bytes) -> list[Result]:
    content = Content()
    try:
        junit.read_report([data], content)
    except junit.NotJUnitError as error:
        raise DataError(
            f"<{error.root[:50]}> cannot be checked for completeness; what can: {_FORMATS}"
        ) from None
    junit_totals.check(data, content.results)
    return content.results


def _read_json(data: bytes, start: str) -> list[Result]:
    content = Content()
    if go_events.is_first(start):
        go_events.check(data)
    elif start.startswith("{"):
        json_totals.check(data)
    else:
        raise DataError(f"in no format that can be checked for completeness; what can: {_FORMATS}")
    formats.read_report(lambda: iter((data,)), content, junit.Limits())
    return content.results
