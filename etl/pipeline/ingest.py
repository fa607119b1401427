"""Ingests executions of jobs that any CI tells of, through the state and the outbox as a sync does."""

import asyncio
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final, Literal

import structlog

from etl.errors import ConflictError, DataError
from etl.extract.given_reports import Given, read_reports
from etl.load.encodable import encodable, encodable_columns
from etl.load.retractions import gone, retraction
from etl.model.evidence import Execution
from etl.model.ingested import IngestedJob, Told
from etl.model.points import Point
from etl.model.results import Result
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.judge import judge_after
from etl.pipeline.summary import Summary
from etl.state.repositories import KnownRepository
from etl.transform.attempts import Transformed
from etl.transform.flakes.evidence import evidence
from etl.transform.ingested import already_known, executed_job, job_results, run_points

log = structlog.get_logger(__name__)

# Others that ingest into the same run at the same moment come before at most so often.
_TRIES: Final = 20


@dataclass(frozen=True, slots=True)
class Ingested:
    """What became of an execution: `known` if it was ingested before, so that nothing changed.

    `tests` and `failed` count results, `points` lines in the outbox.
    """

    status: Literal["ingested", "known"]
    repository: str
    run_id: int
    job_id: int
    attempt: int
    conclusion: str
    tests: int = 0
    failed: int = 0
    points: int = 0


async def ingest(pipeline: Pipeline, told: Told, reports: Sequence[Given]) -> Ingested:
    """Commit an execution with its reports; nothing is committed unless all of them can be read.

    Raises DataError where one cannot, ConflictError where this attempt was told of otherwise before.
    """
    if not reports and not told.conclusion:
        raise DataError("there is neither a report nor a conclusion: nothing is known of the job")
    state, largest = pipeline.state, pipeline.settings.tests.largest_run
    results = await asyncio.to_thread(read_reports, reports, largest=largest)
    repository = await state.call(state.repositories.for_ingest, told.repository, told.default_branch)
    pipeline.repositories.add_ingested(repository)
    told = replace(told, repository=repository.name, default_branch=repository.default_branch)
    digest = told.digest(content for _, content in reports)
    for _ in range(_TRIES):
        known = await _known(pipeline, repository, told, digest)
        if isinstance(known, Ingested):
            return known
        job = executed_job(
            told,
            digest,
            results,
            known,
            rules=pipeline.rules,
            branches=pipeline.settings.branches,
            now=int(pipeline.clock()),
        )
        points = await _commit(pipeline, repository, job, results)
        if points is not None:
            return _told_of(repository, job, results, points)
        # Its first sync may have begun meanwhile, and given it GitHub's id.
        repository = await state.call(state.repositories.for_ingest, repository.name, "")
    raise ConflictError(f"run {told.run!r} of {told.workflow!r} changes all the time: try again")


async def _known(
    pipeline: Pipeline, repository: KnownRepository, told: Told, digest: bytes
) -> Ingested | list[IngestedJob]:
    """The answer if the execution is known, else the known executions of its run."""
    state = pipeline.state
    jobs = await state.call(state.ingested.of_run, repository.id, told.run_id)
    job = already_known(told, digest, jobs)
    if job is None:
        return jobs
    if job.digest != digest:
        raise ConflictError(
            f"attempt {job.attempt} of job {told.job!r} in run {told.run!r} of {told.workflow!r} was ingested "
            "before with other reports or options: give the number of the new attempt, or leave it out"
        )
    return Ingested("known", repository.name, job.run_id, job.id, job.attempt, job.conclusion)


async def _commit(
    pipeline: Pipeline, repository: KnownRepository, job: IngestedJob, results: list[Result]
) -> int | None:
    """Commit an execution with what it changes of its run; None if it must be looked at again."""
    rules, name = pipeline.rules, repository.name
    made, lines = await asyncio.to_thread(_made, pipeline, name, job, results)

    def lines_of(known: list[IngestedJob], related: list[Execution]) -> list[bytes]:
        before, after = (run_points(name, rules, jobs) for jobs in (known, [*known, job]))
        taken_back = map(retraction, _encoded(gone(before, after)))
        written = set(_encoded(before))
        changed = [line for line in _encoded(after) if line not in written]
        flakes = [point for one in made.executions for point in evidence(one, related, rules.limits)]
        return [*taken_back, *changed, *lines, *_encoded(flakes)]

    state = pipeline.state
    return await state.call(
        lambda: state.commit_ingested(repository, job, lines_of, executions=made.executions, seen=made.seen)
    )


def _made(
    pipeline: Pipeline, repository: str, job: IngestedJob, results: list[Result]
) -> tuple[Transformed, list[bytes]]:
    """What an execution gives by itself, and its lines."""
    made = job_results(repository, pipeline.rules, job, results)
    lines = _encoded(made.points)
    for columns in made.columns:
        lines += encodable_columns(columns, _refused)
    return made, lines


def _encoded(points: Iterable[Point]) -> list[bytes]:
    return encodable(points, _refused)


def _refused(point: Point, error: DataError) -> None:
    log.warning("anomaly", kind="point", detail=f"a {point.measurement} point: {error}")


def _told_of(
    repository: KnownRepository, job: IngestedJob, results: Sequence[Result], points: int
) -> Ingested:
    failed = sum(result.is_red for result in results)
    log.info(
        "ingested",
        repository=repository.name,
        workflow=job.workflow,
        job=job.name,
        attempt=job.attempt,
        tests=len(results),
        failed=failed,
        points=points,
    )
    return Ingested(
        "ingested",
        repository.name,
        job.run_id,
        job.id,
        job.attempt,
        job.conclusion,
        len(results),
        failed,
        points,
    )


async def judge_ingested(pipeline: Pipeline, delivery: Delivery, name: str) -> Summary:
    """Judge a repository as after a sync; the summary has the warnings."""
    summary = Summary(name)
    await judge_after(pipeline, delivery, summary)
    return summary
