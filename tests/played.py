"""The demo's history, played once a session through the real pipeline into both stores."""

import asyncio
import os
from collections.abc import AsyncIterator, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import duckdb
import pytest

from etl.app import open_pipeline
from etl.demo.history import ending
from etl.demo.server import SimulatedGitHub
from etl.demo.synthetic import synthetic
from etl.load.duckdb import DuckStore
from etl.load.influxdb import InfluxStore
from etl.load.store import Store
from etl.pipeline.run_once import sync_and_deliver
from etl.settings import InfluxSettings, load
from tests.influxd import Influxd
from tests.stores import BothStores
from tests.waiting import HANGS_S

_BUCKET = "demo"
_NO_LIMIT = 1_000_000


@dataclass(frozen=True)
class Played:
    """Where the history is. It ended yesterday; `middle` to `now` is its newer half."""

    settings: InfluxSettings
    file: Path
    middle: datetime
    now: datetime

    def rows(self, sql: str, parameters: Mapping[str, Any]) -> list[dict[str, Any]]:
        """What the embedded store's tables answer, past the questions."""
        with duckdb.connect(self.file, read_only=True) as connection:
            cursor = connection.execute(sql, parameters)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


@pytest.fixture(scope="session")
def played(influxd: Influxd, tmp_path_factory: pytest.TempPathFactory) -> Played:
    """Both stores after the demo's one sync."""
    settings = InfluxSettings.model_validate(
        {"url": influxd.url, "org": influxd.org, "bucket": _BUCKET, "token": influxd.token}
    )
    folder = tmp_path_factory.mktemp("played")
    asyncio.run(_play(settings, folder))
    now = datetime.now(UTC).replace(microsecond=0) + timedelta(seconds=1)
    return Played(settings, folder / "both.duckdb", now - timedelta(days=14), now)


async def _play(influx_settings: InfluxSettings, folder: Path) -> None:
    history = ending(synthetic(), datetime.now(UTC).date() - timedelta(days=1))
    stores = BothStores(InfluxStore(influx_settings, timeout_s=HANGS_S), DuckStore(folder / "both.duckdb"))
    async with SimulatedGitHub(history, rate_limit=_NO_LIMIT) as url:
        overrides: dict[str, Any] = {
            "repositories": [repository.full_name for repository in history.repositories],
            "github": {"api_url": url, "token": "t"},
            "data_dir": str(folder),
            "since": history.start.date().isoformat(),
        }
        settings = load({}, file=Path(os.devnull), overrides=overrides)
        async with open_pipeline(settings) as pipeline:
            summaries, delivery = await sync_and_deliver(replace(pipeline, store=cast("Store", stores)))
    await stores.influx.close()
    assert [summary.error for summary in summaries] == [None]
    assert (delivery.rejected, delivery.expired) == (0, 0)


@pytest.fixture
async def played_influx(played: Played) -> AsyncIterator[InfluxStore]:
    """The filled bucket, to be read within one test."""
    store = InfluxStore(played.settings, timeout_s=HANGS_S)
    yield store
    await store.close()


@pytest.fixture
def played_duck(played: Played) -> DuckStore:
    """The filled file, to be read."""
    return DuckStore(played.file)
