"""The outcome of writing lines to a store."""

from dataclasses import dataclass, field
from typing import Any

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that the store will never take, and why."""

    line: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class WriteResult:
    """The outcome of one write: every line is accepted, rejected or expired.

    `expired` counts points older than the store's retention: they are not sent.
    """

    accepted: int
    rejected: tuple[Rejected, ...] = field(default=())
    expired: int = 0
