"""Rows of `histories` and `test_results` → series to judge."""

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from datetime import datetime
from statistics import median
from typing import Any, Final

from etl.judge.cost import WEEK_S, Place, Usage
from etl.judge.history import History, Level, Measure, Outcome, Run, Subject
from etl.judge.times import DURATION, QUEUED
from etl.model.tag_values import PULL_REQUEST, is_named

Row = Mapping[str, Any]

_SUCCESS: Final = "success"
_PASSED: Final = "passed"


def histories_of(rows: Iterable[Row], default_branch: str) -> tuple[list[History], list[Measure]]:
    """Results, durations (of what succeeded) and waits of workflows and jobs, on all lines of commits.

    Only the default branch has measures: a pull request may make anything slower, and need not be merged.
    """
    told = list(rows)
    heads = _heads(told)
    histories: list[History] = []
    measures: list[Measure] = []
    for subject, executions in _by_subject(told).items():
        ordered = sorted(executions, key=lambda row: _place(row, row["time"]))
        runs = [_run(row, heads, default_branch) for row in ordered]
        outcomes = bytes(
            Outcome.PASSED if row["conclusion"] == _SUCCESS else Outcome.FAILED for row in ordered
        )
        histories.append(History(subject, runs, outcomes))
        measures += _measures(subject, ordered, runs)
    return histories, measures


def histories_of_tests(
    rows: Iterable[Row], executions: Iterable[Row], default_branch: str, outages: Collection[int] = ()
) -> list[History]:
    """Results of tests, one for each job execution; of a job that is not stored, nothing.

    Several results of a name in one execution are of several browsers, projects or rows of data: it failed if any
    of them did, and passed if no fewer did than where it failed. Results of jobs with an outage (`outages`, by their ids) say nothing.

    Where only failures of a test are stored, because annotations or a log told of it or `tests.points` is
    `failed`, it passed in every other execution of its job that succeeded.
    """
    told = list(executions)
    heads = _heads(told)
    jobs = {row["job_id"]: row for row in told if row["level"] == Level.JOB}
    found: dict[Subject, list[tuple[Row, Row]]] = defaultdict(list)
    for row in rows:
        if row["job_id"] not in outages and (job := jobs.get(row["job_id"])) is not None:
            subject = Subject(
                row["repository"], Level.TEST, row["workflow"], row["job"], row["suite"] or "", row["test"]
            )
            found[subject].append((row, job))
    succeeded = _succeeded(jobs.values())
    return [
        _history_of_test(subject, results, succeeded, heads, default_branch)
        for subject, results in found.items()
    ]


def _history_of_test(
    subject: Subject,
    results: Sequence[tuple[Row, Row]],
    succeeded: Mapping[tuple[str, str, str], Sequence[Row]],
    heads: Mapping[int, str],
    default_branch: str,
) -> History:
    timed = _one_each(results)
    if all(outcome is Outcome.FAILED for _, _, outcome in timed):
        failing = {job["job_id"] for _, job in results}
        others = succeeded.get((subject.repository, subject.workflow, subject.job), ())
        timed += [(job, job["time"], Outcome.PASSED) for job in others if job["job_id"] not in failing]
    timed.sort(key=lambda one: _place(one[0], one[1]))
    runs = [_run(job, heads, default_branch) for job, _, _ in timed]
    return History(subject, runs, bytes(outcome for _, _, outcome in timed))


def _one_each(results: Iterable[tuple[Row, Row]]) -> list[tuple[Row, str, Outcome]]:
    """The job, the time and the worst outcome of each execution.

    One with fewer results than one that failed is no pass: where the test failed, as in a browser, it may not have run.
    """
    of_job: dict[int, list[tuple[Outcome, str, Row]]] = defaultdict(list)
    for row, job in results:
        outcome = Outcome.PASSED if row["outcome"] == _PASSED else Outcome.FAILED
        of_job[job["job_id"]].append((outcome, row["time"], job))
    worst = [(max(some, key=lambda one: one[:2]), len(some)) for some in of_job.values()]
    most = max((count for (outcome, *_), count in worst if outcome is Outcome.FAILED), default=0)
    return [
        (job, time, outcome)
        for (outcome, time, job), count in worst
        if outcome is Outcome.FAILED or count >= most
    ]


def _succeeded(jobs: Iterable[Row]) -> dict[tuple[str, str, str], list[Row]]:
    """Executions that succeeded, by repository, workflow and job."""
    found: dict[tuple[str, str, str], list[Row]] = defaultdict(list)
    for job in jobs:
        if job["conclusion"] == _SUCCESS:
            found[job["repository"], job["workflow"], job["job"]].append(job)
    return found


def usage_of(rows: Iterable[Row], seconds: float, default_branch: str) -> dict[Place, Usage]:
    """How often each workflow and job ran a week in a period of so many seconds, and how long that took.

    In all, and on each branch with a name that is not the default one.
    """
    durations: dict[Place, list[float]] = defaultdict(list)
    for row in rows:
        for branch in {"", _named(row) if row["branch"] != default_branch else ""}:
            durations[row["workflow"], row["job"] or "", branch].append(row["duration_s"] or 0.0)
    return {key: Usage(len(took) * WEEK_S / seconds, median(took)) for key, took in durations.items()}


def _by_subject(rows: Iterable[Row]) -> dict[Subject, list[Row]]:
    found: dict[Subject, list[Row]] = defaultdict(list)
    for row in rows:
        level = Level(row["level"])
        found[Subject(row["repository"], level, row["workflow"], row["job"] or "")].append(row)
    return found


def _place(row: Row, time: str) -> tuple[int, int, str, int]:
    """Where an execution stands: GitHub numbers runs as they begin; the ids of other CIs' runs are negative."""
    number, attempt = row["run_id"], row["attempt"]
    return (number, attempt, time, 0) if number > 0 else (0, 0, time, attempt)


def _run(row: Row, heads: Mapping[int, str], default_branch: str) -> Run:
    """The run of a row. A pull request's run tests a merge with its base, which moves on: only its attempts are alike."""
    line = "" if row["branch"] == default_branch else heads.get(row["run_id"]) or row["branch"]
    time = int(datetime.fromisoformat(row["time"]).timestamp())
    sha = row["head_sha"] or ""
    tree = f"{sha} {row['run_id']}" if sha and row["branch"] == PULL_REQUEST else ""
    return Run(time, sha, line, tree, row["run_id"], _named(row))


def _named(row: Row) -> str:
    """The branch of a row if it has a name of its own, else nothing."""
    return row["branch"] if is_named(row["branch"]) else ""


def _heads(rows: Iterable[Row]) -> dict[int, str]:
    """The real names of the branches that runs are of."""
    return {row["run_id"]: row["head_branch"] or "" for row in rows if row["level"] == Level.WORKFLOW}


def _measures(subject: Subject, rows: Sequence[Row], runs: Sequence[Run]) -> list[Measure]:
    found = []
    for what, column in ((DURATION, "duration_s"), (QUEUED, "queued_s")):
        kept = [
            (run, row)
            for run, row in zip(runs, rows, strict=True)
            if not run.line and row[column] is not None and (what == QUEUED or row["conclusion"] == _SUCCESS)
        ]
        if kept:
            values = [row[column] for _, row in kept]
            groups = [row["runner"] or "" for _, row in kept]
            found.append(Measure(subject, what, [run for run, _ in kept], values, groups))
    return found
