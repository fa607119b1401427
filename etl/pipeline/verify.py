"""Verification: compares past days on GitHub with the store, and reads missing runs again if asked to."""

import asyncio
from collections.abc import Sequence
from dataclasses import replace
from typing import Final

from etl.anomalies import Anomaly
from etl.errors import DataError, NotFoundError, RequestsSpentError, RetriableError
from etl.extract.github.runs import WindowListing
from etl.extract.github.windows import Window, day_windows
from etl.load.store import Store
from etl.model.records import Run
from etl.model.values import seconds
from etl.pipeline.comparison import Entry, ListedRun, extra, missing, suspects_first
from etl.pipeline.context import Pipeline
from etl.pipeline.delivery import Delivery
from etl.pipeline.run_reader import DAY_S, RunReader
from etl.pipeline.session import Session, run_session
from etl.pipeline.verification import MARGIN_S, StoredDays, Verification
from etl.pipeline.windows import run_all
from etl.state.runs import KnownRun

# Status of a run that is to be read again: open, so that a sync reads it if this process ends first.
_UNREAD: Final = ""
_POLL_S: Final = 0.2
# Open pieces without which attempts or jobs are not stored yet.
_COMPARED: Final = ("run", "attempt", "jobs")


class Verifier:
    """Verifies days of one repository in a session, and adds the results to `found`.

    At most `most` requests are sent to compare; reading missing runs again is not limited.
    """

    def __init__(
        self, session: Session, store: Store, found: Verification, *, most: int, repair: bool
    ) -> None:
        self._session = session
        self._store = store
        self._most = most
        self._repair = repair
        self._sent_before = session.source.kinds.total()
        self._found = found

    async def verify(self, windows: Sequence[Window]) -> None:
        """Verify days, newest first, each with an equal share of the remaining requests."""
        oldest = await self._store.oldest()
        kept = [window for window in windows if window.start >= oldest + DAY_S]
        self._found.days_expired += len(windows) - len(kept)
        for days, window in zip(range(len(kept), 0, -1), reversed(kept), strict=True):
            left = self._most - (self._session.source.kinds.total() - self._sent_before)
            if left <= 0:
                self._found.days_left += 1
                continue
            day = _Day(self._session, self._store, window, self._found)
            await day.compare(max(1, left // days))
            if self._repair and day.holes:
                await day.read_again()


class _Day:
    """The runs created on one day, as GitHub lists them and as the store has them."""

    def __init__(self, session: Session, store: Store, window: Window, found: Verification) -> None:
        self._session = session
        self._window = window
        self._found = found
        self._runs: list[ListedRun] = []
        self._days = StoredDays(store, session.repository.name, window.start, session.clock())
        self.holes: list[Entry] = []

    async def compare(self, most: int) -> None:
        """Compare, with at most `most` requests."""
        with self._session.source.at_most(most):
            try:
                listing = await self._list()
            except RequestsSpentError:
                self._found.days_left += 1
                return
            await self._days.read()
            await self._find_unlisted(listing)
            await self._days.read_while(self._incomplete)
            await run_all(self._request_jobs(run) for run in suspects_first(self._runs, self._days.stored))
        await self._days.read_while(self._incomplete)
        self._conclude()

    async def _list(self) -> WindowListing:
        workflows = [workflow.id for workflow in self._session.repository.workflows]
        listing = await self._session.source.runs(self._window, workflows, conditional=False)
        self._session.anomalies.add(*listing.anomalies)
        state, repository = self._session.state, self._session.repository
        incomplete = await state.call(state.open_pieces.runs, repository.id, _COMPARED)
        for run in listing.runs.values():
            if self._is_read(run) and run.id not in incomplete:
                self._runs.append(ListedRun(run))
            else:
                self._found.unread += 1
        return listing

    def _is_read(self, run: Run) -> bool:
        """Whether a sync has seen the run as it is now, and its jobs have had time to end."""
        session = self._session
        swept = session.repository.swept_at
        until = session.clock() if swept is None else swept
        return (seconds(run.updated_at) or run.created_at) < until - MARGIN_S

    async def _request_jobs(self, listed: ListedRun) -> None:
        """Request the jobs of every attempt, until the requests are spent."""
        for number in listed.ended():
            try:
                jobs, anomalies = await self._session.source.jobs(listed.run, number)
            except RequestsSpentError:
                return
            except NotFoundError:
                listed.jobs[number] = None
            except DataError as error:
                self._anomaly("jobs", f"of attempt {number} of run {listed.run.id}: {error}", listed.run.url)
            else:
                self._session.anomalies.add(*anomalies)
                listed.jobs[number] = jobs

    async def _find_unlisted(self, listing: WindowListing) -> None:
        """Request, by id, runs that the store has and the listing lacks: GitHub may have deleted them."""
        stored = self._days.stored.entries()
        for run_id in sorted({entry.run for entry in stored} - listing.runs.keys()):
            known = await self._remembered(run_id)
            if known is not None and not self._window.start <= known.created_at <= self._window.stop:
                continue
            try:
                await self._session.source.run(run_id, conditional=False)
            except RequestsSpentError:
                self._found.unchecked += 1
            except NotFoundError:
                self._found.extra += [entry for entry in stored if entry.run == run_id]
            except DataError as error:
                self._anomaly("run", f"run {run_id}: {error}", "")

    def _incomplete(self) -> bool:
        return bool(missing(self._runs, self._days.stored))

    def _conclude(self) -> None:
        found, stored = self._found, self._days.stored
        entries = [entry for run in self._runs for entry in run.entries()]
        found.runs += len(self._runs)
        found.attempts += sum(entry.job is None for entry in entries)
        found.jobs += sum(entry.job is not None for entry in entries)
        found.unchecked += sum(len(run.unrequested()) for run in self._runs)
        found.extra += extra(self._runs, stored)
        self.holes = missing(self._runs, stored)
        if self.holes:
            found.holes[self._window.start] = self.holes
        for run_id in dict.fromkeys(entry.run for entry in self.holes):
            entries = [entry for entry in self.holes if entry.run == run_id]
            self._anomaly("hole", f"the store lacks {len(entries)} attempts and jobs of run {run_id}", "")

    async def read_again(self) -> None:
        """Read runs with missing entries as if for the first time, but with the tags they had."""
        session = self._session
        reader = RunReader(session, since=self._window.start)
        holes = {entry.run for entry in self.holes}
        runs = [listed.run for listed in self._runs if listed.run.id in holes]
        for run in runs:
            known = await self._as_unread(run)
            if known is not None:
                await session.state.call(session.state.commit_run, session.repository, known, [])
        await run_all(reader.read(run) for run in runs)
        self._found.reread += len(runs)

    async def _remembered(self, run_id: int) -> KnownRun | None:
        state = self._session.state
        return await state.call(state.runs.get, self._session.repository.id, run_id)

    async def _as_unread(self, run: Run) -> KnownRun | None:
        """The run with its tags, marked as unread; None if neither the state nor the store knows it."""
        known = await self._remembered(run.id)
        if known is not None:
            return replace(
                known, attempt=0, updated_at="", status=_UNREAD, stored_attempt=0, executions=frozenset()
            )
        tags = (tags for (run_id, _), tags in self._days.stored.attempts.items() if run_id == run.id)
        workflow, branch = next(tags, (None, None))
        if workflow is None or branch is None:
            return None
        return KnownRun(run.id, run.created_at, 0, "", _UNREAD, 0, workflow, branch, frozenset())

    def _anomaly(self, kind: str, detail: str, url: str) -> None:
        self._session.anomalies.add(Anomaly(kind, detail, url))


async def verify_all(
    pipeline: Pipeline, delivery: Delivery, since: int, *, most: int, repair: bool
) -> list[Verification]:
    """Verify one repository after another from the day of `since` (Unix seconds) on, with `most` requests each."""
    results = []
    for name in await pipeline.repositories.names():
        async with pipeline.locks.hold(name):
            results.append(
                await _verify_repository(pipeline, delivery, name, since, most=most, repair=repair)
            )
    return results


async def _verify_repository(
    pipeline: Pipeline, delivery: Delivery, name: str, since: int, *, most: int, repair: bool
) -> Verification:
    found = Verification(name)

    async def verify(session: Session) -> None:
        await wait_until_delivered(pipeline, delivery, name)
        verifier = Verifier(session, pipeline.store, found, most=most, repair=repair)
        await verifier.verify(day_windows(since, int(session.clock())))

    summary = await run_session(pipeline, delivery, name, verify)
    found.error, found.requests, found.anomalies = summary.error, summary.requests, summary.anomalies
    return found


async def wait_until_delivered(pipeline: Pipeline, delivery: Delivery, name: str) -> None:
    """Wait until no points of a repository are in the outbox: such points, also of other processes, are not missing.

    Raises RetriableError if the store takes nothing.
    """
    state = pipeline.state
    while (await state.call(state.outbox.backlog, name)).points:
        if delivery.hopeless and delivery.trouble is not None:
            raise RetriableError(f"points wait, and the store takes none: {delivery.trouble.reason}")
        await asyncio.sleep(_POLL_S)
