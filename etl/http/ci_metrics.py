"""CI metrics: computed from the questions every `http.refresh`, exposed at every scrape.

Ratios and flaky tests cover the last `http.days` days. Histograms count from the start of the month (UTC):
like counters, they only grow; they survive restarts and start over with the next month.
The workflows and jobs with the most executions have their own labels; the rest are combined as `other`.
"""

import asyncio
import time
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from typing import Any, Final

import structlog

from etl.errors import CiHealthError
from etl.http.metric_definitions import CI_METRICS, OTHER, Families, Labels, exposed
from etl.model.writes import Row
from etl.pipeline.context import Pipeline
from etl.pipeline.metric_series import by_executions, labels_of
from etl.queries.catalogue import BOUNDS
from etl.report.ask import last_days, parameters
from etl.report.view import Period

log = structlog.get_logger(__name__)

_RECENT: Final = ("workflows", "jobs", "flaky", "broken")
_DURATIONS: Final = "durations"
# Delay after a failure: shorter than `http.refresh`, to notice soon when the store is back.
_AGAIN_S: Final = 30.0
_FLAKY: Final = {
    ("proven", "test"): "flaky_tests",
    ("proven", "job"): "flaky_jobs",
    ("suspected", "test"): "suspected_tests",
    ("suspected", "job"): "suspected_jobs",
}
_MEASURES: Final = {"duration": "duration_seconds", "queued": "queue_seconds"}


class CiMetrics:
    """CI metrics, at most `http.refresh` old, or as of the store's last answer; `text` is what is exposed."""

    def __init__(self, pipeline: Pipeline) -> None:
        self._pipeline = pipeline
        self._rows: dict[str, list[Row]] = {name: [] for name in (*_RECENT, _DURATIONS)}
        self._asked: dict[str, float] = {}
        self._is_combined_logged = False
        self.text = b""
        self._failing: set[str] = set()

    async def run(self) -> None:
        """Compute the metrics repeatedly; failed questions are retried sooner, with increasing delays."""
        refresh_s = self._pipeline.settings.http.refresh.total_seconds()
        while True:
            await self.compute(self._rows)
            began, again_s = time.monotonic(), _AGAIN_S
            while (left := began + refresh_s - time.monotonic()) > 0:
                await asyncio.sleep(min(left, again_s) if self._failing else left)
                if self._failing and again_s < left:
                    await self.compute(self._failing)
                    again_s *= 2

    async def compute(self, names: Iterable[str]) -> None:
        """Query the store. A question that fails leaves only its own metrics stale."""
        now, settings = self._pipeline.clock(), self._pipeline.settings.http
        recent, month = last_days(settings.days, now), _month(now)
        for name in tuple(names):
            await self._ask(name, parameters(month if name == _DURATIONS else recent), now)
        # With many repositories this takes seconds, during which others are answered.
        families = await asyncio.to_thread(figures, self._rows, most=settings.series)
        for name, asked in self._asked.items():
            families.add("figures_timestamp_seconds", asked, name)
        self.text = await asyncio.to_thread(exposed, families.families(BOUNDS))
        self._log_combined(families.values("series_combined"))
        log.debug("figures", bytes=len(self.text))

    def _log_combined(self, combined: Mapping[Labels, float]) -> None:
        """Log once that there is more than `http.series` allows."""
        if any(combined.values()) and not self._is_combined_logged:
            self._is_combined_logged = True
            log.warning(
                "some workflows, jobs or branches have no metrics of their own and count as `other`: "
                "raise http.series",
                series=self._pipeline.settings.http.series,
                **{f"{of}_combined": int(number) for (of,), number in combined.items()},
            )

    async def _ask(self, name: str, asked: Mapping[str, Any], now: float) -> None:
        try:
            self._rows[name] = await self._pipeline.store.query(name, asked)
        except CiHealthError as error:
            # The delivery already warns about a store that is unavailable or still empty.
            self._log_once(log.info, name, str(error))
        except Exception as error:
            # A bug here must not end this loop, which runs as long as the service.
            log.debug("unexpected error", exc_info=True)
            self._log_once(
                log.warning, name, f"unexpected {type(error).__name__}: {error} (--debug shows where)"
            )
        else:
            self._asked[name] = now
            self._failing.discard(name)

    def _log_once(self, write: Callable[..., None], name: str, reason: str) -> None:
        """Log once per question, until it is answered again."""
        if name not in self._failing:
            write("CI metrics are not renewed", question=name, reason=reason)
        self._failing.add(name)


def figures(rows: dict[str, list[Row]], *, most: int) -> Families:
    """Metrics from the answers, with at most `most` workflows and `most` job groups; pure."""
    workflows = _TopLabels(by_executions(rows["workflows"]), most)
    jobs = _TopLabels(by_executions(rows["jobs"]), most)
    families = Families(CI_METRICS)
    _ratios(families, rows["workflows"], workflows, "workflow_success_ratio", "workflow_attempts")
    _ratios(families, rows["jobs"], jobs, "job_success_ratio", "job_executions")
    _flaky(families, rows["flaky"], jobs)
    branches = _broken(families, rows["broken"], workflows, most)
    for of, combined in (
        ("workflow", workflows.combined),
        ("job_group", jobs.combined),
        ("branch", branches),
    ):
        families.add("series_combined", combined, of)
    _durations(families, rows["durations"], workflows, jobs)
    return families


class _TopLabels:
    """Keeps the labels with the most executions; the rest, of which `combined` is the number, become `other`."""

    def __init__(self, ranked: Sequence[Labels], most: int) -> None:
        self._own = frozenset(ranked[:most])
        self.combined = max(0, len(ranked) - most)

    def of(self, row: Row) -> Labels:
        labels = labels_of(row)
        return labels if labels in self._own else (OTHER,) * len(labels)

    def __iter__(self) -> Iterator[Labels]:
        return iter(sorted(self._own))


def _ratios(families: Families, rows: Iterable[Row], shown: _TopLabels, ratio: str, executions: str) -> None:
    success: Counter[Labels] = Counter()
    total: Counter[Labels] = Counter()
    for row in rows:
        success[shown.of(row)] += row["success"]
        total[shown.of(row)] += row["total"]
    for labels, count in total.items():
        families.add(executions, count, *labels)
        if count:
            families.add(ratio, success[labels] / count, *labels)


def _flaky(families: Families, rows: Iterable[Row], jobs: _TopLabels) -> None:
    # Start every job at zero: an alert on an increase needs an initial value.
    for labels in jobs:
        for metric in (*_FLAKY.values(), "flaky_wasted_seconds"):
            families.add(metric, 0, *labels)
    for row in rows:
        labels = jobs.of(row)
        if row["state"] == "flaky":
            families.add(_FLAKY[row["evidence"], row["level"]], 1, *labels)
        families.add("flaky_wasted_seconds", (row["wasted_minutes"] or 0) * 60, *labels)


def _broken(families: Families, rows: Iterable[Row], workflows: _TopLabels, most: int) -> int:
    """How long branches have been broken; those broken the longest have their own labels.

    Returns how many are combined, beside those of combined workflows.
    """
    broken = [row for row in rows if row["job"] is None and row["hours"] is not None]
    broken.sort(key=lambda row: (-row["hours"], labels_of(row), row["branch"] or ""))
    combined = 0
    for place, row in enumerate(broken):
        repository, workflow = workflows.of(row)
        branch = row["branch"] if place < most and workflow != OTHER else OTHER
        combined += place >= most and workflow != OTHER
        families.add("workflow_broken_seconds", row["hours"] * 3600, repository, workflow, branch)
    return combined


def _durations(families: Families, rows: Iterable[Row], workflows: _TopLabels, jobs: _TopLabels) -> None:
    none = [0.0] * (len(BOUNDS) + 1)
    for level, shown in (("workflow", workflows), ("job", jobs)):
        for labels in shown:
            for measure in _MEASURES.values():
                families.distribute(f"{level}_{measure}", none, 0.0, *labels)
    for row in rows:
        level, shown = ("workflow", workflows) if row["job_group"] is None else ("job", jobs)
        counts = [float(row[f"le_{bound}"]) for bound in BOUNDS] + [float(row["count"])]
        metric = f"{level}_{_MEASURES[row['measure']]}"
        families.distribute(metric, counts, row["sum_s"], *shown.of(row))


def _month(now: float) -> Period:
    stop = datetime.fromtimestamp(int(now) + 1, UTC)
    first = datetime.fromtimestamp(int(now), UTC).replace(day=1, hour=0, minute=0, second=0, microsecond=0)
    return Period(first, stop)
