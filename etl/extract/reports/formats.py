"""Which format a file is in, as its content tells, and its reader."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from etl.extract.junit import Limits
from etl.extract.reports import (
    ctrf,
    cucumber,
    cucumber_messages,
    dart,
    go_json,
    jest,
    mocha,
    nunit,
    playwright,
    robot,
    tap,
    trx,
    xunit,
)
from etl.extract.reports.json_text import decoded_lines, first_objects, read_document, text_of
from etl.extract.reports.sink import NoReportError, Sink
from etl.model.results import Content

__all__ = ["NoReportError", "is_root", "read_report"]

_HEAD = 1 << 16
_XmlReader = Callable[[Iterable[bytes], Sink], None]
_LineReader = Callable[[Iterator[str], Sink], None]

_ROOTS: Mapping[str, _XmlReader] = {
    "TestRun": trx.read,
    "test-run": nunit.read,
    "assemblies": xunit.read,
    "assembly": xunit.read,
    "robot": robot.read,
}
_LINES: tuple[tuple[Callable[[dict[str, Any]], bool], _LineReader], ...] = (
    (go_json.is_event, go_json.read),
    (dart.is_event, dart.read),
    (cucumber_messages.is_message, cucumber_messages.read),
)
_DOCUMENTS: tuple[tuple[Callable[[Any], bool], Callable[[Any, Sink], None]], ...] = (
    (ctrf.is_report, ctrf.read),
    (playwright.is_report, playwright.read),
    (jest.is_report, jest.read),
    (mocha.is_report, mocha.read),
    (cucumber.is_report, cucumber.read),
)
# What a document of one of them has at its beginning: others, such as coverage, may be large.
_SIGNS = (
    '"testResults"',
    '"numTotalTests"',
    '"stats"',
    '"results"',
    '"reportFormat"',
    '"elements"',
    '"suites"',
    '"config"',
)


def is_root(root: str) -> bool:
    """Whether a report that is read has this root element."""
    return root in _ROOTS


def read_report(opened: Callable[[], Iterator[bytes]], content: Content, limits: Limits) -> None:
    """Add the results of a report; `opened` opens it anew.

    Raises DataError with the reason where it breaks, with what was read so far added; NoReportError
    where it is in no known format.
    """
    sink = Sink(content, limits)
    head = _head(opened())
    if head.lstrip()[:1] == "<":
        root = next((root for root in _ROOTS if f"<{root}" in head), None)
        if root is None:
            raise NoReportError("XML of something else")
        _ROOTS[root](opened(), sink)
        return
    events = first_objects(head)
    for is_ours, read in _LINES:
        if any(map(is_ours, events)):
            read(decoded_lines(opened()), sink)
            return
    if tap.is_report(head):
        tap.read(decoded_lines(opened()), sink)
    elif head.lstrip()[:1] in {"{", "["} and any(sign in head for sign in _SIGNS):
        _read_document(opened(), sink)
    else:
        raise NoReportError("no report of a known format")


def _read_document(chunks: Iterator[bytes], sink: Sink) -> None:
    with read_document(chunks, sink) as document:
        for is_ours, read in _DOCUMENTS:
            if is_ours(document):
                read(document, sink)
                return
    raise NoReportError("JSON of something else")


def _head(chunks: Iterator[bytes]) -> str:
    head = b""
    for chunk in chunks:
        head += chunk
        if len(head) >= _HEAD:
            break
    return text_of(head[:_HEAD])
