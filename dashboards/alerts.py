"""Alert rules as Grafana provisions them.

A rule's query answers with one row for each thing that can be wrong: its names, which become labels,
and one number, which an expression holds against the threshold.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from dashboards import thresholds as limit
from dashboards.flux import asked
from etl.queries.question import GITHUB

# Branches with a name of their own: the default branch, and what `branches` adds.
_NAMED: Final = {"branch": r"/^[^(]/"}
_HOUR_NS: Final = "3600000000000.0"
_NO_TIME: Final = timedelta()


@dataclass(frozen=True, slots=True)
class Query:
    """Flux over `span` until `until` ago."""

    flux: str
    span: timedelta
    until: timedelta = _NO_TIME


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: it fires where `condition`, of the queries A, B …, holds; `when` tells that in words."""

    name: str
    title: str
    when: str
    summary: str
    condition: str
    queries: tuple[Query, ...]
    page: str = "overview"
    without_data: str = "OK"


def rules() -> tuple[Rule, ...]:
    """All rules."""
    return (*_of_ci(), *_of_the_etl())


def _of_ci() -> tuple[Rule, ...]:
    return (
        Rule(
            "success-rate",
            "Success rate of the default branch is low",
            f"fewer than {limit.SUCCESS_RATE:.0%} of a workflow's attempts of the last {_span(limit.SUCCESS_OVER)} succeeded on the "
            f"default branch, of {limit.SUCCESS_TOTAL} or more",
            "{{ $labels.workflow }} of {{ $labels.repository }} succeeds in {{ humanizePercentage $values.A.Value }} "
            "of attempts",
            f"$A < {limit.SUCCESS_RATE}",
            (Query(_workflows("success_rate", limit.SUCCESS_TOTAL), limit.SUCCESS_OVER),),
            "workflow",
        ),
        Rule(
            "broken",
            "The default branch is broken",
            f"a workflow has been broken for longer than {limit.BROKEN_HOURS} h on the default branch",
            "{{ $labels.workflow }} of {{ $labels.repository }} is broken since commit {{ $labels.first_bad_sha }}",
            f"$A > {limit.BROKEN_HOURS}",
            (
                Query(
                    asked(
                        "broken",
                        'filter(fn: (r) => r.job == "" and exists r.hours)',
                        *_row("hours", "repository", "workflow", "branch", "first_bad_sha"),
                        names=(),
                        matchers=_NAMED,
                        server_url=GITHUB,
                    ),
                    limit.BROKEN_WITHIN,
                ),
            ),
            "workflow",
        ),
        Rule(
            "slower",
            "A workflow got slower",
            f"the p95 of a workflow of the default branch is above {limit.P95_RATIO} times that of the {_span(limit.P95_OVER)} before, "
            f"with {limit.P95_TOTAL} attempts or more in each",
            "The p95 of {{ $labels.workflow }} of {{ $labels.repository }} is well above that of the two weeks before",
            f"$A / $B > {limit.P95_RATIO}",
            (
                Query(_workflows("p95_s", limit.P95_TOTAL), limit.P95_OVER),
                Query(_workflows("p95_s", limit.P95_TOTAL), limit.P95_OVER, limit.P95_OVER),
            ),
            "workflow",
        ),
        Rule(
            "newly-flaky",
            "Something is newly flaky",
            f"a test or job failed and passed on the same commit for the first time, confirmed in the last {_span(limit.NEWLY_FLAKY_FOR)}",
            "{{ $labels.job }} {{ $labels.test }} of {{ $labels.repository }} failed and passed on the same commit",
            "$A > 0",
            (
                Query(
                    asked(
                        "newly_flaky",
                        "map(fn: (r) => ({r with flaky: 1.0}))",
                        *_row("flaky", "repository", "workflow", "job", "suite", "test"),
                        names=(),
                    ),
                    limit.NEWLY_FLAKY_FOR,
                ),
            ),
            "flaky",
        ),
        Rule(
            "spreading",
            "A failure spreads",
            f"a failure came in at least {limit.SPREAD_JOBS} more jobs than in the {_span(limit.SPREAD_OVER)} before",
            "Failure {{ $labels.signature }} of {{ $labels.repository }} came in more jobs than before: "
            "{{ $labels.template }}",
            f"$A >= {limit.SPREAD_JOBS}",
            (
                Query(
                    asked(
                        "spreading",
                        "map(fn: (r) => ({r with more: float(v: r.jobs - r.jobs_before)}))",
                        *_row("more", "repository", "signature", "template"),
                        names=(),
                    ),
                    limit.SPREAD_OVER,
                ),
            ),
            "failures",
        ),
        Rule(
            "silent",
            "No run completes",
            f"a repository that had runs in the last {_span(limit.SILENT_WITHIN)} has had none for {limit.SILENT_HOURS} h",
            "No run of {{ $labels.repository }} has completed for {{ $values.A.Value }} hours",
            f"$A > {limit.SILENT_HOURS}",
            (Query(asked("last_run", *_row("hours", "repository"), names=()), limit.SILENT_WITHIN),),
        ),
    )


def _of_the_etl() -> tuple[Rule, ...]:
    since = f"map(fn: (r) => ({{r with hours: float(v: int(v: stop) - int(v: r.time)) / {_HOUR_NS}}}))"
    behind = "map(fn: (r) => ({r with hours: if exists r.lag_s then float(v: r.lag_s) / 3600.0 else 0.0}))"
    rejected = "map(fn: (r) => ({r with count: if exists r.rejected then float(v: r.rejected) else 0.0}))"
    waiting = "map(fn: (r) => ({r with outbox: if exists r.outbox then float(v: r.outbox) else 0.0}))"
    return (
        Rule(
            "no-sync",
            "The ETL does not sync",
            f"the last sync of a repository that the store knows of ended more than {limit.SYNC_HOURS} h ago, or there is none",
            "The last sync of {{ $labels.repository }} that reached the store ended too long ago: see whether "
            "`ci-health run` runs and `ci-health check` finds what is wrong. Points that cannot be delivered wait "
            "in the outbox, the sync's own among them.",
            f"$A > {limit.SYNC_HOURS}",
            (Query(_syncs(since, "hours"), limit.SYNC_WITHIN),),
            without_data="Alerting",
        ),
        Rule(
            "lag",
            "The ETL is behind",
            f"a repository's data ends more than {limit.LAG_HOURS} h before its last sync did",
            "The data of {{ $labels.repository }} is {{ $values.A.Value }} hours behind",
            f"$A > {limit.LAG_HOURS}",
            (Query(_syncs(behind, "hours"), limit.SYNC_WITHIN),),
        ),
        Rule(
            "outbox",
            "The outbox grows",
            f"more than {limit.OUTBOX_POINTS:,} points waited for the store when a repository's last sync ended",
            "{{ $values.A.Value }} points wait for the store: it takes fewer than the ETL makes",
            f"$A > {limit.OUTBOX_POINTS}",
            (Query(_syncs(waiting, "outbox"), limit.SYNC_WITHIN),),
        ),
        Rule(
            "rejected",
            "The store rejects points",
            "the store rejected points of a repository's last sync",
            "The last sync of {{ $labels.repository }} had points rejected: `ci-health check` tells why",
            f"$A > {limit.REJECTED_POINTS}",
            (Query(_syncs(rejected, "count"), limit.SYNC_WITHIN),),
        ),
    )


def _span(time: timedelta) -> str:
    return f"{time.days} days" if time.days > 1 else "day"


def _workflows(value: str, total: int) -> str:
    """A value of each workflow that had at least so many attempts on the default branch."""
    enough = f"filter(fn: (r) => r.total >= {total} and exists r.{value})"
    return asked("workflows", enough, *_row(value, "repository", "workflow"), names=(), matchers=_NAMED)


def _syncs(step: str, value: str) -> str:
    return asked("etl_status", step, *_row(value, "repository"), names=())


def _row(value: str, *names: str) -> tuple[str, ...]:
    """Steps for a table of names and one number, which is what an alert's query has to be."""
    kept = ", ".join(f'"{name}"' for name in (*names, value))
    return ("group()", f"keep(columns: [{kept}])")
