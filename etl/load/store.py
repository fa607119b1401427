"""What the pipeline and the views need of a store; InfluxDB and the embedded DuckDB both are one."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Protocol

from etl.model.writes import Row, WriteResult


class Store(Protocol):
    """A place for points. Methods raise RetriableError (busy, away) or FatalError (refused)."""

    @property
    def address(self) -> str:
        """Where it is, for people; no secrets."""
        ...

    @property
    def retention_s(self) -> int:
        """How long points are kept, in seconds, as the last `prepare` found it; 0: for ever."""
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
