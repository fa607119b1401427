"""Tells the jobs that an attempt executed itself from those it inherited; pure.

An attempt also lists jobs that it inherits from an earlier one. GitHub sometimes gives those a new id and
creation time, but keeps their name, start and completion.
"""

from collections.abc import Collection, Iterable, Sequence
from hashlib import blake2b

from etl.model.executed import Executed
from etl.model.records import Job, Run
from etl.transform.times import SKEW_S


def execution_key(job: Job) -> bytes:
    """A key that stays the same when a later attempt inherits the job: of its name, start and completion.

    For a job without both times, and for a check run, which is never inherited, it is a key of the id.
    """
    timed = job.started_at is not None and job.completed_at is not None and not job.is_check
    return _hash(job.name, job.started_at, job.completed_at) if timed else _hash(job.id)


def name_key(job: Job) -> bytes:
    """A key of the job's name."""
    return _hash(job.name)


def own_jobs(jobs: Sequence[Job], attempt: Run, known: Iterable[Executed]) -> list[Job]:
    """The jobs that the attempt executed itself, and no earlier attempt did, whether that was read or is gone."""
    earlier = {one.key for one in known if one.attempt < attempt.attempt and not one.inherited}
    return [job for job in jobs if execution_key(job) not in earlier and not _is_older(job, attempt)]


def executed(listed: Iterable[Job], own: Collection[Job], attempt: int) -> frozenset[Executed]:
    """Records of the listed jobs that have ended; the attempt executed those of `own` itself."""
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
    """Name keys of the jobs that earlier attempts executed, including attempts that are gone."""
    return frozenset(
        one.job
        for one in known
        if one.job and (one.attempt < attempt or (one.attempt == attempt and one.inherited))
    )


def additions(jobs: Iterable[Job], known: Collection[Executed], attempt: int) -> bool:
    """Whether an attempt lists any job that it did not list when it was last read."""
    before = {one.key for one in known if one.attempt <= attempt}
    return any(job.completed and execution_key(job) not in before for job in jobs)


def known_before(jobs: Iterable[Job], known: Collection[Executed], attempt: int) -> list[Job]:
    """Those of an attempt's own jobs that it listed when it was last read."""
    before = {one.key for one in known if one.attempt == attempt and not one.inherited}
    return [job for job in jobs if execution_key(job) in before]


def _is_older(job: Job, attempt: Run) -> bool:
    """Whether a job had ended when the attempt began: an earlier attempt, which may be gone, executed it."""
    if attempt.attempt == 1 or job.is_check or None in (job.completed_at, attempt.started_at):
        return False
    assert job.completed_at is not None
    assert attempt.started_at is not None
    return job.completed_at + SKEW_S < attempt.started_at


def _hash(*identity: object) -> bytes:
    text = "\x1f".join(map(str, identity)).encode("utf-8", "surrogatepass")
    return blake2b(text, digest_size=8).digest()
