"""Flake evidence by brute force: DESIGN's words, read over all pairs of executions of a known history.

Nothing here is shared with the code under test; it knows no syncs, no state and no order of arrival.
"""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from math import sqrt
from typing import Any, Final

from etl.demo.history import Job, Run
from etl.demo.suites import Case
from etl.model.tag_values import EMPTY
from tests.pipeline.truth import Truth
from tests.pipeline.truth_plans import CI
from tests.pipeline.world import DAY, NAME

_BOILERPLATE: Final = "Process completed with exit code"
# Which event tests exactly the commit.
_EXACT: Final = ("push", "merge_group", "schedule")

Row = dict[str, Any]
# What a row of the question `flaky` is about; without suite and test where it is a job.
KEY: Final = ("level", "workflow", "job", "suite", "test")


@dataclass(frozen=True, slots=True)
class Executed:
    """A job that an attempt ran itself; `cases` are those of its report, None where it has none."""

    run: Run
    attempt: int
    job: Job
    cases: list[Case] | None
    annotated: list[Case]

    @property
    def counts(self) -> bool:
        """Whether it counts in success rates: a cancelled or skipped one gives no evidence."""
        return self.job.conclusion in ("success", "failure", "timed_out")

    @property
    def green(self) -> bool:
        """Whether the job succeeded."""
        return self.job.conclusion == "success"

    @property
    def ended(self) -> int:
        """When it completed (Unix seconds)."""
        assert self.job.completed_at is not None
        return self.job.completed_at

    @property
    def outage(self) -> bool:
        """More than 80 % of at least 20 results that ran failed."""
        ran = [case for case in self.cases or () if not case.skipped]
        return len(ran) >= 20 and sum(case.red for case in ran) > 0.8 * len(ran)

    def passed(self, failing: "Executed", case: Case) -> bool:
        """Whether the test of a failing result passed here."""
        if failing.cases is None:
            return self.green and self.job.name == failing.job.name
        # A browser that skips the test here does not show that it passes there.
        needed = sum(not one.skipped for one in failing.results_of(case))
        here = self.results_of(case)
        return not any(one.red for one in here) and sum(not one.skipped for one in here) >= needed

    def results_of(self, case: Case) -> list[Case]:
        """Results of the same name: one a browser."""
        return [one for one in self.cases or () if _name(one) == _name(case)]


def executions(truth: Truth) -> list[Executed]:
    """Every execution of a job; what a later attempt only inherits is none."""
    return [
        Executed(run, number, job, truth.results.get(job.id), truth.annotated.get(job.id, []))
        for run in truth.runs
        for number, attempt in enumerate(run.attempts, 1)
        for job in attempt.jobs
        if job.inherited is None
    ]


def evidence(everything: Sequence[Executed]) -> Iterator[tuple[tuple[object, ...], Row]]:
    """Rows of `flake` with `second` for `time`, each with the identity of the failing result it is of."""
    of_commit: dict[str, list[Executed]] = {}
    for one in everything:
        if one.counts:
            of_commit.setdefault(one.run.head_sha, []).append(one)
    for same_commit in of_commit.values():
        for failing in same_commit:
            yield from _of_failing(failing, same_commit)


def _of_failing(
    failing: Executed, same_commit: Sequence[Executed]
) -> Iterator[tuple[tuple[object, ...], Row]]:
    red = _results(failing)
    for kind in ("rerun", "same_sha"):
        others = [one for one in same_commit if _is_pair(kind, failing, one)]
        others.sort(key=lambda one: (one.ended, one.job.id))
        same_job = [one for one in others if one.green and one.job.name == failing.job.name]
        if not failing.green and same_job:
            yield (failing.job.id,), _row(kind, failing, same_job[0], None)
        for case, identity in red:
            passing = next((one for one in others if case.red and one.passed(failing, case)), None)
            if passing is not None:
                yield identity, _row(kind, failing, passing, case)
    for case, identity in red:
        if case.retries and not case.red:
            yield identity, _row("in_report", failing, failing, case)


def _results(failing: Executed) -> list[tuple[Case, tuple[object, ...]]]:
    """Results that may be evidence, each with its identity: two of one name and job are two."""
    cases = failing.annotated if failing.cases is None else failing.cases
    twins: Counter[tuple[str, str]] = Counter()
    found: list[tuple[Case, tuple[object, ...]]] = []
    for case in () if failing.outage else cases:
        found.append((case, (failing.job.id, *_name(case), twins[_name(case)])))
        twins[_name(case)] += 1
    return found


def _is_pair(kind: str, failing: Executed, other: Executed) -> bool:
    """Whether two executions on one commit are of the same job (shards trade tests) and close enough."""
    if _shardless(failing.job.name) != _shardless(other.job.name):
        return False
    apart = abs(failing.ended - other.ended)
    if failing.run.id == other.run.id:
        return kind == "rerun" and failing.attempt != other.attempt and apart <= 7 * DAY
    return (
        kind == "same_sha"
        and failing.run.workflow_id == other.run.workflow_id
        and failing.run.event == other.run.event
        and failing.run.event in _EXACT
        and apart <= 3 * DAY
    )


def _row(kind: str, failing: Executed, passing: Executed, case: Case | None) -> Row:
    assert failing.job.started_at is not None
    return {
        "second": failing.ended,
        "repository": NAME,
        "workflow": _workflow(failing),
        "job": failing.job.name,
        "job_group": failing.job.name.split(" (")[0],
        "branch": _branch(failing.run),
        "level": "test" if case else "job",
        "evidence": kind,
        "suite": (case.plan.suite or EMPTY) if case else None,
        "test": case.plan.name if case else None,
        "head_sha": failing.run.head_sha,
        "failed_run_id": failing.run.id,
        "failed_job_id": failing.job.id,
        "passed_run_id": passing.run.id,
        "passed_job_id": passing.job.id,
        "wasted_s": None if case else float(failing.ended - failing.job.started_at),
        "confirmed_at": max(failing.ended, passing.ended),
        "message": case.message if case else _message(failing),
    }


def _message(failing: Executed) -> str:
    """What the job's failure said: an annotation, else a test, else GitHub's boilerplate."""
    notes = [note.message for note in failing.job.annotations if not note.message.startswith(_BOILERPLATE)]
    cases = [case.message for case in failing.cases or () if case.red]
    return [*notes, *cases, *(note.message for note in failing.job.annotations)][0]


def _name(case: Case) -> tuple[str, str]:
    return case.plan.suite, case.plan.name


def _shardless(job: str) -> str:
    return job.split(" (shard ", maxsplit=1)[0]


def _workflow(one: Executed) -> str:
    return "CI" if one.run.workflow_id == CI.id else "Nightly"


def _branch(run: Run) -> str:
    if run.event == "pull_request":
        return "(pull request)"
    return "main" if run.head_branch == "main" else "(other)"


def flaky(everything: Sequence[Executed]) -> list[Row]:
    """What the question `flaky` must answer, in its order: flakes of the results that ran."""
    found: dict[tuple[object, ...], dict[tuple[object, ...], Row]] = {}
    for identity, row in evidence(everything):
        named = row | {"suite": None if row["suite"] == EMPTY else row["suite"]}
        # Whatever the kinds of evidence, a failing result counts once.
        found.setdefault(tuple(named[name] for name in KEY), {})[identity] = row
    ran = _ran(everything)
    rows = [
        dict(zip(KEY, key, strict=True)) | _figures(list(rows.values()), ran[key])
        for key, rows in found.items()
    ]
    return sorted(rows, key=lambda row: (-row["score"], -row["flakes"], *(row[name] or "" for name in KEY)))


def _ran(everything: Sequence[Executed]) -> Counter[tuple[object, ...]]:
    """Results other than skipped by test and job, and executions that count by job."""
    runs: Counter[tuple[object, ...]] = Counter()
    annotated = {(one.job.name, *_name(case)) for one in everything for case in one.annotated}
    for one in everything:
        workflow, job = _workflow(one), one.job.name
        runs.update(("test", workflow, job, *_name(case)) for case in one.cases or () if not case.skipped)
        if one.counts:
            runs["job", workflow, job, None, None] += 1
            # What only annotations tell of ran whenever its job did.
            runs.update(("test", workflow, job, None, test) for name, _, test in annotated if name == job)
    return runs


def _figures(rows: Sequence[Row], runs: int) -> Row:
    seconds = [row["second"] for row in rows]
    wasted = [row["wasted_s"] for row in rows if row["wasted_s"] is not None]
    rate, z = len(rows) / runs, 1.959963984540054
    spread = z * sqrt(rate * (1 - rate) / runs + z * z / (4 * runs * runs))
    return {
        "flakes": len(rows),
        "runs": runs,
        "flake_rate": round(rate, 6),
        "score": round((rate + z * z / (2 * runs) - spread) / (1 + z * z / runs), 6),
        "commits": len({row["head_sha"] for row in rows}),
        "first_seen": _iso(min(seconds)),
        "last_seen": _iso(max(seconds)),
        "wasted_minutes": round(sum(wasted) / 60, 6) if wasted else None,
    }


def _iso(second: int) -> str:
    return f"{datetime.fromtimestamp(second, UTC):%Y-%m-%dT%H:%M:%SZ}"


def summary(one: Executed) -> Row:
    """What `test_report` must say of an execution with a report."""
    cases = one.cases or []
    outcomes = Counter(map(outcome, cases))
    return {
        "job_id": one.job.id,
        "run_id": one.run.id,
        "attempt": one.attempt,
        "head_sha": one.run.head_sha,
        "total": len(cases),
        "passed": outcomes["passed"],
        "failed": outcomes["failed"],
        "errored": outcomes["error"],
        "skipped": outcomes["skipped"],
        "flaky": sum(bool(case.retries) and not case.red for case in cases),
    }


def outcome(case: Case) -> str:
    """How a case ended."""
    if case.skipped:
        return "skipped"
    if case.red:
        return "error" if case.error else "failed"
    return "passed"
