"""`/metrics`: metrics of the ETL and of the CI, for Prometheus."""

from collections.abc import Callable, Collection

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST

from etl.http.access import Access
from etl.http.ci_metrics import CiMetrics
from etl.http.etl_metrics import EtlMetrics


class Metrics:
    """Exposes the metrics of the process, the ETL and the CI; `names` returns the repositories they cover."""

    def __init__(
        self, access: Access, names: Callable[[], Collection[str]], telemetry: EtlMetrics, figures: CiMetrics
    ) -> None:
        self._access = access
        self._names = names
        self._telemetry = telemetry
        self._figures = figures
        self._registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self._registry)
        self._registry.register(telemetry)

    async def show(self, request: web.Request) -> web.Response:
        """All metrics in Prometheus' text format."""
        await self._access.require_all(request, self._names())
        await self._telemetry.refresh()
        body = generate_latest(self._registry) + self._figures.text
        return web.Response(body=body, headers={"Content-Type": CONTENT_TYPE_LATEST})
