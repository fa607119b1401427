"""Pieces of what GitHub has that could not be read yet: when each is asked for again, and when not; pure.

One answer is no proof. GitHub, a proxy or a login page answers anything for a moment: a piece stays open
until it is read, and counts as settled only when the same answer came for a day.
"""

from dataclasses import dataclass, replace
from typing import Final, Self

DAY_S: Final = 86_400
# Distances between two questions for a piece: doubled each time, up to a day. A log is late by seconds.
_FIRST_S: Final = 300
_FIRST_OF_LOG_S: Final = 60
_LONGEST_S: Final = DAY_S
# For so long, and so often, the same answer has to come until it is believed.
_PATIENCE_S: Final = DAY_S
_MIN_ANSWERS: Final = 4
# GitHub deletes runs after 90 days, unless a repository says otherwise.
KEPT_S: Final = 90 * DAY_S


@dataclass(frozen=True, slots=True)
class PieceName:
    """What a piece is: its kind, the run and attempt that it belongs to, and which of them it is.

    Kinds: `runs` (of a window, without a run), `run`, `attempt`, `jobs`, `annotations`, `check runs`,
    `artifacts` (their list), `artifact` (what one holds), `log`. `subject` is the id of the job or artifact, or
    the window; 0 where the kind says it all.
    """

    kind: str
    run_id: int = 0
    attempt: int = 0
    subject: int = 0

    def __str__(self) -> str:
        of = [
            f"{word} {number}" for word, number in (("attempt", self.attempt), ("run", self.run_id)) if number
        ]
        what = f"{self.kind} {self.subject}" if self.subject else self.kind
        return " of ".join([what, *of])


@dataclass(frozen=True, slots=True)
class OpenPiece:
    """A piece that could not be read, and why (`reason`); times are Unix seconds.

    `asked` counts the questions for it, `same` those that had this very answer, the first of them at
    `same_since`.
    """

    name: PieceName
    reason: str
    since: int
    next_at: int
    asked: int = 1
    same_since: int = 0
    same: int = 1

    @classmethod
    def first(cls, name: PieceName, reason: str, now: int) -> Self:
        """A piece that could not be read at its first question."""
        return cls(name, reason, now, now + _first_s(name), same_since=now)

    def again(self, reason: str, now: int) -> "OpenPiece":
        """The same piece after another question that was not answered well."""
        distance = min(_LONGEST_S, _first_s(self.name) << min(self.asked, 20))
        asked = replace(self, reason=reason, asked=self.asked + 1, next_at=now + distance)
        # A clock that was wrong may have left times that are to come.
        if reason != self.reason or self.same_since > now:
            return replace(asked, same_since=now, same=1, since=min(self.since, now))
        return replace(asked, same=self.same + 1)

    def is_due(self, now: int) -> bool:
        """Whether it is to be asked for; also where it was put off by a clock that was ahead."""
        return now >= self.next_at or self.next_at > now + _LONGEST_S

    def is_settled(self, now: int) -> bool:
        """Whether the same answer came often and for long enough to be believed."""
        return self.same >= _MIN_ANSWERS and now - self.same_since >= _PATIENCE_S


def _first_s(name: PieceName) -> int:
    return _FIRST_OF_LOG_S if name.kind == "log" else _FIRST_S
