"""What all formats give their results to: names and messages cut to size, memory counted."""

import re
from sys import getsizeof
from typing import TypedDict, Unpack

from etl.errors import DataError
from etl.extract.junit import Limits
from etl.extract.junit_case import short
from etl.model.results import CaseName, Content, Outcome, Result
from etl.model.text import cut

_OVERHEAD, _WIDEST = 350, 4
_SHORT = 256
# Where GitHub's runners put a repository, on all systems.
_CHECKOUT = re.compile(
    r"\A(?:/(?:home/runner/work|Users/runner/work|__w)|[A-Za-z]:[\\/]a)[\\/][^\\/]+[\\/][^\\/]+[\\/]"
)
_COLOURS = re.compile(r"\x1b\[[0-9;]*[A-Za-z]")


class NoReportError(DataError):
    """A file that is no report of a known format."""


class Told(TypedDict, total=False):
    """What a report may tell of a result; `retried_message` where it passed after a failure."""

    duration_s: float | None
    message: str
    path: str
    line: int | None
    retried_message: str | None


class Sink:
    """Adds results to an artifact's content. Raises DataError where they take too much memory."""

    def __init__(self, content: Content, limits: Limits) -> None:
        self.content, self.limits = content, limits

    def add(self, suite: str, name: str, outcome: Outcome, **more: Unpack[Told]) -> None:
        """A result."""
        self.content.results.append(self.result(suite, name, outcome, **more))

    def result(self, suite: str, name: str, outcome: Outcome, **more: Unpack[Told]) -> Result:
        """A result that counts as held, to be added later."""
        told = "" if outcome is Outcome.PASSED else self._readable(more.get("message", ""))
        healed, path = more.get("retried_message"), short(more.get("path", ""))
        healed = None if healed is None else self._readable(healed)
        suite, name = short(suite.strip()), short(name.strip())
        case = CaseName(suite or name or "(no name)", name or suite or "(no name)")
        self.hold(
            getsizeof(told) + getsizeof(healed) + _OVERHEAD + _WIDEST * (len(suite) + len(name) + len(path))
        )
        return Result(case, outcome, _duration(more.get("duration_s")), told, path, more.get("line"), healed)

    def hold(self, size: int) -> None:
        """Count bytes that are kept for as long as the run is read; negative ones are let go."""
        self.content.held += size
        if self.content.held > self.limits.held:
            raise DataError(
                f"the results of the run take more than {self.limits.held} bytes of memory: "
                "the rest is left out (tests.largest_run)"
            )

    @property
    def longest(self) -> int:
        """Characters that a message may have."""
        return self.limits.message if self.content.held < self.limits.short else _SHORT

    def _readable(self, message: str) -> str:
        return _COLOURS.sub("", cut(message, self.longest)).strip()


def _duration(seconds: float | None) -> float | None:
    return seconds if seconds is not None and 0 <= seconds < 10**9 else None


def in_repository(path: str) -> str:
    """A file's path without that of the repository's checkout."""
    return _CHECKOUT.sub("", path).replace("\\", "/")
