"""What the pipeline and the views need of a store; InfluxDB and the embedded DuckDB both are one."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Protocol

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Rejected:
    """A line that the store will never take, and why."""

    line: bytes
    reason: str


@dataclass(frozen=True, slots=True)
class WriteResult:
    """What became of the lines of one write: every line is accepted, rejected or expired.

    `expired` counts points older than the store keeps: they are not sent.
    """

    accepted: int
    rejected: tuple[Rejected, ...] = field(default=())
    expired: int = 0


class Store(Protocol):
    """A place for points. Methods raise RetriableError (busy, away) or FatalError (refused)."""

    @property
    def address(self) -> str:
        """Where it is, for people; no secrets."""
        ...

    async def prepare(self) -> None:
        """Make it ready to be written: bucket and retention, or file and tables."""
        ...

    async def write(self, lines: Sequence[bytes]) -> WriteResult:
        """Write lines of line protocol (one point each, no newline). Writing twice is writing once."""
        ...

    async def query(self, name: str, parameters: Mapping[str, Any]) -> list[Row]:
        """The answer to `etl/queries/NAME`, as rows in the question's order and columns."""
        ...

    async def delete(self, repository: str, start: datetime, stop: datetime) -> None:
        """Delete a repository's points with start ≤ time < stop, of every measurement but `etl`."""
        ...

    async def close(self) -> None:
        """Release what is held."""
        ...
