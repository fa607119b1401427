"""Reads one run: its attempts, jobs and annotations are read, transformed and committed together."""

import asyncio
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from itertools import zip_longest

from etl.anomalies import Anomaly
from etl.errors import CiHealthError, DataError, NotFoundError
from etl.load.encodable import encodable, encodable_columns
from etl.model.cardinality import SeenTests
from etl.model.commit_checks import Commit
from etl.model.evidence import Execution
from etl.model.executed import Executed
from etl.model.logs import LogReading
from etl.model.pages import PageTag
from etl.model.points import NANOSECONDS, Columns, Point
from etl.model.records import Annotation, Job, Run
from etl.model.results import Report
from etl.model.tag_values import tag_value
from etl.model.values import seconds
from etl.pipeline.annotations import Annotations
from etl.pipeline.approvals import Approvals
from etl.pipeline.late_jobs import attempt_of, late_jobs, take_back
from etl.pipeline.logs import FoundLogs, Logs
from etl.pipeline.memory_budget import RunMemory
from etl.pipeline.open_pieces import RunPieces
from etl.pipeline.reports import FoundReports, Reports
from etl.pipeline.session import Session
from etl.pipeline.told_jobs import ToldJobs, are_green
from etl.state.runs import AGED_OUT, COMPLETED, DELIVERED, KnownRun
from etl.transform.attempts import Transformed, transform_attempt
from etl.transform.context import Context
from etl.transform.flakes.evidence import evidence
from etl.transform.names import WorkflowNames, branch_tag
from etl.transform.own_jobs import additions, executed, executed_before, known_before, own_jobs
from etl.transform.workflow_filter import WorkflowFilter

HOUR_S = 3_600
DAY_S = 86_400
# GitHub ends any run after 35 days; one that is open for longer never gets an end.
MAX_RUN_S = 35 * DAY_S
# GitHub lets a run be re-run for 30 days after it was created.
RERUN_S = 30 * DAY_S
# Status of a run that has ended before all its jobs; GitHub ends them within minutes.
SETTLING = "settling"
# Runs being read at once, for each concurrent request: limits memory.
_RUNS_PER_REQUEST = 2

# Results and characters of messages above which an attempt is transformed in a thread, so that the event loop
# goes on. Each takes up to 3 µs (for adversarial messages, to become templates); a thread adds a tenth.
_HEAVY = 50_000


@dataclass(slots=True)
class _Gathered:
    """What the attempts of one run produced, before it is committed."""

    seen_at: float
    memory: RunMemory
    pieces: RunPieces
    points: list[Point] = field(default_factory=list)
    columns: list[Columns] = field(default_factory=list)
    taken_back: list[bytes] = field(default_factory=list)
    executions: list[Execution] = field(default_factory=list)
    seen: list[SeenTests] = field(default_factory=list)
    logs: dict[int, LogReading | bool] = field(default_factory=dict)
    listed: dict[int, tuple[list[Job], list[Anomaly]]] = field(default_factory=dict)
    attempts: int = 0
    jobs: int = 0
    tests: int = 0

    def alike(self) -> "_Gathered":
        """An empty `_Gathered` for the same run."""
        return _Gathered(self.seen_at, self.memory, self.pieces, logs=self.logs, listed=self.listed)


class RunReader:
    """Reads runs of one repository, many at once.

    `since` is the earliest creation time of artifacts; points before `points_from` are left out (Unix seconds).
    """

    def __init__(self, session: Session, *, since: int, points_from: int = 0) -> None:
        self._session = session
        self._annotations = Annotations(session)
        self._approvals = Approvals(session)
        self._logs = Logs(session)
        self._reports = Reports(session, since=since)
        self.told = ToldJobs(session)
        self._rules = session.rules
        self._points_from = points_from * NANOSECONDS
        self._workflow = WorkflowNames(session.repository.workflows, session.rules.masks)
        self._is_wanted = WorkflowFilter(session.settings.workflows)
        self._slots = asyncio.Semaphore(_RUNS_PER_REQUEST * session.source.concurrency)

    async def read(self, run: Run, tags: Sequence[PageTag] = (), *, confirmed: bool = False) -> None:
        """Read what is new of a run, and commit it with the page tags of the listing that contained it.

        Of a `confirmed` run, webhooks told of all jobs. What cannot be read stays open. Raises RetriableError or
        FatalError if GitHub cannot be asked; nothing is committed then.
        """
        state, repository = self._session.state, self._session.repository
        stored = await state.call(state.runs.get, repository.id, run.id)
        known = stored or self._unknown(run)
        if not self._is_wanted(run.workflow_name, known.workflow, run.path):
            await state.call(self._leave_out, stored, tags)
            return
        pieces = await self._pieces(run)
        if not self._changed(run, known) and not pieces.are_due:
            await state.call(state.commit_tags, repository, tags)
            return
        await self._see_commit(run, known)
        told = await self.told.of(run) if confirmed else None
        seen_at = time.monotonic()
        async with self._slots, self._session.source.turn(), self._memory() as memory:
            await self._session.wait_for_outbox_capacity()
            gathered = _Gathered(seen_at, memory, pieces, listed={} if told is None else {1: (told, [])})
            known = await self._read_attempts(run, known, gathered)
            await self._commit(run, known, gathered, tags)

    async def read_told(self, run: Run) -> bool:
        """Store the attempt, jobs and steps of a green run as webhooks told of them, without a request.

        Its reports wait for the sync that confirms its jobs. False if the run has to be read: it is no first
        attempt, something failed, not all is delivered, or more was read of it already.
        """
        state, repository = self._session.state, self._session.repository
        known = await state.call(state.runs.get, repository.id, run.id) or self._unknown(run)
        jobs = await self.told.of(run)
        pieces = await self._pieces(run)
        is_new = not known.stored_attempt or known.status == DELIVERED
        if jobs is None or not is_new or known.attempt > 1 or pieces.were_open or not are_green(run, jobs):
            return False
        if not self._is_wanted(run.workflow_name, known.workflow, run.path):
            return False
        if known.status == DELIVERED and not additions(jobs, known.executions, run.attempt):
            return True
        await self._see_commit(run, known)
        async with self._slots, self._memory() as memory:
            await self._session.wait_for_outbox_capacity()
            gathered = _Gathered(time.monotonic(), memory, pieces, attempts=1, jobs=len(jobs))
            made = self._as_told(run, known, jobs)
            if known.status == DELIVERED:
                earlier = known_before(jobs, known.executions, run.attempt)
                gathered.taken_back = take_back(self._as_told(run, known, earlier), made)
            gathered.points = made.points
            known = replace(known, stored_attempt=1, executions=executed(jobs, jobs, 1), status=DELIVERED)
            await self._commit(run, known, gathered, ())
        return True

    def _as_told(self, run: Run, known: KnownRun, jobs: Sequence[Job]) -> Transformed:
        """The points that neither reports nor logs can change."""
        repository = tag_value(self._session.repository.name)
        context = Context(repository, known.workflow, known.branch, run, self._rules)
        return transform_attempt(context, jobs, {}, unread={job.id for job in jobs})

    async def _pieces(self, run: Run) -> RunPieces:
        state = self._session.state
        before = await state.call(state.open_pieces.of_run, self._session.repository.id, run.id)
        return RunPieces(run.id, before, self._session.clock())

    async def _see_commit(self, run: Run, known: KnownRun) -> None:
        if self._session.settings.checks == "all" and run.head_sha:
            commit = Commit(run.head_sha, known.branch, run.created_at)
            state = self._session.state
            await state.call(state.commits.saw, self._session.repository.id, commit)

    def _leave_out(self, stored: KnownRun | None, tags: Sequence[PageTag]) -> None:
        """Skip a run that `workflows` excludes; if it was open, it is not requested again."""
        state, repository = self._session.state, self._session.repository
        if stored is None or stored.status in (COMPLETED, AGED_OUT):
            state.commit_tags(repository, tags)
        else:
            state.commit_run(repository, replace(stored, status=AGED_OUT), [], tags)

    def _memory(self) -> RunMemory:
        return RunMemory(self._session.source.storage.alone, self._session.settings.tests.largest_run)

    def _unknown(self, run: Run) -> KnownRun:
        session = self._session
        branch = branch_tag(run, session.repository.default_branch, session.settings.branches)
        return KnownRun(run.id, run.created_at, 0, "", "", 0, self._workflow(run), branch, frozenset())

    def _changed(self, run: Run, known: KnownRun) -> bool:
        is_long = not run.completed and self._age(run) > DAY_S
        seen = (known.attempt, known.updated_at, known.status)
        return is_long or seen != (run.attempt, run.updated_at, run.status)

    async def _read_attempts(self, run: Run, known: KnownRun, gathered: _Gathered) -> KnownRun:
        keeps_attempts, before = self._session.source.keeps_attempts, known
        is_told = known.status == DELIVERED
        if (run.completed or is_told) and keeps_attempts:
            known = await self._read_late_jobs(run, known, gathered)
        if gathered.pieces.were_open or is_told:
            # Writing points that are already stored changes nothing.
            known = _forgotten(known, 0 if keeps_attempts else run.attempt - 1)
        attempts = await self._attempts(run, known, gathered.pieces)
        for attempt, following in zip_longest(attempts, attempts[1:]):
            until = following.started_at if following else None
            if attempt.completed or self._age(attempt) > DAY_S:
                stored = await self._read_attempt(attempt, until, known, gathered)
                if stored is None:
                    # Which jobs a later attempt executed itself depends on the earlier ones.
                    break
                known = stored
        # A run whose jobs cannot be confirmed now stays as webhooks told of it.
        return before if is_told and not known.stored_attempt else known

    async def _attempts(self, run: Run, known: KnownRun, pieces: RunPieces) -> list[Run]:
        """The attempts that are not stored yet, oldest first, up to the first that cannot be read."""
        if run.attempt <= known.stored_attempt:
            return []
        earliest = 1 if run.has_previous_attempt else run.attempt
        attempts = []
        for number in range(max(earliest, known.stored_attempt + 1), run.attempt):
            try:
                attempts.append(await self._session.source.attempt(run.id, number))
            except (DataError, NotFoundError) as error:
                kind = "attempt gone" if isinstance(error, NotFoundError) else "attempt"
                self._anomaly(kind, f"attempt {number} of run {run.id}: {error}", run)
                if not pieces.leave(error, "attempt", number):
                    return attempts
        return [*attempts, run]

    async def _read_late_jobs(self, run: Run, known: KnownRun, gathered: _Gathered) -> KnownRun:
        """Make stored attempts' points again, from the first attempt that lists new jobs."""
        source, before = self._session.source, known.executions
        # If everything is read again anyway, only the retractions are needed.
        is_read_again = gathered.pieces.were_open or known.status == DELIVERED
        made = gathered.alike() if is_read_again else gathered
        for number in range(1, known.stored_attempt + 1):
            changed = known.executions != before
            try:
                jobs = await self._listed(run, number, gathered)
                listed = late_jobs(jobs, known, number, changed=changed)
                attempt = await attempt_of(source, run, number) if listed else None
            except (DataError, NotFoundError) as error:
                gathered.pieces.leave(error, "jobs", number)
                break
            if attempt is not None:
                known = await self._read_again(run, attempt, known, made, listed=listed, before=before)
        gathered.taken_back = made.taken_back
        return known

    async def _read_again(
        self,
        run: Run,
        attempt: Run,
        known: KnownRun,
        gathered: _Gathered,
        *,
        listed: Sequence[Job],
        before: frozenset[Executed],
    ) -> KnownRun:
        """Make an attempt's points again with all jobs that it lists, and retract points that changed place.

        `before` has the run's executions as they were stored.
        """
        number = attempt.attempt
        following = await attempt_of(self._session.source, run, number + 1)
        until = following.started_at if following else None
        jobs = own_jobs(listed, attempt, known.executions)
        after = await self._transform(attempt, until, known, jobs, gathered)
        stored = known_before(jobs, before, number)
        earlier = gathered.alike()
        gathered.taken_back += take_back(
            await self._transform(attempt, until, replace(known, executions=before), stored, earlier), after
        )
        return replace(known, executions=known.executions | executed(listed, jobs, number))

    async def _read_attempt(
        self, attempt: Run, until: int | None, known: KnownRun, gathered: _Gathered
    ) -> KnownRun | None:
        """Make the points of an attempt that has ended, or has been open for more than a day.

        Returns what is known of the run then, None if the jobs could not be read. The next attempt began at
        `until` (Unix seconds).
        """
        jobs = await self._jobs(attempt, gathered)
        if jobs is None:
            return None
        own = own_jobs(jobs, attempt, known.executions)
        if attempt.completed and not self._settled(attempt, own):
            return known
        await self._transform(attempt, until, known, own, gathered)
        if not attempt.completed:
            return known
        executions = known.executions | executed(jobs, own, attempt.attempt)
        return replace(known, stored_attempt=attempt.attempt, executions=executions)

    async def _listed(self, run: Run, number: int, gathered: _Gathered) -> tuple[list[Job], list[Anomaly]]:
        """The jobs of an attempt and anomalies, listed once while the run is read."""
        if number not in gathered.listed:
            gathered.listed[number] = await self._session.source.jobs(run, number)
        return gathered.listed[number]

    async def _jobs(self, attempt: Run, gathered: _Gathered) -> list[Job] | None:
        """The jobs of an attempt; None if not all can be read now, but perhaps later."""
        jobs: list[Job] = []
        problem: CiHealthError | str
        try:
            jobs, anomalies = await self._listed(attempt, attempt.attempt, gathered)
        except (DataError, NotFoundError) as error:
            kind = "run gone" if isinstance(error, NotFoundError) else "run"
            detail = f"jobs of attempt {attempt.attempt} of run {attempt.id}: {error}"
            self._anomaly(kind, detail, attempt)
            problem = error
        else:
            self._session.anomalies.add(*anomalies)
            if not anomalies:
                return jobs
            problem = anomalies[0].detail
        return jobs if gathered.pieces.leave(problem, "jobs", attempt.attempt) else None

    def _settled(self, attempt: Run, jobs: Sequence[Job]) -> bool:
        """Whether all jobs of an ended attempt have ended, or had an hour to."""
        if all(job.completed or job.is_check for job in jobs):
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
    ) -> Transformed:
        repository = tag_value(self._session.repository.name)
        before = executed_before(known.executions, run.attempt)
        approvals = await self._approvals.of(run, jobs)
        context = Context(repository, known.workflow, known.branch, run, self._rules, before, approvals)
        annotations = await self._annotations.of(run, jobs, gathered.pieces)
        found = FoundReports()
        jobs_alone = [job for job in jobs if not job.is_check]
        if run.completed:
            found = await self._reports.of(
                run,
                jobs_alone,
                gathered.memory,
                gathered.pieces,
                until=until,
                seen_at=gathered.seen_at,
            )
        logs = await self._logs.of(run, jobs_alone, found, gathered.pieces, gathered.logs)
        reports = found.reports
        is_heavy = _weight(annotations, reports) >= _HEAVY
        transformed = await _transformed(context, jobs, annotations, found, logs, is_heavy=is_heavy)
        if found.earlier is not None or logs.late:
            # An earlier reading may have made points without the artifacts and logs that were open then.
            before_now = FoundReports(reports if found.earlier is None else found.earlier)
            logs = await self._logs.of(run, jobs_alone, before_now, gathered.pieces, gathered.logs)
            earlier = await _transformed(
                context, jobs, annotations, before_now, logs.without_late(), is_heavy=is_heavy
            )
            gathered.taken_back += take_back(earlier, transformed)
        self._session.anomalies.add(*transformed.anomalies)
        gathered.points += transformed.points
        gathered.columns += transformed.columns
        gathered.executions += transformed.executions
        gathered.seen += transformed.seen
        gathered.tests += sum(len(report.results) for report in reports)
        gathered.attempts += run.completed
        gathered.jobs += sum(job.completed for job in jobs_alone)
        return transformed

    async def _commit(self, run: Run, known: KnownRun, gathered: _Gathered, tags: Sequence[PageTag]) -> None:
        status = run.status
        if known.status == DELIVERED:
            status = DELIVERED
        elif run.completed:
            # Open pieces are requested when they are due, not at every sync.
            is_read = known.stored_attempt >= run.attempt or gathered.pieces.left
            status = COMPLETED if is_read else SETTLING
        elif self._age(run) > MAX_RUN_S:
            self._anomaly("run aged out", f"run {run.id} is still {status} after 35 days", run)
            status = AGED_OUT
        known = replace(known, attempt=run.attempt, updated_at=run.updated_at, status=status)
        lines = gathered.taken_back
        lines += self._encoded(gathered.points, run)
        # Columns are freed as they are encoded: with many results, both together take too much memory.
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
        """Commit the run with its flake evidence, in one call so that no concurrently read run is missed. Blocks."""
        lines += self._encoded(self._flakes(gathered.executions), run)
        self._session.state.commit_run(
            self._session.repository,
            known,
            lines,
            tags,
            executions=gathered.executions,
            seen=gathered.seen,
            pieces=gathered.pieces.left,
        )

    def _flakes(self, executions: Sequence[Execution]) -> list[Point]:
        """Points of flake evidence from new executions, compared with known ones and with each other."""
        if not executions:
            return []
        known = self._session.state.evidence.related(self._session.repository.id, executions[0])
        points = []
        for execution in executions:
            points += evidence(execution, known, self._rules.limits)
            known.append(execution)
        return points

    def _encoded(self, points: Iterable[Point], run: Run) -> list[bytes]:
        """Lines of the points; a point that cannot be encoded is counted as an anomaly and skipped."""
        wanted = (point for point in points if point.time >= self._points_from)
        return encodable(wanted, partial(self._refused, run))

    def _encoded_columns(self, columns: Columns, run: Run) -> list[bytes]:
        if min(columns.times, default=0) < self._points_from:
            return self._encoded(columns.points(), run)
        return encodable_columns(columns, partial(self._refused, run))

    def _refused(self, run: Run, point: Point, error: DataError) -> None:
        self._anomaly("point", f"a {point.measurement} point of run {run.id}: {error}", run)

    def _anomaly(self, kind: str, detail: str, run: Run) -> None:
        self._session.anomalies.add(Anomaly(kind, detail, run.url))


def _forgotten(known: KnownRun, kept: int) -> KnownRun:
    """A known run as if only its first `kept` attempts were stored."""
    kept = min(kept, known.stored_attempt)
    return replace(
        known,
        stored_attempt=kept,
        status="",
        executions=frozenset(one for one in known.executions if one.attempt <= kept),
    )


async def _transformed(
    context: Context,
    jobs: Sequence[Job],
    annotations: Mapping[int, Sequence[Annotation]],
    found: FoundReports,
    logs: FoundLogs,
    *,
    is_heavy: bool,
) -> Transformed:
    """The points of an attempt; made in a thread if `is_heavy`."""
    records = (context, jobs, annotations, found.reports)
    unread = found.unread | logs.unread
    work = partial(transform_attempt, *records, unread=unread, partial=found.partial, logs=logs.readings)
    return await asyncio.to_thread(work) if is_heavy else work()


def _weight(annotations: Mapping[int, Sequence[Annotation]], reports: Iterable[Report]) -> int:
    """Roughly how much work an attempt is: its results plus the characters of all messages."""
    results = sum(len(report.results) + sum(len(one.message) for one in report.results) for report in reports)
    return results + sum(len(note.message) for notes in annotations.values() for note in notes)
