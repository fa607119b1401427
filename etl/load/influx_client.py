"""influxdb-client as this package uses it; its types are incomplete, so its values are Any."""

from typing import Any, Final

import influxdb_client
from influxdb_client.client.influxdb_client_async import InfluxDBClientAsync

from etl.settings import InfluxSettings

library: Final[Any] = influxdb_client
_open: Final[Any] = InfluxDBClientAsync


def open_client(settings: InfluxSettings, timeout_s: float) -> Any:
    """A client for the running event loop; `timeout_s` is for one answer, in seconds."""
    return _open(
        url=settings.url,
        token=settings.token.get_secret_value(),
        org=settings.org,
        timeout=int(timeout_s * 1_000),
    )
