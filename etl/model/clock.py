"""The time as GitHub tells it: our own clock, held against the `Date` of GitHub's answers.

Everything that is concluded from time (how far all is read, what has aged, what may be forgotten) is
about GitHub's times, and a machine's clock may be wrong by weeks and jump either way.
"""

import time
from collections.abc import Callable
from datetime import datetime
from email.utils import parsedate_to_datetime
from typing import Final

# An answer's date is in whole seconds, and takes a moment to arrive.
_TOLERANCE_S: Final = 5.0
# How far a clock may be off before that is logged.
_MAX_SKEW_S: Final = 60.0


def local_time(second: float) -> str:
    """A moment (Unix seconds) for people: in this machine's zone, which it names."""
    return f"{datetime.fromtimestamp(second).astimezone():%F %R %Z}"


class GitHubClock:
    """Unix seconds; `own` is the machine's clock, which `ahead` (seconds, negative where behind) corrects."""

    def __init__(self, own: Callable[[], float] = time.time, server: str = "GitHub") -> None:
        self.own = own
        self._server = server
        self._is_told = False
        self._doubted: float | None = None
        self.ahead = 0.0

    def __call__(self) -> float:
        """The time, by the machine's clock until GitHub has told it."""
        return self.own() - self.ahead

    @property
    def is_wrong(self) -> bool:
        """Whether the machine's clock is off by more than a minute."""
        return abs(self.ahead) > _MAX_SKEW_S

    def __str__(self) -> str:
        side = "ahead of" if self.ahead > 0 else "behind"
        return f"this machine's clock is {abs(self.ahead):.0f} s {side} {self._server}'s: set it, by NTP for example"

    def note(self, date: str | None) -> None:
        """Take over the `Date` of an answer; one that differs from those before only once another agrees.

        A cache or a proxy may answer with a date of its own.
        """
        try:
            ahead = self.own() - parsedate_to_datetime(date or "").timestamp()
        except (ValueError, OverflowError):
            return
        if abs(ahead) <= _TOLERANCE_S:
            ahead = 0.0
        if abs(ahead - self.ahead) <= _TOLERANCE_S:
            self._doubted = None
        elif not self._is_told or (self._doubted is not None and abs(ahead - self._doubted) <= _TOLERANCE_S):
            self.ahead, self._doubted = ahead, None
        else:
            self._doubted = ahead
        self._is_told = True
