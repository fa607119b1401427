"""Which of the jobs that an attempt lists it ran itself, and what is remembered of them; pure.

An attempt also lists jobs that it only inherits from an earlier one. GitHub gives those a new id and
creation time at times, but keeps their name, start and completion.
"""

from collections.abc import Collection, Iterable, Sequence
from hashlib import blake2b

from etl.model.executed import Executed
from etl.model.records import Job, Run
from etl.transform.times import SKEW_S


def execution_key(job: Job) -> bytes:
    """What stays the same when a later attempt only inherits a job: name, start and completion.

    A job without both times is known by its id alone, and so is a check run, which nothing inherits.
    """
    timed = job.started_at is not None and job.completed_at is not None and not job.is_check
    return _hash(job.name, job.started_at, job.completed_at) if timed else _hash(job.id)


def name_key(job: Job) -> bytes:
    """What stands for the name of a job."""
    return _hash(job.name)


def own_jobs(jobs: Sequence[Job], attempt: Run, known: Iterable[Executed]) -> list[Job]:
    """The jobs that the attempt ran itself: those that no earlier one did, whether that was read or is gone."""
    earlier = {one.key for one in known if one.attempt < attempt.attempt and not one.inherited}
    return [job for job in jobs if execution_key(job) not in earlier and not _is_older(job, attempt)]


def executed(listed: Iterable[Job], own: Collection[Job], attempt: int) -> frozenset[Executed]:
    """What is remembered of those jobs that an attempt lists and that have ended; it ran its `own` itself."""
    ids = {job.id for job in own}
    return frozenset(
        Executed(attempt, execution_key(job), name_key(job) if was_executed(job) else b"", job.id not in ids)
        for job in listed
        if job.completed
    )


def was_executed(job: Job) -> bool:
    """Whether anything of a job was executed."""
    return job.taken and not job.is_check and job.conclusion != "skipped"


def executed_before(known: Iterable[Executed], attempt: int) -> frozenset[bytes]:
    """Names of jobs, as their keys, that attempts before this one executed, also such as are gone."""
    return frozenset(
        one.job
        for one in known
        if one.job and (one.attempt < attempt or (one.attempt == attempt and one.inherited))
    )


def additions(jobs: Iterable[Job], known: Collection[Executed], attempt: int) -> bool:
    """Whether an attempt lists any job that was not there when it was read before."""
    before = {one.key for one in known if one.attempt <= attempt}
    return any(job.completed and execution_key(job) not in before for job in jobs)


def known_before(jobs: Iterable[Job], known: Collection[Executed], attempt: int) -> list[Job]:
    """Those of an attempt's own jobs that were there when it was read before."""
    before = {one.key for one in known if one.attempt == attempt and not one.inherited}
    return [job for job in jobs if execution_key(job) in before]


def _is_older(job: Job, attempt: Run) -> bool:
    """Whether a job had ended when the attempt began: an earlier one ran it, which may be gone."""
    if attempt.attempt == 1 or job.is_check or None in (job.completed_at, attempt.started_at):
        return False
    assert job.completed_at is not None
    assert attempt.started_at is not None
    return job.completed_at + SKEW_S < attempt.started_at


def _hash(*identity: object) -> bytes:
    text = "\x1f".join(map(str, identity)).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=8).digest()
