"""The ETL's own metrics: what syncs have done since startup, and the state at scrape time."""

import asyncio
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass
from importlib.metadata import version

from prometheus_client.core import Metric as Family
from prometheus_client.registry import Collector

from etl.errors import CiHealthError
from etl.http.metric_definitions import ETL_METRICS, OTHER, Families
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.summary import Summary
from etl.state.outbox import Backlog

# Shorter than a scrape's timeout.
_STATE_TIMEOUT_S = 3.0


@dataclass(frozen=True, slots=True)
class _Stored:
    """Values from the state; by repository, `cursors` in Unix seconds and the open pieces of each kind."""

    backlog: Backlog
    webhooks_waiting: int
    comments_waiting: int
    cursors: dict[str, int]
    open_pieces: dict[str, dict[str, int]]


class EtlMetrics(Collector):
    """Counts events, and reads the state on request."""

    def __init__(self, pipeline: Pipeline, delivery: Delivery) -> None:
        self._pipeline = pipeline
        self._delivery = delivery
        self._counts: Counter[tuple[str, ...]] = Counter()
        self._last: dict[str, tuple[float | None, float]] = {}
        self._stored: _Stored | None = None

    def synced(self, summary: Summary) -> None:
        """Count what a sync did."""
        name = summary.repository
        self.read(summary)
        self._counts["syncs", name, "failed" if summary.error else "ok"] += 1
        before, _ = self._last.get(name, (None, 0.0))
        ended = before if summary.error else self._pipeline.clock()
        self._last[name] = (ended, summary.duration_s)

    def read(self, summary: Summary) -> None:
        """Count what was read, in a sync or after a webhook."""
        name = summary.repository
        self._counts["runs", name] += summary.runs
        for kind, count in summary.requests_by_kind.items():
            self._counts["github_requests", name, kind] += count
        for kind, count in summary.not_modified_by_kind.items():
            self._counts["github_not_modified", name, kind] += count
        for kind, count in summary.anomalies_by_kind.items():
            self._counts["anomalies", name, kind] += count

    def delivery(self, event: str, outcome: str) -> None:
        """Count a webhook delivery."""
        self._counts["webhooks", event, outcome] += 1

    def commented(self, repository: str, outcome: str, requests: Mapping[str, int]) -> None:
        """Count what became of a comment on a pull request, and the requests of each kind that it took."""
        self._counts["comments", repository, outcome] += 1
        for kind, count in requests.items():
            self._counts["github_requests", repository, kind] += count

    async def refresh(self) -> None:
        """Read the state. If that fails, `/readyz` says why, and the other metrics are still exposed."""
        self._stored = None
        with suppress(CiHealthError, TimeoutError):
            async with asyncio.timeout(_STATE_TIMEOUT_S):
                self._stored = await self._pipeline.state.call(self._read_state)

    def collect(self) -> Iterator[Family]:
        """All ETL metrics; those from the state are as of the last `refresh`."""
        families = Families(ETL_METRICS)
        shown = frozenset(sorted(self._last)[: self._pipeline.settings.http.series])

        def bounded(name: str) -> str:
            return name if name in shown else OTHER

        self._syncs(families, bounded)
        self._delivered(families)
        families.add("repositories_combined", len(self._last) - len(shown))
        families.add("info", 1, version("ci-health-metrics"))
        if self._stored is not None:
            self._state(families, self._stored, bounded)
        yield from families.families()

    def _syncs(self, families: Families, bounded: Callable[[str], str]) -> None:
        for (metric, first, *rest), count in self._counts.items():
            families.add(metric, count, first if metric == "webhooks" else bounded(first), *rest)
        for name, (ended, duration) in self._last.items():
            families.add("last_sync_duration_seconds", duration, bounded(name))
            if ended is not None:
                families.add("last_sync_timestamp_seconds", ended, bounded(name))
        most = self._pipeline.settings.http.series
        for place, (account, budget) in enumerate(self._pipeline.accounts.budgets()):
            if budget.remaining is not None and budget.limit is not None:
                label = account if place < most else OTHER
                families.add("github_rate_limit_remaining", budget.remaining, label)
                families.add("github_rate_limit", budget.limit, label)

    def _delivered(self, families: Families) -> None:
        delivery = self._delivery
        for outcome in ("accepted", "rejected", "expired"):
            families.add("points", getattr(delivery, outcome), outcome)
        families.add("store_up", delivery.trouble is None)

    def _read_state(self) -> _Stored:
        """Blocks."""
        state = self._pipeline.state
        known = {name: state.repositories.get(name) for name in self._last}
        cursors = {
            name: repository.cursor
            for name, repository in known.items()
            if repository is not None and repository.cursor is not None
        }
        pieces = {
            name: state.open_pieces.counts(repository.id)
            for name, repository in known.items()
            if repository is not None
        }
        waiting = len(state.deliveries.waiting()), state.comments.waiting()
        return _Stored(state.outbox.backlog(), *waiting, cursors, pieces)

    def _state(self, families: Families, stored: _Stored, bounded: Callable[[str], str]) -> None:
        backlog, now = stored.backlog, self._pipeline.clock()
        families.add("outbox_points", backlog.points)
        families.add("outbox_age_seconds", 0 if backlog.oldest is None else max(0.0, now - backlog.oldest))
        families.add("dead_letters", backlog.dead_letters)
        families.add("webhooks_waiting", stored.webhooks_waiting)
        families.add("comments_waiting", stored.comments_waiting)
        for name, cursor in stored.cursors.items():
            families.add("lag_seconds", max(0.0, now - cursor), bounded(name))
        for name, pieces in stored.open_pieces.items():
            for kind, count in pieces.items():
                families.add("open_pieces", count, bounded(name), kind)
