"""Alert rules as Grafana provisions them.

A rule's query answers with one row for each thing that can be wrong: its names, which become labels,
and one number, which an expression holds against the threshold.
"""

from dataclasses import dataclass
from datetime import timedelta
from typing import Final

from dashboards import thresholds as limit
from dashboards.alert_texts import hours, label, seconds, span, value
from dashboards.flux import asked

# Branches with a name of their own: the default branch, and what `branches` adds.
_NAMED: Final = {"branch": r"/^[^(]/"}
_WORKFLOW: Final = ("repository", "workflow")
_JOB: Final = ("repository", "workflow", "job")


@dataclass(frozen=True, slots=True)
class Query:
    """Flux over the last `span`."""

    flux: str
    span: timedelta


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule: it fires where `condition`, of the query A, holds; `when` tells that in words.

    `chosen` are the labels that are chosen on the dashboard `page`, to which the alert leads, and
    `github` is the page of the repository that it leads to.
    """

    name: str
    title: str
    when: str
    summary: str
    condition: str
    query: Query
    page: str = "overview"
    chosen: tuple[str, ...] = ("repository",)
    github: str = "actions"
    without_data: str = "OK"


def rules() -> tuple[Rule, ...]:
    """All rules."""
    return (*_of_ci(), *_of_the_etl())


def _of_ci() -> tuple[Rule, ...]:
    workflow = f"{label('workflow')} of {label('repository')}"
    return (
        Rule(
            "success-rate",
            "Success rate of the default branch is low",
            f"fewer than {limit.SUCCESS_RATE:.0%} of a workflow's attempts of the last {span(limit.SUCCESS_OVER)} succeeded on the "
            f"default branch, of {limit.SUCCESS_TOTAL} or more",
            f"{workflow} succeeds in {value('humanizePercentage')} of attempts",
            f"$A < {limit.SUCCESS_RATE}",
            Query(_workflows("success_rate", limit.SUCCESS_TOTAL), limit.SUCCESS_OVER),
            "workflow",
            _WORKFLOW,
        ),
        Rule(
            "broken",
            "Something is broken",
            "a workflow, job or test fails at every run of a branch with a tag of its own since a commit; ends with the repair",
            f"{_subject()} is broken on {label('branch')} since commit {label('since_sha')}",
            "$A > 0",
            _lasting("broken", "evidence"),
            "workflow",
            _WORKFLOW,
            "commits/{{ .Labels.since_sha }}",
        ),
        Rule(
            "slower",
            "Something got slower",
            "a workflow or job takes longer since a commit, beyond what chance gives; ends when it no longer does",
            f"{_subject()} takes {value('humanizePercentage')} longer since commit {label('since_sha')}",
            "$A > 0",
            _lasting("slower", "size"),
            "workflow",
            _WORKFLOW,
            "commits/{{ .Labels.since_sha }}",
        ),
        Rule(
            "flaky",
            "Something is flaky",
            "a test or job fails now and then without a change that explains it; ends when it has passed for long enough",
            f"{_subject()} fails {value('humanizePercentage')} of the time without a change that explains it",
            "$A > 0",
            _lasting("flaky", "size", "workflow"),
            "flaky",
            _JOB,
        ),
        Rule(
            "spreading",
            "A failure spreads",
            "a failure came within a day in several more jobs than in the week before, in unrelated changes; ends when it no longer does",
            f"Failure {label('suite')} of {label('repository')} came in {value('humanize')} more jobs than in the week before: "
            f"{label('name')}",
            "$A > 0",
            _lasting("spreading", "size"),
            "failures",
        ),
        Rule(
            "silent",
            "No run completes",
            f"a repository that had runs has had none for {hours(limit.MAX_SILENCE)}",
            f"No run of {label('repository')} has completed for {value('humanizeDuration')}",
            f"$A > {seconds(limit.MAX_SILENCE)}",
            Query(
                asked(
                    "last_run",
                    "map(fn: (r) => ({r with seconds: r.hours * 3600.0}))",
                    *_row("seconds", "repository"),
                    names=(),
                ),
                limit.STOPPED_WITHIN,
            ),
        ),
    )


def _of_the_etl() -> tuple[Rule, ...]:
    age = "map(fn: (r) => ({r with seconds: float(v: int(v: stop) - int(v: r.time)) / 1000000000.0}))"
    behind = "map(fn: (r) => ({r with seconds: if exists r.lag_s then float(v: r.lag_s) else 0.0}))"
    rejected = "map(fn: (r) => ({r with count: if exists r.rejected then float(v: r.rejected) else 0.0}))"
    waiting = "map(fn: (r) => ({r with count: if exists r.outbox then float(v: r.outbox) else 0.0}))"
    return (
        Rule(
            "no-sync",
            "The ETL does not sync",
            f"the last sync of a repository that the store knows of ended more than {hours(limit.MAX_SYNC_AGE)} ago, or there is none",
            f"{{{{ if .Labels.repository }}}}The last sync of {label('repository')} that reached the store ended "
            f"{value('humanizeDuration')} ago{{{{ else }}}}No sync has reached the store{{{{ end }}}}: see whether "
            "`ci-health run` runs and `ci-health check` finds what is wrong. Points that cannot be delivered wait "
            "in the outbox, the sync's own among them.",
            f"$A > {seconds(limit.MAX_SYNC_AGE)}",
            Query(_syncs(age, "seconds"), limit.STOPPED_WITHIN),
            without_data="Alerting",
        ),
        Rule(
            "lag",
            "The ETL is behind",
            f"a repository's data ends more than {hours(limit.MAX_LAG)} before its last sync did",
            f"The data of {label('repository')} is {value('humanizeDuration')} behind",
            f"$A > {seconds(limit.MAX_LAG)}",
            Query(_syncs(behind, "seconds"), limit.STOPPED_WITHIN),
        ),
        Rule(
            "outbox",
            "The outbox grows",
            f"more than {limit.MAX_OUTBOX:,} points waited for the store when a repository's last sync ended",
            f"{value('humanize')} points wait for the store: it takes fewer than the ETL makes",
            f"$A > {limit.MAX_OUTBOX}",
            Query(_syncs(waiting, "count"), limit.STOPPED_WITHIN),
        ),
        Rule(
            "rejected",
            "The store rejects points",
            "the store rejected points of a repository's last sync",
            f"The last sync of {label('repository')} had {value('humanize')} points rejected: `ci-health check` tells why",
            f"$A > {limit.MAX_REJECTED}",
            Query(_syncs(rejected, "count"), limit.STOPPED_WITHIN),
        ),
    )


def _subject() -> str:
    """What a finding is about: the closest of its names first, as far as it has them."""
    names = (
        f"{{{{ if .Labels.{name} }}}}{label(name)} of {{{{ end }}}}" for name in ("name", "job", "workflow")
    )
    return "".join((*names, label("repository")))


def _lasting(kind: str, number: str, without: str = "") -> Query:
    """Findings of a kind that are sure and last, but of the level `without`; and a number of each."""
    levels = (f'filter(fn: (r) => r.level != "{without}")',) if without else ()
    flux = asked(
        "findings",
        "filter(fn: (r) => not exists r.until)",
        'filter(fn: (r) => r.sure == "1")',
        *levels,
        f"map(fn: (r) => ({{r with {number}: float(v: r.{number})}}))",
        *_row(number, "repository", "workflow", "job", "suite", "name", "branch", "since_sha"),
        names=(),
        kinds=kind,
    )
    return Query(flux, limit.FINDINGS_OVER)


def _workflows(column: str, total: int) -> str:
    """A value of each workflow that had at least so many attempts on the default branch."""
    enough = f"filter(fn: (r) => r.total >= {total} and exists r.{column})"
    return asked("workflows", enough, *_row(column, "repository", "workflow"), names=(), matchers=_NAMED)


def _syncs(step: str, column: str) -> str:
    return asked("etl_status", step, *_row(column, "repository"), names=())


def _row(number: str, *names: str) -> tuple[str, ...]:
    """Steps for a table of names and one number, which is what an alert's query has to be."""
    kept = ", ".join(f'"{name}"' for name in (*names, number))
    return ("group()", f"keep(columns: [{kept}])")
