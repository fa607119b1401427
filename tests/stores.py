"""A store that is both: what is written once can be asked of each."""

import asyncio
from collections.abc import Sequence

from etl.load.duckdb import DuckStore
from etl.load.influxdb import InfluxStore
from etl.model.writes import WriteResult


class BothStores:
    """Writes to InfluxDB and to the embedded store."""

    def __init__(self, influx: InfluxStore, duck: DuckStore) -> None:
        self.influx = influx
        self.duck = duck
        self.address = "both stores"

    async def prepare(self) -> None:
        await self.influx.prepare()
        await self.duck.prepare()

    async def write(self, lines: Sequence[bytes]) -> WriteResult:
        result, other = await asyncio.gather(self.influx.write(lines), self.duck.write(lines))
        assert (result.accepted, result.rejected) == (other.accepted, other.rejected)
        return result
