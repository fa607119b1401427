"""One case of a JUnit report: its outcome, message and duration, whoever wrote it."""

import math
import re
from collections.abc import Sequence

from etl.memo import Memo
from etl.model.results import CaseName, Outcome, Result, new_result
from etl.model.text import _CUT, cut

_STATUS = {
    **dict.fromkeys(("fail", "failed", "failure"), Outcome.FAILED),
    **dict.fromkeys(("error", "errored", "panicked", "timedout", "interrupted", "aborted"), Outcome.ERROR),
    **dict.fromkeys(("skipped", "skip", "notrun", "disabled", "pending", "ignored"), Outcome.SKIPPED),
}
VERDICTS = {
    "failure": Outcome.FAILED,
    "error": Outcome.ERROR,
    "skipped": Outcome.SKIPPED,
    # A repetition that failed too, beside the <failure> of the first; on its own it says as much.
    "rerunFailure": Outcome.FAILED,
    "rerunError": Outcome.ERROR,
    # A failure that a repetition healed.
    "flakyFailure": Outcome.PASSED,
    "flakyError": Outcome.PASSED,
}
# The first of these that a case holds is its outcome.
_PRECEDENCE = (Outcome.FAILED, Outcome.ERROR, Outcome.SKIPPED)
_PASSED = Outcome.PASSED

# Messages that only repeat the verdict; what happened stands in the text then.
_EMPTY_WORDS = {"", "failed", "failure", "error", "errored", "test failed", "test failure", "skipped", "null"}
_COLOURS = re.compile("(?:\N{REPLACEMENT CHARACTER}|#x1B)\\[[0-9;]*[A-Za-z]")
_MAX_NAME = 2_000

_ENGLISH = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?", re.ASCII)
_GERMAN = re.compile(r"([0-9]{1,3}(\.[0-9]{3})+|[0-9]+),[0-9]+", re.ASCII)
_PLAIN = re.compile(r"\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]{1,3})?", re.ASCII | re.IGNORECASE)
_ISO = re.compile(r"PT(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9.]{1,20})S)?", re.ASCII)
_MAX_TIME = 10**9
_LINE = re.compile("[0-9]{1,9}", re.ASCII)


class Text:
    """Text of any length, cut in the middle as it comes."""

    __slots__ = ("_half", "_head", "_tail", "_total")

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._head = self._tail = ""
        self._total = 0

    def add(self, data: str) -> None:
        """Append, keeping the beginning and the end."""
        self._total += len(data)
        room = self._half - len(self._head)
        if room > 0:
            self._head += data[:room]
            data = data[room:]
        if data:
            self._tail = (self._tail + data)[-self._half :]

    def __str__(self) -> str:
        cut = self._total > len(self._head) + len(self._tail)
        return self._head + (_CUT if cut else "") + self._tail


class Verdict:
    """An element inside a case that says how it ended; `limit` bounds its message."""

    __slots__ = ("_attributes", "_limit", "tag", "text")

    def __init__(self, tag: str, attributes: dict[str, str], limit: int) -> None:
        self.tag, self._attributes, self._limit = tag, attributes, limit
        self.text = Text(limit)

    def message(self, name: str) -> str:
        """The attribute, else the text, else the type; the attribute only where it tells more than `name` failed."""
        attribute = _readable(self._attributes.get("message", ""), self._limit)
        said = attribute.replace(name, "") if name else attribute
        if said.strip(" \t\n.:!'\"`").casefold() not in _EMPTY_WORDS:
            return attribute
        text = _readable(str(self.text), self._limit)
        return text or attribute or self._attributes.get("type", "").strip()[: self._limit]


def read_case(attributes: dict[str, str], suite: str, path: str, verdicts: Sequence[Verdict]) -> Result:
    """What a complete case comes to: by its attributes, the elements inside it, and the suite and path around it."""
    get = attributes.get
    case = _names[get("classname"), get("name"), suite]
    seconds = _durations[get("time", "")]
    if verdicts:
        outcome, message, retried = _judged(verdicts, get("name", "").strip())
    else:
        # ctest, Ginkgo and Google's tests tell by an attribute, not all of them by an element too.
        status = get("status")
        outcome = _STATUS.get(status.strip().lower(), _PASSED) if status else _PASSED
        message, retried = "", None
    file, line = get("file"), get("line")
    if file:
        path = short(file.strip() or path)
    return new_result((case, outcome, seconds, message, path, _line(line) if line else None, retried))


def _name(given: tuple[str | None, str | None, str]) -> CaseName:
    classname, name, around = given
    suite = (classname or "").strip() or around
    return CaseName(short(suite), short((name or "").strip() or suite or "(no name)"))


def _length(given: tuple[str | None, str | None, str]) -> int:
    return sum(len(text) for text in given if text)


# The same tests come with every report.
_names = Memo(_name, most=50_000, length=_length)


def _judged(verdicts: Sequence[Verdict], name: str) -> tuple[Outcome, str, str | None]:
    """Outcome, message, and that of a failure that a repetition healed."""
    for outcome in _PRECEDENCE:
        for verdict in verdicts:
            if VERDICTS[verdict.tag] is outcome:
                return outcome, verdict.message(name), None
    return _PASSED, "", verdicts[0].message(name)


def duration(text: str) -> float | None:
    """Seconds of `1.5`, `1,234.5`, `1.234,5`, `0,5` or `PT1M2.5S`; None for what is no duration."""
    text = text.strip()
    if _PLAIN.fullmatch(text):
        return _plausible(float(text))
    if match := _ISO.fullmatch(text):
        parts = [duration(part or "0") for part in match.groups()]
        known = [part for part in parts if part is not None]
        hours, minutes, seconds = known if len(known) == len(parts) else (math.inf,) * 3
        return _plausible(hours * 3600 + minutes * 60 + seconds)
    if "," in text:
        # A comma before three digits separates thousands (Surefire), any other is a decimal one.
        if _ENGLISH.fullmatch(text) and not text.startswith("0"):
            text = text.replace(",", "")
        elif _GERMAN.fullmatch(text):
            text = text.replace(".", "").replace(",", ".")
    return _plausible(float(text)) if _PLAIN.fullmatch(text) else None


# Tools round what they measure, so that the same text comes again.
_durations = Memo(duration, most=16_384, length=len)


def _plausible(seconds: float) -> float | None:
    return seconds if seconds < _MAX_TIME else None


def _line(text: str) -> int | None:
    return int(text) if _LINE.fullmatch(text) else None


def short(name: str) -> str:
    """A name or path that is not too long to be kept."""
    return name if len(name) <= _MAX_NAME else cut(name, _MAX_NAME)


def _readable(message: str, limit: int) -> str:
    return _COLOURS.sub("", cut(message, limit)).strip()
