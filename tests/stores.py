"""A store that is both: what is written once can be asked of each."""

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

from etl.load.duckdb import DuckStore
from etl.load.influxdb import InfluxStore
from etl.model.writes import Row, WriteResult


class BothStores:
    """Writes to InfluxDB and to the embedded store; what the pipeline itself asks, the embedded one answers."""

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

    async def query(self, name: str, parameters: Mapping[str, Any]) -> list[Row]:
        return await self.duck.query(name, parameters)
