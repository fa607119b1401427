"""Opens the store that the settings name, and imports only the library that this store needs."""

import time
from collections.abc import Callable
from typing import Final

from etl.load.store import Store
from etl.settings import Settings

_PATIENCE_S: Final = 30.0


def open_store(
    settings: Settings, clock: Callable[[], float] = time.time, *, patience_s: float = _PATIENCE_S
) -> Store:
    """InfluxDB if configured, else the embedded store; `patience_s` is the longest wait for it, in seconds."""
    if settings.influxdb is not None:
        from etl.load.influxdb import InfluxStore  # noqa: PLC0415

        return InfluxStore(settings.influxdb, timeout_s=patience_s, clock=clock)
    from etl.load.duckdb import DuckStore  # noqa: PLC0415

    return DuckStore(settings.data_dir / "ci-health.duckdb", lock_timeout_s=patience_s)
