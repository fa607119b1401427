"""Dead letters: points that the store rejected, with its reason."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class DeadLetter:
    """A line of line protocol, why the store rejected it, and when (Unix seconds)."""

    id: int
    repository: str
    line: bytes
    reason: str
    added_at: int


@dataclass(frozen=True, slots=True)
class Chosen:
    """Which letters are meant: those of these ids, where there are any, and of this repository, where one is named."""

    ids: frozenset[int] = frozenset()
    repository: str = ""
