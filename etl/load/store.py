"""What the pipeline and the views need from a store; InfluxDB and the embedded DuckDB implement it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from etl.model.schema import Measurement
from etl.model.writes import Row, WriteResult


@dataclass(frozen=True, slots=True)
class Slice:
    """A measurement's points with start ≤ time < stop whose tags have these values."""

    measurement: Measurement
    start: datetime
    stop: datetime
    tags: Mapping[str, str]


class Store(Protocol):
    """Stores points. Methods raise RetriableError (busy, unavailable) or FatalError (refused)."""

    @property
    def address(self) -> str:
        """Its location for messages, without secrets."""
        ...

    async def prepare(self) -> None:
        """Prepare it for writing: bucket and retention, or file and tables."""
        ...

    @property
    def is_missing(self) -> bool:
        """Whether it is an embedded store in which nothing was ever stored."""
        ...

    async def probe(self) -> None:
        """Ask whether it can be used. An embedded store is left as it is; InfluxDB is prepared for writing.

        Raises BusyError if another process has the embedded store.
        """
        ...

    async def write(self, lines: Sequence[bytes]) -> WriteResult:
        """Write lines of line protocol (one point each, no newline). Writing a line twice changes nothing.

        A line made by `retraction` deletes its point, whatever was written before.
        """
        ...

    async def query(self, name: str, parameters: Mapping[str, Any]) -> list[Row]:
        """The answer to `etl/queries/NAME`: rows with the question's columns, in its order."""
        ...

    async def export(self, wanted: Slice, file: Path) -> None:
        """Write points to a Parquet file, in bounded memory; its columns are `etl.load.readable.columns`."""
        ...

    async def delete(self, repository: str, start: datetime, stop: datetime) -> None:
        """Delete a repository's points with start ≤ time < stop, of every measurement but `etl`."""
        ...

    async def oldest(self) -> int:
        """The start of its current retention (Unix seconds); 0 if it keeps everything."""
        ...

    async def close(self) -> None:
        """Release connections and files."""
        ...
