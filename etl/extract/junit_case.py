"""One case of a JUnit report: its outcome, message and duration, whoever wrote it."""

import math
import re

from etl.extract.results import Outcome, Result

_STATUS = {
    **dict.fromkeys(("fail", "failed", "failure"), Outcome.FAILED),
    **dict.fromkeys(("error", "errored", "panicked", "timedout", "interrupted", "aborted"), Outcome.ERROR),
    **dict.fromkeys(("skipped", "skip", "notrun", "disabled", "pending", "ignored"), Outcome.SKIPPED),
}
_VERDICTS = {
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

# Messages that only repeat the verdict; what happened stands in the text then.
_EMPTY_WORDS = {"", "failed", "failure", "error", "errored", "test failed", "test failure", "skipped", "null"}
_COLOURS = re.compile("(?:\N{REPLACEMENT CHARACTER}|#x1B)\\[[0-9;]*[A-Za-z]")
_LONGEST_NAME = 2_000
_CUT = "\n[…]\n"

_ENGLISH = re.compile(r"[0-9]{1,3}(,[0-9]{3})+(\.[0-9]*)?", re.ASCII)
_GERMAN = re.compile(r"([0-9]{1,3}(\.[0-9]{3})+|[0-9]+),[0-9]+", re.ASCII)
_PLAIN = re.compile(r"\+?([0-9]+(\.[0-9]*)?|\.[0-9]+)(e[+-]?[0-9]{1,3})?", re.ASCII | re.IGNORECASE)
_ISO = re.compile(r"PT(?:([0-9]{1,6})H)?(?:([0-9]{1,6})M)?(?:([0-9.]{1,20})S)?", re.ASCII)
_LONGEST_TIME = 10**9
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


class Case:
    """An open case: what its attributes and the elements inside it say; `suite` and `path` are those around it."""

    __slots__ = ("_attributes", "_limit", "_path", "_suite", "_verdicts", "name")

    def __init__(self, attributes: dict[str, str], suite: str, path: str, limit: int) -> None:
        self._attributes, self._suite, self._path, self._limit = attributes, suite, path, limit
        self.name = attributes.get("name", "").strip()
        self._verdicts: list[Verdict] = []

    def verdict(self, tag: str, attributes: dict[str, str]) -> Verdict | None:
        """Note an element right inside the case; None for those that say nothing about its outcome."""
        if tag not in _VERDICTS:
            return None
        verdict = Verdict(tag, attributes, self._limit)
        # One of a kind tells; a case may hold a thousand.
        if all(known.tag != tag for known in self._verdicts):
            self._verdicts.append(verdict)
        return verdict

    def result(self) -> Result:
        """What it comes to, now that the case is complete."""
        attributes = self._attributes
        suite = attributes.get("classname", "").strip() or self._suite
        outcome, message = self._outcome()
        return Result(
            suite=_short(suite),
            name=_short(self.name or suite or "(no name)"),
            outcome=outcome,
            duration_s=duration(attributes.get("time", "")),
            message=message,
            path=_short(attributes.get("file", "").strip() or self._path),
            line=_line(attributes["line"]) if "line" in attributes else None,
            retried_message=self._retried() if outcome is Outcome.PASSED else None,
        )

    def _outcome(self) -> tuple[Outcome, str]:
        for outcome in _PRECEDENCE if self._verdicts else ():
            for verdict in self._verdicts:
                if _VERDICTS[verdict.tag] is outcome:
                    return outcome, verdict.message(self.name)
        if self._verdicts:
            return Outcome.PASSED, ""
        # ctest, Ginkgo and Google's tests tell by an attribute, not all of them by an element too.
        status = self._attributes.get("status")
        return _STATUS.get(status.strip().lower(), Outcome.PASSED) if status else Outcome.PASSED, ""

    def _retried(self) -> str | None:
        return self._verdicts[0].message(self.name) if self._verdicts else None


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


def _plausible(seconds: float) -> float | None:
    return seconds if seconds < _LONGEST_TIME else None


def _line(text: str) -> int | None:
    return int(text) if _LINE.fullmatch(text) else None


def _short(name: str) -> str:
    return name if len(name) <= _LONGEST_NAME else cut(name, _LONGEST_NAME)


def _readable(message: str, limit: int) -> str:
    return _COLOURS.sub("", cut(message, limit)).strip()


def cut(text: str, limit: int) -> str:
    """The beginning and the end of a text that is longer than `limit`."""
    half = limit // 2
    return text if len(text) <= limit else f"{text[:half]}{_CUT}{text[-half:]}"
