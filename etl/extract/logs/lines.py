r"""Lines of a log without what terminals, runners and CI services put around them.

Sources: GitHub's runner writes an ISO 8601 time with seven decimals before each line, and `##[NAME]` for
its commands; ECMA-48 has the control sequences; a carriage return goes back to the start of a line, so
that of a progress bar the last state is read. Travis writes `travis_fold` and `travis_time` there.
"""

import re
from collections.abc import Iterator

from etl.model.logs import Line

# Characters of a line that are cleaned, and that are kept of it.
MAX_RAW_LINE, MAX_LINE = 16_000, 2_000

# Characters of a line that are compared with others.
_MAX_COMPARED = 400

_ESCAPE = re.compile(
    r"\x1b(?:\[[0-?]{0,64}[ -/]{0,8}[@-~]|\][^\x07\x1b]{0,2000}(?:\x07|\x1b\\)?|[()*+#%][0-9A-Za-z]|[ -~])"
)
_FIRST_COLUMN = re.compile(r"\x1b\[1?G")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f\ufeff]+")
_TIME = re.compile(r"\ufeff?(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d{1,9})?Z)(?: |$)")
_MARK = re.compile(r"##\[(\w{1,20})\]")
_VARYING = re.compile(r"0x[0-9a-f]+|\b[0-9a-f]{7,}\b|\d+(?:[.,]\d+)*")
_SERVICE = re.compile(r"travis_(?:fold|time):\S*|section_(?:start|end):\d+:\S+")


def plain(text: str) -> str:
    """Without control sequences; of what carriage returns overwrote, the last state."""
    if "\x1b" in text:
        text = _ESCAPE.sub("", _FIRST_COLUMN.sub("\r", text))
    if "\r" in text:
        text = next((part for part in reversed(text.split("\r")) if part.strip()), "")
    if not text.isprintable():
        text = _CONTROL.sub("", text)
    return text.rstrip()


def read_line(number: int, raw: str) -> Line:
    """One line of the log."""
    time, mark = "", ""
    if (found := _TIME.match(raw)) is not None:
        time, raw = found[1], raw[found.end() :]
    text = plain(raw[:MAX_RAW_LINE])[:MAX_LINE]
    if "##[" in text and (found := _MARK.match(text)) is not None:
        mark, text = found[1], text[found.end() :]
    elif "travis_" in text or "section_" in text:
        text = _SERVICE.sub("", text).strip()
    return Line(number, text, mark, time)


def likeness(text: str) -> str:
    """A line's text without what varies from one execution to the next."""
    return _VARYING.sub("0", text[:_MAX_COMPARED].strip())


def read_lines(text: str, first: int = 0) -> Iterator[Line]:
    """The lines of a text; the first has the number `first`."""
    for number, raw in enumerate(text.split("\n"), first):
        yield read_line(number, raw)
