"""The metrics as data: names, kinds, labels and descriptions; docs/service.md is generated from these.

Source of the conventions: Prometheus' documentation, "Metric and label naming".
"""

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from operator import add
from typing import Final, Literal

from prometheus_client import CollectorRegistry, generate_latest
from prometheus_client.core import (
    CounterMetricFamily,
    GaugeMetricFamily,
    HistogramMetricFamily,
)
from prometheus_client.core import (
    Metric as Family,
)
from prometheus_client.registry import Collector

from etl.extract.github.kinds import KINDS

PREFIX: Final = "ci_health_"
OTHER: Final = "other"

Kind = Literal["counter", "gauge", "histogram"]
Labels = tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Metric:
    """A metric; `merge` combines several values into the one of `other`."""

    name: str
    kind: Kind
    labels: Labels
    doc: str
    merge: Callable[[float, float], float] = add


def _counter(name: str, labels: str, doc: str) -> Metric:
    return Metric(f"{PREFIX}{name}_total", "counter", tuple(labels.split()), doc)


def _gauge(name: str, labels: str, doc: str, merge: Callable[[float, float], float] = add) -> Metric:
    return Metric(PREFIX + name, "gauge", tuple(labels.split()), doc, merge)


def _histogram(name: str, labels: str, doc: str) -> Metric:
    return Metric(PREFIX + name, "histogram", tuple(labels.split()), doc)


ETL_METRICS: Final = (
    _counter("syncs", "repository status", "Finished syncs, by status: ok or failed."),
    _gauge("last_sync_timestamp_seconds", "repository", "When the last successful sync ended.", min),
    _gauge("last_sync_duration_seconds", "repository", "How long the last sync took.", max),
    _gauge("lag_seconds", "repository", "Age of the time up to which all runs are read.", max),
    _counter("runs", "repository", "Runs read because they were new or had changed."),
    _counter(
        "github_requests",
        "repository kind",
        f"Requests to GitHub, by kind: {', '.join(KINDS)}.",
    ),
    _counter(
        "github_not_modified",
        "repository kind",
        "Those of them that used no rate limit because nothing had changed.",
    ),
    _gauge(
        "github_rate_limit_remaining", "account", "Requests left in the rate limit, as GitHub last reported."
    ),
    _gauge("github_rate_limit", "account", "Requests that the rate limit allows per hour."),
    _counter("anomalies", "repository kind", "Anomalies in the data, by kind; the log has each of them."),
    _gauge("open_pieces", "repository kind", "What could not be read yet and is asked for again, by kind."),
    _counter("points", "outcome", "Points that left the outbox: accepted, rejected, or expired."),
    _gauge("outbox_points", "", "Points waiting for the store."),
    _gauge("outbox_age_seconds", "", "How long the oldest of them has waited; 0 if none waits."),
    _gauge("dead_letters", "", "Stored points that the store rejected."),
    _gauge("store_up", "", "Whether the last write to the store succeeded: 1 or 0."),
    _counter(
        "webhooks",
        "event outcome",
        "Webhook deliveries: queued, kept until their run has ended, known, ignored, or refused.",
    ),
    _gauge("webhooks_waiting", "", "Runs with a webhook delivery that are still to be read."),
    _counter(
        "comments",
        "repository outcome",
        "Comments on pull requests: written, updated, unchanged, none (needed), or failed.",
    ),
    _gauge("comments_waiting", "", "Comments on pull requests that are to be written or updated."),
    _gauge(
        "repositories_combined",
        "",
        "How many repositories beyond `http.series` are combined as `other` above.",
    ),
    _gauge("info", "version", "Always 1; the label is the version."),
)

_JOB: Final = "repository workflow job_group"

CI_METRICS: Final = (
    _gauge("workflow_success_ratio", "repository workflow", "Share of counted attempts that succeeded."),
    _gauge("workflow_attempts", "repository workflow", "Attempts counted in the ratio."),
    _gauge("job_success_ratio", _JOB, "Share of counted executions that succeeded."),
    _gauge("job_executions", _JOB, "Executions counted in the ratio."),
    _gauge("flaky_tests", _JOB, "Tests that are proven to be flaky now."),
    _gauge("flaky_jobs", _JOB, "Jobs that are proven to be flaky now."),
    _gauge("suspected_tests", _JOB, "Tests that are flaky now by their history alone."),
    _gauge("suspected_jobs", _JOB, "Jobs that are flaky now by their history alone."),
    _gauge("flaky_wasted_seconds", _JOB, "Time of executions repeated because jobs were flaky."),
    _gauge(
        "workflow_broken_seconds",
        "repository workflow branch",
        "How long a workflow has been broken on a branch with its own tag, by its finding; absent if it is not broken. "
        "The `http.series` broken the longest have their own branch label, the rest are `other`.",
        max,
    ),
    _histogram(
        "workflow_duration_seconds", "repository workflow", "Durations of attempts since the month began."
    ),
    _histogram(
        "workflow_queue_seconds", "repository workflow", "From an attempt's start to its first job's."
    ),
    _histogram("job_duration_seconds", _JOB, "Durations of executions since the month (UTC) began."),
    _histogram("job_queue_seconds", _JOB, "From a job's creation to its start, since the month began."),
    _gauge(
        "series_combined",
        "of",
        "How many workflows, job groups and broken branches are combined as `other`; raise `http.series` then.",
    ),
    _gauge(
        "figures_timestamp_seconds",
        "question",
        "When the store answered the question behind the metrics.",
    ),
)


class Families:
    """Collects samples of metrics; values added for the same labels are merged."""

    def __init__(self, metrics: Iterable[Metric]) -> None:
        self._metrics = {
            metric.name.removeprefix(PREFIX).removesuffix("_total"): metric for metric in metrics
        }
        self._values: dict[str, dict[Labels, float]] = {name: {} for name in self._metrics}
        self._buckets: dict[str, dict[Labels, list[float]]] = {name: {} for name in self._metrics}

    def add(self, name: str, value: float, *labels: str) -> None:
        """Add a value to a metric, named without prefix and `_total`."""
        known = self._values[name]
        known[labels] = self._metrics[name].merge(known[labels], value) if labels in known else value

    def values(self, name: str) -> Mapping[Labels, float]:
        """The values of a metric by its labels."""
        return self._values[name]

    def distribute(self, name: str, counts: Sequence[float], total: float, *labels: str) -> None:
        """Add a histogram: cumulative counts by bound, the last for all values, and the values' sum."""
        known = self._buckets[name].get(labels, [0.0] * len(counts))
        self._buckets[name][labels] = [before + more for before, more in zip(known, counts, strict=True)]
        self.add(name, total, *labels)

    def families(self, bounds: Sequence[float] = ()) -> Iterator[Family]:
        """All metrics in prometheus-client's form; histograms have these bounds and infinity."""
        texts = [*(f"{bound:g}" for bound in bounds), "+Inf"]
        for name, metric in self._metrics.items():
            family: Family
            if metric.kind == "histogram":
                family = histogram = HistogramMetricFamily(metric.name, metric.doc, labels=metric.labels)
                for labels, counts in self._buckets[name].items():
                    buckets = list(zip(texts, counts, strict=True))
                    histogram.add_metric(labels, buckets, self._values[name][labels])
            else:
                made = CounterMetricFamily if metric.kind == "counter" else GaugeMetricFamily
                family = simple = made(metric.name, metric.doc, labels=metric.labels)
                for labels, value in self._values[name].items():
                    simple.add_metric(labels, value)
            yield family


class _Once(Collector):
    """Metrics that are there already."""

    def __init__(self, families: Iterable[Family]) -> None:
        self._families = families

    def collect(self) -> Iterable[Family]:
        return self._families


def exposed(families: Iterable[Family]) -> bytes:
    """Metrics in Prometheus' text format."""
    registry = CollectorRegistry(auto_describe=False)
    registry.register(_Once(families))
    return generate_latest(registry)
