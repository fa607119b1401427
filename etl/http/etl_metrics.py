"""The ETL's own metrics: what syncs did since the start, and how things stand when Prometheus asks."""

from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.metadata import version

from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from etl.errors import CiHealthError
from etl.http.metric_definitions import ETL_METRICS, OTHER, Families
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.summary import Summary


class EtlMetrics(Collector):
    """Counts what happens, and looks at the state when it is asked."""

    def __init__(self, pipeline: Pipeline, delivery: Delivery) -> None:
        self._pipeline = pipeline
        self._delivery = delivery
        self._counts: Counter[tuple[str, ...]] = Counter()
        self._last: dict[str, tuple[float | None, float]] = {}

    def synced(self, summary: Summary) -> None:
        """Take over what a sync did."""
        name = summary.repository
        self.read(summary)
        self._counts["syncs", name, "failed" if summary.error else "ok"] += 1
        before, _ = self._last.get(name, (None, 0.0))
        ended = before if summary.error else self._pipeline.clock()
        self._last[name] = (ended, summary.duration_s)

    def read(self, summary: Summary) -> None:
        """Take over what was read, in a sync or because webhooks told of it."""
        name = summary.repository
        self._counts["runs", name] += summary.runs
        self._counts["github_not_modified", name] += summary.not_modified
        for kind, count in summary.requests_by_kind.items():
            self._counts["github_requests", name, kind] += count
        for kind, count in summary.anomalies_by_kind.items():
            self._counts["anomalies", name, kind] += count

    def delivery(self, event: str, outcome: str) -> None:
        """Count a webhook delivery."""
        self._counts["webhooks", event, outcome] += 1

    def collect(self) -> Iterator[Family]:
        """All metrics of the ETL as they stand now."""
        families = Families(ETL_METRICS)
        shown = frozenset(sorted(self._last)[: self._pipeline.settings.http.series])

        def bounded(name: str) -> str:
            return name if name in shown else OTHER

        self._syncs(families, bounded)
        self._delivered(families)
        families.add("info", 1, version("ci-health-metrics"))
        # `/readyz` tells why the state cannot be used; what is known without it is told all the same.
        with suppress(CiHealthError):
            self._state(families, bounded)
        yield from families.families()

    def _syncs(self, families: Families, bounded: Callable[[str], str]) -> None:
        for (metric, first, *rest), count in self._counts.items():
            families.add(metric, count, first if metric == "webhooks" else bounded(first), *rest)
        for name, (ended, duration) in self._last.items():
            families.add("last_sync_duration_seconds", duration, bounded(name))
            if ended is not None:
                families.add("last_sync_timestamp_seconds", ended, bounded(name))
        for account, budget in self._pipeline.accounts.budgets():
            if budget.remaining is not None and budget.limit is not None:
                families.add("github_rate_limit_remaining", budget.remaining, account)
                families.add("github_rate_limit", budget.limit, account)

    def _delivered(self, families: Families) -> None:
        delivery = self._delivery
        for outcome in ("accepted", "rejected", "expired"):
            families.add("points", getattr(delivery, outcome), outcome)
        families.add("store_up", delivery.trouble is None)

    def _state(self, families: Families, bounded: Callable[[str], str]) -> None:
        state, now = self._pipeline.state, self._pipeline.clock()
        backlog = state.outbox.backlog()
        families.add("outbox_points", backlog.points)
        families.add("outbox_age_seconds", 0 if backlog.oldest is None else max(0.0, now - backlog.oldest))
        families.add("dead_letters", backlog.dead_letters)
        families.add("webhooks_waiting", len(state.deliveries.waiting()))
        for name in self._last:
            known = state.repositories.get(name)
            if known is None:
                continue
            if known.cursor is not None:
                families.add("lag_seconds", max(0.0, now - known.cursor), bounded(name))
            for kind, count in state.open_pieces.counts(known.id).items():
                families.add("open_pieces", count, bounded(name), kind)
