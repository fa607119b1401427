"""Puts the executions of a run's jobs into its attempts; pure.

Gitea 1.26 numbers the executions of a job, not the attempts of a run, and a re-run overwrites the jobs that it
executes. What an earlier attempt executed is still in the list of tasks, without steps and with its end to
within seconds. A run's own start, which may be told a second after that of its first job, says which jobs its
latest attempt executed; before that, a new attempt begins with the first job that is executed again.
"""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from etl.extract.gitea.records import COMPLETED, ListedRun, Task, as_run, iso
from etl.model.records import Job, Run


@dataclass(frozen=True, slots=True)
class Attempts:
    """A run's latest attempt with its jobs, and the earlier ones that were not seen before, by number."""

    run: Run
    jobs: list[Job]
    earlier: Mapping[int, tuple[Run, list[Job]]]


def attempts_of(
    listed: ListedRun, jobs: Sequence[Job], tasks: Sequence[Task], *, before: int, seen_until: int | None
) -> Attempts:
    """The attempts after the first `before` ones, of which the last ended at `seen_until` (Unix seconds).

    `tasks` are the run's, in any order. `jobs` are as they are now.
    """
    ordered = sorted(tasks, key=lambda task: task.id)
    new = [task for task in ordered if seen_until is None or task.created_at > seen_until]
    own = [job for job in jobs if _is_of_latest(job, listed)]
    groups = _groups(_before_latest(new, own), Counter(job.name for job in jobs))
    created_at = min((job.created_at for job in jobs if job.created_at is not None), default=None)
    began = created_at or listed.started_at or listed.completed_at or 0
    earlier: dict[int, tuple[Run, list[Job]]] = {}
    for place, group in enumerate(groups):
        number = before + 1 + place
        done = [_overwritten(task, listed, jobs, number) for task in group]
        later = {task.name for following in groups[place + 1 :] for task in following}
        earlier[number] = (_ended(listed, number, began, group, _others(jobs, group, later, listed)), done)
    number = before + len(groups) + 1
    end = max((run.updated_at for run, _ in earlier.values()), default=iso(seen_until))
    run = as_run(listed, attempt=number, created_at=began, updated_at=version(listed) or end)
    # When a job was queued again is not told.
    latest = _queued(jobs) if number == 1 else [replace(job, attempt=number, created_at=None) for job in own]
    return Attempts(run, latest, earlier)


def version(listed: ListedRun) -> str:
    """What changes with a run: when it ended, else when it began; empty before that."""
    return iso(listed.completed_at if listed.completed else listed.started_at)


def _before_latest(tasks: Sequence[Task], own: Iterable[Job]) -> list[Task]:
    """The tasks without those of the latest attempt's `own` jobs: the last of each name, as many as have begun."""
    left = Counter(job.name for job in own if job.started_at is not None)
    before: list[Task] = []
    for task in reversed(tasks):
        if left[task.name] > 0:
            left[task.name] -= 1
        else:
            before.append(task)
    return before[::-1]


def _groups(tasks: Iterable[Task], rows: Counter[str]) -> list[list[Task]]:
    """The tasks of each attempt before the latest."""
    groups: list[list[Task]] = []
    seen: Counter[str] = Counter()
    for task in tasks:
        if not groups or seen[task.name] >= max(1, rows[task.name]):
            groups.append([])
            seen.clear()
        groups[-1].append(task)
        seen[task.name] += 1
    return groups


def _is_of_latest(job: Job, listed: ListedRun) -> bool:
    """Whether the latest attempt executed a job, or has yet to: what an earlier one executed ended before it."""
    since = listed.started_at
    if job.started_at is None:
        return True
    return since is not None and (
        job.started_at >= since or job.completed_at is None or job.completed_at >= since
    )


def _queued(jobs: Sequence[Job]) -> list[Job]:
    """The jobs of a first attempt, with a creation time where all that they waited for was a runner.

    Gitea creates all jobs with the run, also those that wait for others (`needs`), and does not say which do: only
    a job that began before any other had ended cannot have waited for one.
    """
    ends = [job.completed_at for job in jobs if job.completed_at is not None and job.taken]
    first = min(ends, default=None)
    return [
        replace(job, attempt=1)
        if first is None or (job.started_at is not None and job.started_at <= first)
        else replace(job, attempt=1, created_at=None)
        for job in jobs
    ]


def _overwritten(task: Task, listed: ListedRun, jobs: Sequence[Job], number: int) -> Job:
    """An execution as its task tells of it; its id is not that of the job, whose log is another's."""
    row = next((job for job in jobs if job.name == task.name), None)
    return Job(
        id=-task.id,
        run_id=listed.id,
        attempt=number,
        name=task.name,
        status=COMPLETED,
        conclusion=task.conclusion,
        created_at=None,
        started_at=task.created_at,
        completed_at=task.updated_at,
        labels=row.labels if row is not None else (),
        steps=(),
        url=listed.url,
    )


def _others(
    jobs: Sequence[Job], group: Sequence[Task], later: set[str], listed: ListedRun
) -> list[str | None]:
    """Conclusions of the jobs that stayed as they were when this attempt ended."""
    executed = {task.name for task in group} | later
    return [
        job.conclusion
        for job in jobs
        if job.name not in executed and (job.started_at is None or not _is_of_latest(job, listed))
    ]


def _ended(
    listed: ListedRun, number: int, created_at: int, group: Sequence[Task], others: Sequence[str | None]
) -> Run:
    """An earlier attempt, which has ended."""
    end = max((task.updated_at for task in group if task.updated_at is not None), default=None)
    as_it_was = replace(
        listed,
        status=COMPLETED,
        conclusion=_conclusion([*others, *(task.conclusion for task in group)]),
        started_at=min(task.created_at for task in group),
        completed_at=end,
    )
    return as_run(as_it_was, attempt=number, created_at=created_at, updated_at=iso(end))


def _conclusion(conclusions: Sequence[str | None]) -> str:
    """As Gitea concludes from the jobs (`AggregateJobStatus`)."""
    if all(one == "skipped" for one in conclusions):
        return "skipped"
    return next((one for one in ("cancelled", "failure") if one in conclusions), "success")
