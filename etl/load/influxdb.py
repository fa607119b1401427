"""InfluxDB 2 as a store, over influxdb-client's asynchronous API.

Writing uses the client's `WriteService` rather than its `WriteApiAsync`, so that bodies are
compressed in a thread instead of on the event loop.
"""

import asyncio
import gzip
import time
from collections.abc import Awaitable, Callable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final

from influxdb_client.client.flux_csv_parser import FluxCsvParserException, FluxQueryException
from influxdb_client.rest import ApiException

from etl.errors import DataError, FatalError
from etl.load import influx_export
from etl.load.influx_bucket import ensure_bucket
from etl.load.influx_client import library, open_client
from etl.load.influx_errors import (
    ANSWER_ERRORS,
    CLIENT_ERRORS,
    TOO_LARGE,
    explained,
    is_about_lines,
    is_expired,
    reason,
)
from etl.load.line_parser import are_newer, parse, time_of
from etl.load.retractions import in_order, retracted
from etl.load.store import Slice
from etl.model.points import NANOSECONDS, Point
from etl.model.schema import ETL, MEASUREMENTS
from etl.model.writes import Rejected, Row, WriteResult
from etl.queries.catalogue import question
from etl.settings import InfluxSettings

_MAX_LINES: Final = 5_000
_MAX_BYTES: Final = 5_000_000
# Level 1: four times as fast as the default, and lines still shrink to a tenth.
_GZIP_LEVEL: Final = 1


class InfluxStore:
    """A bucket of InfluxDB 2 as a Store. Use it within one event loop, and close it.

    `timeout_s` is the longest wait for one answer, in seconds; `clock` gives Unix seconds.
    """

    def __init__(
        self,
        settings: InfluxSettings,
        *,
        timeout_s: float = 30.0,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._settings = settings
        self._timeout_s = timeout_s
        self._clock = clock
        self._opened: Any = None
        self._retention_s = 0

    @property
    def address(self) -> str:
        """URL, organisation and bucket."""
        settings = self._settings
        return f"{settings.url} (organisation {settings.org}, bucket {settings.bucket})"

    async def prepare(self) -> None:
        """Create the bucket with its retention if it is missing; an existing bucket keeps its own."""
        self._retention_s = await ensure_bucket(self._client, self._settings)

    @property
    def is_missing(self) -> bool:
        """Never: a missing bucket is an error."""
        return False

    async def probe(self) -> None:
        """Prepare it, which asks for all that writing needs."""
        await self.prepare()

    async def write(self, lines: Sequence[bytes]) -> WriteResult:
        """Write lines, or take back; the ones that InfluxDB refuses are isolated, those too old are not sent."""
        kept = self._unexpired(lines)
        if len(kept) < len(lines):
            # The retention may have been raised since it was asked for: nothing is dropped by an old one.
            await self.prepare()
            kept = self._unexpired(lines)
        result = WriteResult(0, expired=len(lines) - len(kept))
        for takes_back, some in in_order(kept):
            if takes_back:
                await self._take_back([parse(retracted(line)) for line in some])
                result = _sum(result, WriteResult(len(some)))
                continue
            for request in _requests(some):
                result = _sum(result, await self._write(request))
        return result

    async def query(self, name: str, parameters: Mapping[str, Any]) -> list[Row]:
        """Rows of `etl/queries/NAME.flux`; parameters are passed only as `extern` options."""
        asked = question(name)
        given = {"bucket": self._settings.bucket, **asked.bound(parameters)}
        try:
            tables = await self._call(self._client.query_api().query(asked.flux, params=given))
        except (FluxQueryException, FluxCsvParserException) as error:
            raise FatalError(f"InfluxDB at {self.address} cannot answer {name!r}: {error}") from error
        return asked.normalised(record.values for table in tables for record in table.records)

    async def export(self, wanted: Slice, file: Path) -> None:
        """Write points as a Parquet file, in readable types."""
        name = wanted.measurement.name
        try:
            await influx_export.export(self._client.query_api(), self._settings.bucket, wanted, file)
        except ANSWER_ERRORS as error:
            raise explained(error, self.address) from error
        except (FluxQueryException, FluxCsvParserException) as error:
            raise FatalError(f"InfluxDB at {self.address} cannot answer {name!r}: {error}") from error

    async def delete(self, repository: str, start: datetime, stop: datetime) -> None:
        """Delete a repository's points with start ≤ time < stop, of every measurement but `etl`."""
        first, last = _nanoseconds(start), _nanoseconds(stop) - 1
        for measurement in MEASUREMENTS.keys() - {ETL.name}:
            await self._delete(measurement, {"repository": repository}, first, last)

    async def _take_back(self, points: Sequence[Point]) -> None:
        for point in points:
            await self._delete(point.measurement, point.tags, point.time, point.time)

    async def _delete(self, measurement: str, tags: Mapping[str, str], first: int, last: int) -> None:
        """Delete points of a measurement that have these tags, from one nanosecond to another."""
        # InfluxDB's `stop` is inclusive, and its predicates know no OR.
        wanted = {"_measurement": measurement, **tags}
        predicate = " AND ".join(f"{name}={_quoted(value)}" for name, value in wanted.items())
        request = library.DeletePredicateRequest(start=_iso(first), stop=_iso(last), predicate=predicate)
        service = library.DeleteService(self._client.api_client)
        await self._call(
            service.post_delete_async(request, org=self._settings.org, bucket=self._settings.bucket)
        )

    async def oldest(self) -> int:
        """The start of the bucket's current retention."""
        await self.prepare()
        return int(self._clock()) - self._retention_s if self._retention_s else 0

    async def close(self) -> None:
        """Close the connections."""
        if self._opened is not None:
            client, self._opened = self._opened, None
            await client.close()

    @property
    def _client(self) -> Any:
        # It must be made within the running loop.
        if self._opened is None:
            self._opened = open_client(self._settings, self._timeout_s)
        return self._opened

    async def _call(self, answer: Awaitable[Any]) -> Any:
        try:
            return await answer
        except CLIENT_ERRORS as error:
            raise explained(error, self.address) from error

    def _unexpired(self, lines: Sequence[bytes]) -> Sequence[bytes]:
        if not self._retention_s:
            return lines
        oldest = int(self._clock() - self._retention_s) * NANOSECONDS
        return lines if are_newer(lines, oldest) else [one for one in lines if not _is_older(one, oldest)]

    async def _write(self, lines: Sequence[bytes]) -> WriteResult:
        """One request, split in half until each line that InfluxDB refuses is isolated. Writing twice is harmless."""
        try:
            await self._post(lines)
        except CLIENT_ERRORS as error:
            if not isinstance(error, ApiException) or not _is_divisible(error):
                raise explained(error, self.address) from error
            if len(lines) == 1:
                return _refused(lines[0], error)
            middle = len(lines) // 2
            return _sum(await self._write(lines[:middle]), await self._write(lines[middle:]))
        return WriteResult(len(lines))

    async def _post(self, lines: Sequence[bytes]) -> None:
        body = await asyncio.to_thread(gzip.compress, b"\n".join(lines), _GZIP_LEVEL)
        await library.WriteService(self._client.api_client).post_write_async(
            org=self._settings.org,
            bucket=self._settings.bucket,
            body=body,
            precision="ns",
            content_encoding="gzip",
            content_type="text/plain; charset=utf-8",
        )


def _requests(lines: Sequence[bytes]) -> Iterator[Sequence[bytes]]:
    """Split lines into requests of limited length and size; nearly always one is enough."""
    if 0 < len(lines) <= _MAX_LINES and sum(map(len, lines)) + len(lines) <= _MAX_BYTES:
        yield lines
        return
    start = size = 0
    for index, line in enumerate(lines):
        if index > start and (index - start == _MAX_LINES or size + len(line) > _MAX_BYTES):
            yield lines[start:index]
            start, size = index, 0
        size += len(line) + 1
    if start < len(lines):
        yield lines[start:]


def _is_older(line: bytes, oldest: int) -> bool:
    try:
        return time_of(line) < oldest
    except DataError:  # for InfluxDB to reject
        return False


def _is_divisible(error: ApiException) -> bool:
    return error.status == TOO_LARGE or is_about_lines(error)


def _refused(line: bytes, error: ApiException) -> WriteResult:
    if is_expired(error):
        return WriteResult(0, expired=1)
    return WriteResult(0, rejected=(Rejected(line, reason(error)),))


def _sum(one: WriteResult, other: WriteResult) -> WriteResult:
    return WriteResult(
        one.accepted + other.accepted, one.rejected + other.rejected, one.expired + other.expired
    )


def _quoted(text: str) -> str:
    escaped = text.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'


def _iso(nanoseconds: int) -> str:
    seconds, nanosecond = divmod(nanoseconds, NANOSECONDS)
    return f"{datetime.fromtimestamp(seconds, UTC):%Y-%m-%dT%H:%M:%S}.{nanosecond:09d}Z"


def _nanoseconds(moment: datetime) -> int:
    return int(moment.timestamp()) * NANOSECONDS + moment.microsecond * 1_000
