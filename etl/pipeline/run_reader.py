"""One run: its attempts, jobs and annotations are read, transformed and committed together."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from itertools import zip_longest

from etl.anomalies import Anomaly
from etl.errors import DataError, NotFoundError
from etl.extract.github.jobs import list_jobs
from etl.extract.github.runs import get_attempt
from etl.load.line_encoder import encode, encode_columns
from etl.model.cardinality import SeenTests
from etl.model.evidence import Execution
from etl.model.pages import PageTag
from etl.model.points import NANOSECONDS, Columns, Point
from etl.model.records import Annotation, Job, Run
from etl.model.results import Report
from etl.model.tag_values import tag_value
from etl.model.values import seconds
from etl.pipeline.annotations import Annotations
from etl.pipeline.memory_budget import RunMemory
from etl.pipeline.reports import Reports
from etl.pipeline.session import Session
from etl.state.runs import AGED_OUT, COMPLETED, KnownRun
from etl.transform.attempts import execution_key, own_jobs, transform_attempt
from etl.transform.context import Context
from etl.transform.flakes.evidence import evidence
from etl.transform.names import branch_tag, workflow_names, workflow_of

HOUR_S = 3_600
DAY_S = 86_400
# GitHub ends any run after 35 days; what is open for longer will never tell its end.
MAX_RUN_S = 35 * DAY_S
# A run that has ended while its jobs have not yet: GitHub catches up within minutes.
SETTLING = "settling"
# Runs in work at once, for each request that may be under way: bounds memory.
_RUNS_PER_REQUEST = 2

# Results and characters of messages from which on all else has to go on meanwhile. Each takes up to 3 µs
# (messages that were made for it take that long to become templates); a thread costs a tenth more.
_HEAVY = 50_000


@dataclass(slots=True)
class _Gathered:
    """What the attempts of one run led to, before it is committed."""

    seen_at: float
    memory: RunMemory
    points: list[Point] = field(default_factory=list)
    columns: list[Columns] = field(default_factory=list)
    executions: list[Execution] = field(default_factory=list)
    seen: list[SeenTests] = field(default_factory=list)
    attempts: int = 0
    jobs: int = 0
    tests: int = 0


class RunReader:
    """Reads runs of one repository, many at once.

    `since` is where the oldest artifact may be; points before `points_from` are not made.
    """

    def __init__(self, session: Session, *, since: int, points_from: int = 0) -> None:
        self._session = session
        self._annotations = Annotations(session)
        self._reports = Reports(session, since=since)
        self._rules = session.rules
        self._points_from = points_from * NANOSECONDS
        self._workflows = workflow_names(session.repository.workflows)
        self._slots = asyncio.Semaphore(_RUNS_PER_REQUEST * session.settings.github.concurrency)

    async def read(self, run: Run, tags: Sequence[PageTag] = ()) -> None:
        """Read what is new of a run and commit it, together with the tags of what led to it.

        Raises RetriableError or FatalError where GitHub could not be asked: nothing is committed.
        """
        state, repository = self._session.state, self._session.repository
        known = await state.call(state.runs.get, repository.id, run.id) or self._unknown(run)
        if not self._changed(run, known):
            await state.call(state.commit_tags, repository, tags)
            return
        seen_at = time.monotonic()
        async with self._slots, self._memory() as memory:
            await self._session.wait_for_outbox_capacity()
            gathered = _Gathered(seen_at, memory)
            try:
                known = await self._read_attempts(run, known, gathered)
            except DataError as error:
                # It will not read any better next time: it is left alone until it changes.
                self._anomaly("run", f"run {run.id}: {error}", run)
                known = replace(known, stored_attempt=run.attempt)
            await self._commit(run, known, gathered, tags)

    def _memory(self) -> RunMemory:
        return RunMemory(self._session.client.storage.alone, self._session.settings.tests.largest_run)

    def _unknown(self, run: Run) -> KnownRun:
        session = self._session
        branch = branch_tag(run, session.repository.default_branch, session.settings.branches)
        workflow = workflow_of(run, self._workflows)
        return KnownRun(run.id, run.created_at, 0, "", "", 0, workflow, branch, frozenset())

    def _changed(self, run: Run, known: KnownRun) -> bool:
        is_long = not run.completed and self._age(run) > DAY_S
        seen = (known.attempt, known.updated_at, known.status)
        return is_long or seen != (run.attempt, run.updated_at, run.status)

    async def _read_attempts(self, run: Run, known: KnownRun, gathered: _Gathered) -> KnownRun:
        attempts = await self._attempts(run, known)
        for attempt, following in zip_longest(attempts, attempts[1:]):
            until = following.started_at if following else None
            if attempt.completed or self._age(attempt) > DAY_S:
                known = await self._read_attempt(attempt, until, known, gathered)
        return known

    async def _attempts(self, run: Run, known: KnownRun) -> list[Run]:
        """The attempts that have not been stored, oldest first."""
        earliest = 1 if run.has_previous_attempt else run.attempt
        attempts = []
        for number in range(max(earliest, known.stored_attempt + 1), run.attempt):
            attempt = await get_attempt(self._session.client, run.id, number)
            if attempt is None:
                self._anomaly("attempt gone", f"attempt {number} of run {run.id}", run)
            else:
                attempts.append(attempt)
        return [*attempts, run]

    async def _read_attempt(
        self, attempt: Run, until: int | None, known: KnownRun, gathered: _Gathered
    ) -> KnownRun:
        """Points of an attempt that has ended, or has been open for more than a day.

        The next attempt began at `until`.
        """
        try:
            jobs, anomalies = await list_jobs(self._session.client, attempt.id, attempt.attempt)
        except NotFoundError:
            self._anomaly("run gone", f"jobs of attempt {attempt.attempt} of run {attempt.id}", attempt)
            return replace(known, stored_attempt=attempt.attempt)
        self._session.anomalies.add(*anomalies)
        executed = own_jobs(jobs, known.executions)
        if attempt.completed and not self._settled(attempt, executed):
            return known
        await self._transform(attempt, until, known, executed, gathered)
        if not attempt.completed:
            return known
        executions = known.executions | {execution_key(job) for job in executed}
        return replace(known, stored_attempt=attempt.attempt, executions=executions)

    def _settled(self, attempt: Run, jobs: Sequence[Job]) -> bool:
        """Whether the jobs of an attempt that has ended have ended too, or had the time to."""
        if all(job.completed for job in jobs):
            return True
        if self._session.clock() - (seconds(attempt.updated_at) or 0) < HOUR_S:
            return False
        self._anomaly("job without end", f"in attempt {attempt.attempt} of run {attempt.id}", attempt)
        return True

    def _age(self, run: Run) -> float:
        started = run.started_at if run.started_at is not None else run.created_at
        return self._session.clock() - started

    async def _transform(
        self, run: Run, until: int | None, known: KnownRun, jobs: Sequence[Job], gathered: _Gathered
    ) -> None:
        repository = tag_value(self._session.repository.name)
        context = Context(repository, known.workflow, known.branch, run, self._rules)
        annotations = await self._annotations.of(run, jobs)
        reports: list[Report] = []
        if run.completed:
            reports = await self._reports.of(
                run, jobs, gathered.memory, until=until, seen_at=gathered.seen_at
            )
        if _weight(annotations, reports) < _HEAVY:
            transformed = transform_attempt(context, jobs, annotations, reports)
        else:
            transformed = await asyncio.to_thread(transform_attempt, context, jobs, annotations, reports)
        self._session.anomalies.add(*transformed.anomalies)
        gathered.points += transformed.points
        gathered.columns += transformed.columns
        gathered.executions += transformed.executions
        gathered.seen += transformed.seen
        gathered.tests += sum(len(report.results) for report in reports)
        gathered.attempts += run.completed
        gathered.jobs += sum(job.completed for job in jobs)

    async def _commit(self, run: Run, known: KnownRun, gathered: _Gathered, tags: Sequence[PageTag]) -> None:
        status = run.status
        if run.completed:
            status = COMPLETED if known.stored_attempt >= run.attempt else SETTLING
        elif self._age(run) > MAX_RUN_S:
            self._anomaly("run aged out", f"run {run.id} is still {status} after 35 days", run)
            status = AGED_OUT
        known = replace(known, attempt=run.attempt, updated_at=run.updated_at, status=status)
        lines = self._encoded(gathered.points, run)
        # What is encoded is let go: both are too much where the results are many.
        while gathered.columns:
            lines += self._encoded_columns(gathered.columns.pop(), run)
        await self._session.state.call(self._commit_with_evidence, run, known, lines, tags, gathered)
        summary = self._session.summary
        summary.runs += 1
        summary.attempts += gathered.attempts
        summary.jobs += gathered.jobs
        summary.tests += gathered.tests
        summary.points += len(lines)

    def _commit_with_evidence(
        self, run: Run, known: KnownRun, lines: list[bytes], tags: Sequence[PageTag], gathered: _Gathered
    ) -> None:
        """Blocks. Evidence is looked for in the same call, so that no run that is read at the same time is missed."""
        lines += self._encoded(self._flakes(gathered.executions), run)
        self._session.state.commit_run(
            self._session.repository, known, lines, tags, executions=gathered.executions, seen=gathered.seen
        )

    def _flakes(self, executions: Sequence[Execution]) -> list[Point]:
        """Evidence that new executions are, with known ones and with each other."""
        if not executions:
            return []
        known = self._session.state.evidence.related(self._session.repository.id, executions[0])
        points = []
        for execution in executions:
            points += evidence(execution, known, self._rules.limits)
            known.append(execution)
        return points

    def _encoded(self, points: Iterable[Point], run: Run) -> list[bytes]:
        """Lines of all points that can be written; any other is counted as an anomaly and skipped."""
        lines = []
        for point in points:
            if point.time < self._points_from:
                continue
            try:
                lines.append(encode(point))
            except DataError as error:
                self._anomaly("point", f"a {point.measurement} point of run {run.id}: {error}", run)
        return lines

    def _encoded_columns(self, columns: Columns, run: Run) -> list[bytes]:
        if min(columns.times, default=0) >= self._points_from:
            with suppress(DataError):
                return encode_columns(columns)
        return self._encoded(columns.points(), run)

    def _anomaly(self, kind: str, detail: str, run: Run) -> None:
        self._session.anomalies.add(Anomaly(kind, detail, run.url))


def _weight(annotations: Mapping[int, Sequence[Annotation]], reports: Iterable[Report]) -> int:
    """Roughly how much work an attempt is: its results, and the characters of all messages."""
    results = sum(len(report.results) + sum(len(one.message) for one in report.results) for report in reports)
    return results + sum(len(note.message) for notes in annotations.values() for note in notes)
