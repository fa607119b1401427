"""What GitHub has of a run, held against what the store has; pure.

An attempt that has ended and a job that has completed are points, so each of them stands in both places. What
stands in GitHub alone is a hole; what stands in the store alone, GitHub has deleted.
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
    """An attempt of a run, or where `job` is not None a job of it, by GitHub's ids and number."""

    run: int
    attempt: int
    job: int | None = None


@dataclass(slots=True)
class Stored:
    """What the store has: attempts with their tags `workflow` and `branch`, and jobs by their id."""

    attempts: dict[tuple[int, int], tuple[str, str]] = field(default_factory=dict)
    jobs: dict[int, Entry] = field(default_factory=dict)

    def add(self, rows: Iterable[Row]) -> None:
        """Add the answer to the question `stored`."""
        for row in rows:
            entry = Entry(row["run_id"], row["attempt"], row["job_id"] or None)
            if entry.job is None:
                self.attempts[entry.run, entry.attempt] = (row["workflow"], row["branch"])
            else:
                self.jobs[entry.job] = entry

    def entries(self) -> list[Entry]:
        """All of it, attempts first."""
        return [*(Entry(run, number) for run, number in self.attempts), *self.jobs.values()]

    def runs_with_jobs(self) -> set[int]:
        """Ids of the runs of which any job is stored."""
        return {entry.run for entry in self.jobs.values()}


@dataclass(slots=True)
class Told:
    """What GitHub tells of a run: its latest attempt, and the jobs of those attempts that were asked for.

    `jobs` has None for an attempt that GitHub has deleted.
    """

    run: Run
    jobs: dict[int, list[Job] | None] = field(default_factory=dict)

    def ended(self) -> range:
        """Numbers of the attempts that have ended and may be asked for."""
        first = 1 if self.run.has_previous_attempt else self.run.attempt
        return range(first, self.run.attempt + self.run.completed)

    def unasked(self) -> list[int]:
        """Attempts whose jobs were not asked for."""
        return [number for number in self.ended() if number not in self.jobs]

    def entries(self) -> list[Entry]:
        """What is certain to be there: attempts and the jobs that each ran itself."""
        found = []
        known: frozenset[Executed] = frozenset()
        for number in self.ended():
            jobs = self.jobs.get(number)
            # The listing of runs tells of the latest attempt alone.
            if jobs is not None or (number == self.run.attempt and number not in self.jobs):
                found.append(Entry(self.run.id, number))
            own = own_jobs(jobs or (), self._attempt(number), known)
            found += [Entry(self.run.id, number, job.id) for job in own if job.completed and not job.is_check]
            known |= executed(jobs or (), own, number)
        return found

    def _attempt(self, number: int) -> Run:
        """An attempt as far as it is known: of earlier ones, the listing does not tell when they began."""
        is_latest = number == self.run.attempt
        return self.run if is_latest else replace(self.run, attempt=number, started_at=None)

    def job_ids(self) -> set[int]:
        """Ids of all jobs that are listed, also of those that an attempt inherited."""
        return {job.id for jobs in self.jobs.values() for job in jobs or ()}


def missing(told: Iterable[Told], stored: Stored) -> list[Entry]:
    """What GitHub has and the store has not, in order."""
    return sorted(absent((entry for one in told for entry in one.entries()), stored), key=_place)


def absent(entries: Iterable[Entry], stored: Stored) -> list[Entry]:
    """Those of the entries that the store has not."""
    return [entry for entry in entries if not _is_stored(entry, stored)]


def suspects_first(told: Iterable[Told], stored: Stored) -> list[Told]:
    """Where requests are few, they are for runs of which every job is missing, or an attempt.

    A run whose latest attempt is missing is known to be, and comes after those.
    """
    with_jobs = stored.runs_with_jobs()

    def place(one: Told) -> int:
        attempts = [(one.run.id, number) in stored.attempts for number in one.ended()]
        if attempts and not attempts[-1]:
            return 1
        return 2 if one.run.id in with_jobs and all(attempts) else 0

    return sorted(told, key=place)


def extra(told: Iterable[Told], stored: Stored) -> list[Entry]:
    """What the store has of these runs and GitHub has not, in order.

    A job is known not to be there only where the jobs of every attempt of a run that has ended were asked for.
    """
    by_run = {one.run.id: one for one in told}
    listed = {run: one.job_ids() for run, one in by_run.items() if one.run.completed and not one.unasked()}
    return sorted(
        (
            entry
            for entry in stored.entries()
            if entry.run in by_run and not _is_told(entry, by_run[entry.run], listed.get(entry.run))
        ),
        key=_place,
    )


def _is_told(entry: Entry, told: Told, jobs: set[int] | None) -> bool:
    if entry.job is None:
        return entry.attempt in told.ended() and told.jobs.get(entry.attempt, ()) is not None
    return jobs is None or entry.job in jobs


def _is_stored(entry: Entry, stored: Stored) -> bool:
    if entry.job is None:
        return (entry.run, entry.attempt) in stored.attempts
    return entry.job in stored.jobs


def _place(entry: Entry) -> tuple[int, int, int]:
    return entry.run, entry.attempt, entry.job or 0


def sentences(entries: Sequence[Entry]) -> list[str]:
    """The entries by run: `run 5, attempt 1: with jobs 7, 8`."""
    by_attempt: dict[tuple[int, int], list[Entry]] = {}
    for entry in entries:
        by_attempt.setdefault((entry.run, entry.attempt), []).append(entry)
    return [_sentence(*key, group) for key, group in by_attempt.items()]


def _sentence(run: int, attempt: int, entries: Sequence[Entry]) -> str:
    jobs = [str(entry.job) for entry in entries if entry.job is not None]
    whole = len(jobs) < len(entries)
    what = f"run {run}, attempt {attempt}"
    if not jobs:
        return what
    word = "job" if len(jobs) == 1 else "jobs"
    return f"{what}{' and its' if whole else ':'} {word} {', '.join(jobs)}"


def as_json(entry: Entry) -> dict[str, Any]:
    """The entry with the keys `run`, `attempt` and `job`."""
    return {"run": entry.run, "attempt": entry.attempt, "job": entry.job}
