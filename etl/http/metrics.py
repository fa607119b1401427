"""`/metrics`: metrics of the ETL and of the CI, for Prometheus."""

from collections.abc import Awaitable, Callable, Collection

from aiohttp import web
from prometheus_client import CollectorRegistry, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_LATEST
from prometheus_client.registry import Collector

from etl.http.access import Access


class Metrics:
    """Calls `refresh`, then exposes the collectors' metrics; `names` returns the repositories they cover."""

    def __init__(
        self,
        access: Access,
        names: Callable[[], Collection[str]],
        refresh: Callable[[], Awaitable[None]],
        *collectors: Collector,
    ) -> None:
        self._access = access
        self._names = names
        self._refresh = refresh
        self._registry = CollectorRegistry(auto_describe=False)
        ProcessCollector(registry=self._registry)
        for collector in collectors:
            self._registry.register(collector)

    async def show(self, request: web.Request) -> web.Response:
        """All metrics in Prometheus' text format."""
        await self._access.require_all(request, self._names())
        await self._refresh()
        return web.Response(
            body=generate_latest(self._registry), headers={"Content-Type": CONTENT_TYPE_LATEST}
        )
