"""What is flaky, by comparing every failing result with every other execution: slow, and plain to read.

It is written from the definitions in `docs/flaky-tests.md` alone.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterator
from typing import Any

from tests.flakes.generator import MESSAGE, Executed, Result

DAY, HOUR = 86_400, 3_600
EMPTY = "\N{SYMBOL FOR ESCAPE}(empty)"

Row = dict[str, Any]
# Level, workflow, job, suite, test; the last two are None for jobs.
Thing = tuple[str, str, str, str | None, str | None]


def flakes(executed: list[Executed]) -> list[Row]:
    """Every `flake` point, with its second in `time`."""
    counted = [execution for execution in executed if execution.counts]
    of_commit = defaultdict(list)
    for execution in counted:
        of_commit[execution.sha].append(execution)
    return [row for failing in counted for row in _of(failing, of_commit[failing.sha])]


def _of(failing: Executed, others: list[Executed]) -> Iterator[Row]:
    for kind in ("rerun", "same_sha"):
        comparable = [other for other in others if _is_comparable(kind, failing, other)]
        comparable.sort(key=lambda other: (other.ended, other.job))
        green = [
            other for other in comparable if other.conclusion == "success" and other.name == failing.name
        ]
        if failing.conclusion != "success" and green:
            yield {**_row(kind, failing, green[0]), "level": "job", "wasted_s": float(failing.seconds)}
        if green:
            for test in failing.annotated:
                yield _test_row(kind, failing, green[0], EMPTY, test)
        for result in _telling(failing):
            if not result.failed:
                continue
            passing = [other for other in comparable if _passes(other, result.suite, result.test)]
            if passing:
                yield _test_row(kind, failing, passing[0], result.suite, result.test)
    for result in _telling(failing):
        if result.retried:
            yield _test_row("in_report", failing, failing, result.suite, result.test)


def _telling(execution: Executed) -> tuple[Result, ...]:
    """Its results, none in an outage."""
    ran = [result for result in execution.results if not result.skipped]
    is_outage = len(ran) >= 20 and sum(result.failed for result in ran) > 0.8 * len(ran)
    return () if is_outage else execution.results


def _is_comparable(kind: str, failing: Executed, other: Executed) -> bool:
    apart = abs(other.ended - failing.ended)
    same = other.workflow == failing.workflow and _shardless(other.name) == _shardless(failing.name)
    if kind == "rerun":
        return same and other.run == failing.run and other.attempt != failing.attempt and apart <= 7 * DAY
    exact = failing.event in ("push", "merge_group", "schedule") and other.event == failing.event
    return same and exact and other.run != failing.run and other.sha == failing.sha and apart <= 72 * HOUR


def _shardless(name: str) -> str:
    return re.sub(r"shard \d/\d", "", name)


def _passes(other: Executed, suite: str, test: str) -> bool:
    found = [result for result in other.results if (result.suite, result.test) == (suite, test)]
    ran = [result for result in found if not result.skipped]
    return bool(ran) and not any(result.failed for result in ran)


def _row(kind: str, failing: Executed, passing: Executed) -> Row:
    return {
        "repository": "acme/rocket", "workflow": failing.workflow, "job": failing.name,
        "job_group": failing.group, "branch": failing.branch, "evidence": kind, "suite": None, "test": None,
        "time": failing.ended, "head_sha": failing.sha,
        "failed_run_id": failing.run, "failed_job_id": failing.job,
        "passed_run_id": passing.run, "passed_job_id": passing.job,
        "confirmed_at": max(failing.ended, passing.ended), "wasted_s": None,
    }  # fmt: skip


def _test_row(kind: str, failing: Executed, passing: Executed, suite: str, test: str) -> Row:
    return {**_row(kind, failing, passing), "level": "test", "suite": suite, "test": test}


def counts(executed: list[Executed]) -> Counter[Thing]:
    """How often each test and job ran."""
    runs: Counter[Thing] = Counter()
    for execution in executed:
        job = (execution.workflow, execution.name)
        if execution.counts:
            runs["job", *job, None, None] += 1
        for result in execution.results:
            if not result.skipped:
                runs["test", *job, result.suite, result.test] += 1
    # Annotations tell of failures alone: such a test ran whenever its job did.
    for execution in executed:
        for test in execution.annotated:
            job = (execution.workflow, execution.name)
            runs["test", *job, None, test] = runs["job", *job, None, None]
    return runs


def answer(executed: list[Executed]) -> dict[Thing, Row]:
    """What `show flaky` has to say of each, by what it is about."""
    runs = counts(executed)
    found: dict[Thing, list[Row]] = defaultdict(list)
    for row in flakes(executed):
        suite = None if row["suite"] == EMPTY else row["suite"]
        found[row["level"], row["workflow"], row["job"], suite, row["test"]].append(row)
    return {thing: _figures(rows, runs[thing]) for thing, rows in found.items()}


def _figures(rows: list[Row], runs: int) -> Row:
    # A failing result counts once, whatever the kinds of its evidence; in one job, each of several.
    by_kind = Counter((row["failed_job_id"], row["evidence"]) for row in rows)
    failing = {job: max(count for (other, _), count in by_kind.items() if other == job) for job, _ in by_kind}
    wasted = {row["failed_job_id"]: row["wasted_s"] for row in rows if row["wasted_s"] is not None}
    return {
        "flakes": sum(failing.values()),
        "runs": runs,
        "flake_rate": round(sum(failing.values()) / runs, 6),
        "commits": len({row["head_sha"] for row in rows}),
        "first_seen": min(row["time"] for row in rows),
        "last_seen": max(row["time"] for row in rows),
        "wasted_minutes": round(sum(wasted.values()) / 60, 6) if wasted else None,
        "message": None if rows[0]["level"] == "job" else MESSAGE,
    }
