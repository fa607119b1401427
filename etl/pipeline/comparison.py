"""Compares what GitHub lists of a run with what the store has; pure.

Every ended attempt and every completed job has a point. An entry that only GitHub has is missing from the
store; an entry that only the store has was deleted by GitHub.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from etl.model.executed import Executed
from etl.model.records import Job, Run
from etl.model.writes import Row
from etl.transform.own_jobs import executed, own_jobs


@dataclass(frozen=True, slots=True)
class Entry:
    """An attempt of a run, or a job of the attempt if `job` is not None, by GitHub's ids and attempt number."""

    run: int
    attempt: int
    job: int | None = None


@dataclass(slots=True)
class Stored:
    """What the store has of GitHub's: attempts with their tags `workflow` and `branch`, and jobs by their id."""

    attempts: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    jobs: dict[int, Entry] = field(default_factory=dict)

    def add(self, rows: Iterable[Row]) -> None:
        """Add the rows of the query `stored`, but for those of other CIs, whose ids are negative."""
        for row in rows:
            if row["run_id"] < 0:
                continue
            entry = Entry(row["run_id"], row["attempt"], row["job_id"] or None)
            if entry.job is None:
                self.attempts[entry.run, entry.attempt] = (row["workflow"], row["branch"])
            else:
                self.jobs[entry.job] = entry

    def entries(self) -> list[Entry]:
        """All entries, attempts first."""
        return [*(Entry(run, number) for run, number in self.attempts), *self.jobs.values()]

    def runs_with_jobs(self) -> set[int]:
        """Ids of the runs with at least one stored job."""
        return {entry.run for entry in self.jobs.values()}


@dataclass(slots=True)
class ListedRun:
    """A run as GitHub lists it: its latest attempt, and the jobs of the attempts whose jobs were requested.

    `jobs` is by attempt number; None is an attempt that GitHub has deleted.
    """

    run: Run
    jobs: dict[int, list[Job] | None] = field(default_factory=dict)

    def ended(self) -> range:
        """Numbers of the attempts that have ended."""
        first = 1 if self.run.has_previous_attempt else self.run.attempt
        return range(first, self.run.attempt + self.run.completed)

    def unrequested(self) -> list[int]:
        """Numbers of the ended attempts whose jobs were not requested."""
        return [number for number in self.ended() if number not in self.jobs]

    def entries(self) -> list[Entry]:
        """Entries that the store must have: attempts, and the jobs that each of them executed itself."""
        found = []
        known: frozenset[Executed] = frozenset()
        for number in self.ended():
            jobs = self.jobs.get(number)
            # The listing of runs contains only the latest attempt.
            if jobs is not None or (number == self.run.attempt and number not in self.jobs):
                found.append(Entry(self.run.id, number))
            own = own_jobs(jobs or (), self._attempt(number), known)
            found += [Entry(self.run.id, number, job.id) for job in own if job.completed and not job.is_check]
            known |= executed(jobs or (), own, number)
        return found

    def _attempt(self, number: int) -> Run:
        """An attempt as far as it is known: the listing does not say when earlier ones began."""
        is_latest = number == self.run.attempt
        return self.run if is_latest else replace(self.run, attempt=number, started_at=None)

    def job_ids(self) -> set[int]:
        """Ids of all listed jobs, including those that an attempt inherited from an earlier one."""
        return {job.id for jobs in self.jobs.values() for job in jobs or ()}


def missing(runs: Iterable[ListedRun], stored: Stored) -> list[Entry]:
    """Entries that GitHub has and the store lacks, sorted."""
    return sorted(absent((entry for run in runs for entry in run.entries()), stored), key=_sort_key)


def absent(entries: Iterable[Entry], stored: Stored) -> list[Entry]:
    """Those of the entries that the store lacks."""
    return [entry for entry in entries if not _is_stored(entry, stored)]


def suspects_first(runs: Iterable[ListedRun], stored: Stored) -> list[ListedRun]:
    """The runs in the order in which to request their jobs, so that limited requests find the most gaps.

    First come runs that lack all jobs or an earlier attempt. Then come runs that lack their latest attempt,
    which is known without a request, and then all others.
    """
    with_jobs = stored.runs_with_jobs()

    def rank(listed: ListedRun) -> int:
        attempts = [(listed.run.id, number) in stored.attempts for number in listed.ended()]
        if attempts and not attempts[-1]:
            return 1
        return 2 if listed.run.id in with_jobs and all(attempts) else 0

    return sorted(runs, key=rank)


def extra(runs: Iterable[ListedRun], stored: Stored) -> list[Entry]:
    """Entries of these runs that the store has and GitHub lacks, sorted.

    Jobs count only if the run has ended and the jobs of all its attempts were requested.
    """
    by_run = {listed.run.id: listed for listed in runs}
    job_ids = {
        run_id: listed.job_ids()
        for run_id, listed in by_run.items()
        if listed.run.completed and not listed.unrequested()
    }
    return sorted(
        (
            entry
            for entry in stored.entries()
            if entry.run in by_run and not _is_listed(entry, by_run[entry.run], job_ids.get(entry.run))
        ),
        key=_sort_key,
    )


def _is_listed(entry: Entry, listed: ListedRun, jobs: set[int] | None) -> bool:
    if entry.job is None:
        return entry.attempt in listed.ended() and listed.jobs.get(entry.attempt, ()) is not None
    return jobs is None or entry.job in jobs


def _is_stored(entry: Entry, stored: Stored) -> bool:
    if entry.job is None:
        return (entry.run, entry.attempt) in stored.attempts
    return entry.job in stored.jobs


def _sort_key(entry: Entry) -> tuple[int, int, int]:
    return entry.run, entry.attempt, entry.job or 0


def sentences(entries: Sequence[Entry]) -> list[str]:
    """The entries by run: `run 5, attempt 1: with jobs 7, 8`."""
    by_attempt: dict[tuple[int, int], list[Entry]] = {}
    for entry in entries:
        by_attempt.setdefault((entry.run, entry.attempt), []).append(entry)
    return [_sentence(*key, group) for key, group in by_attempt.items()]


def _sentence(run: int, attempt: int, entries: Sequence[Entry]) -> str:
    jobs = [str(entry.job) for entry in entries if entry.job is not None]
    includes_attempt = len(jobs) < len(entries)
    what = f"run {run}, attempt {attempt}"
    if not jobs:
        return what
    word = "job" if len(jobs) == 1 else "jobs"
    return f"{what}{' and its' if includes_attempt else ':'} {word} {', '.join(jobs)}"


def as_json(entry: Entry) -> dict[str, Any]:
    """The entry with the keys `run`, `attempt` and `job`."""
    return {"run": entry.run, "attempt": entry.attempt, "job": entry.job}
