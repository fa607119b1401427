"""The state and the delivery against a simple model, through commits, refusals, crashes and restarts.

A crash leaves what a killed process leaves: SQLite's files as they are, which are copied and opened anew,
or PostgreSQL without any of its connections.
"""

import asyncio
import shutil
import tempfile
from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

import structlog
from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from etl.anomalies import Anomalies
from etl.errors import FatalError, RetriableError
from etl.extract.github.runs import WindowListing
from etl.extract.github.windows import Window
from etl.model.writes import Rejected, WriteResult
from etl.pipeline.delivery import Delivery
from etl.pipeline.windows import scan_windows
from etl.state import tables
from etl.state.repositories import KnownRepository
from etl.state.runs import COMPLETED, KnownRun
from etl.state.sql_thread import SqlThread
from etl.state.state import State
from tests.postgres import Postgres
from tests.selection import FULL

WINDOW_S = 10
NAME = "acme/rocket"
REASON = "type conflict"
# Small, so that few points make several batches.
BATCH = 7
# Points of the runs of new windows.
SIZES = st.lists(st.lists(st.integers(0, 2 * BATCH), min_size=1, max_size=4), max_size=4)
TURNS = st.sampled_from(["accept", "fail", "refuse", "reject", "crash"])


class Crash(BaseException):
    """The process is gone: nothing after this happens."""


class Store:
    """Does with each write what the script says, then accepts; `queue` is what must come next."""

    address = "a scripted store"

    def __init__(self) -> None:
        self.script: list[tuple[str, int]] = []
        self.queue: list[bytes] = []
        self.has: set[bytes] = set()

    async def prepare(self) -> None:
        pass

    async def write(self, lines: Sequence[bytes]) -> WriteResult:
        assert list(lines) == self.queue[: len(lines)], "not the oldest first"
        kind, number = self.script.pop(0) if self.script else ("accept", 0)
        taken = lines[: number % (len(lines) + 1)]
        match kind:
            case "crash":
                self.has.update(taken)
                raise Crash
            case "fail":
                self.has.update(taken)
                raise RetriableError("busy", retry_after=0.0)
            case "refuse":
                raise FatalError("wrong token")
        bad = lines[number % len(lines) :: 3] if kind == "reject" else ()
        self.has.update(set(lines) - set(bad))
        del self.queue[: len(lines)]
        return WriteResult(len(lines) - len(bad), tuple(Rejected(line, REASON) for line in bad))


class Reader:
    """Commits runs as the real one does, but for those that fail; others go on meanwhile."""

    def __init__(self, machine: "Machine", failing: dict[int, str]) -> None:
        self._machine = machine
        self._failing = failing
        self.told = self

    async def confirmed(self, _runs: object) -> set[int]:
        """Ids of runs that webhooks told of: none did."""
        return set()

    async def read(self, run: Any, *, confirmed: bool) -> None:
        assert not confirmed
        for _ in range(run.id % 4):
            await asyncio.sleep(0)
        match self._failing.get(run.id):
            case "crash":
                raise Crash
            case "fail":
                raise RetriableError("GitHub is away")
        if self._machine.state.runs.get(1, run.id) is None:
            self._machine.commit(run.id, run.points, torn=self._failing.get(run.id) == "torn")


class Files:
    """A state in SQLite, and a new copy of its files after each crash."""

    def __init__(self) -> None:
        self._folder = Path(tempfile.mkdtemp())
        self._starts = 0
        self._place.mkdir()

    @property
    def url(self) -> str:
        return f"sqlite:///{self._place / 'state.sqlite'}"

    def crash(self) -> None:
        old = self._place
        self._starts += 1
        shutil.copytree(old, self._place)

    def remove(self) -> None:
        shutil.rmtree(self._folder)

    @property
    def _place(self) -> Path:
        return self._folder / str(self._starts)


class Server:
    """A state in a database of its own on PostgreSQL, which sees a crash as connections that end."""

    def __init__(self, postgres: Postgres) -> None:
        self._postgres = postgres
        self._name = postgres.database()
        self.url = postgres.url(self._name)

    def crash(self) -> None:
        self._postgres.cut(self._name)

    def remove(self) -> None:
        with self._postgres.connect() as connection:
            connection.execute(f'DROP DATABASE "{self._name}" WITH (FORCE)')


async def in_turn(_thread: SqlThread, function: Any, *args: Any, **kwargs: Any) -> Any:
    """SQL on the loop, between other tasks' steps: Hypothesis has to see the same order each time."""
    await asyncio.sleep(0)
    answer = function(*args, **kwargs)
    await asyncio.sleep(0)
    return answer


class Machine(RuleBasedStateMachine):
    """`windows` are the runs there are, by window; `committed` the ids of those that were committed."""

    def __init__(self, place: Files | Server) -> None:
        super().__init__()
        self._place = place
        structlog.configure(processors=[lambda *_: (_ for _ in ()).throw(structlog.DropEvent)])
        self.store = Store()
        self.windows: list[list[SimpleNamespace]] = []
        self.committed: set[int] = set()
        self.lines: set[bytes] = set()
        self._patches: list[Any] = [
            patch("etl.pipeline.delivery._BATCH", BATCH),
            patch.object(SqlThread, "call", in_turn),
        ]
        for one in self._patches:
            one.start()

    def teardown(self) -> None:
        try:
            self._all_heals()
        finally:
            self._clean_up()

    def _clean_up(self) -> None:
        self.state.close()
        for one in self._patches:
            one.stop()
        structlog.reset_defaults()
        self._place.remove()

    @initialize()
    def begin(self) -> None:
        self._open()
        self.state.commit_repository(KnownRepository(1, NAME, NAME, "main", ()), ())

    @rule(sizes=SIZES, data=st.data())
    def sync(self, sizes: list[list[int]], data: st.DataObject) -> None:
        """New windows, each with runs of so many points; some runs fail."""
        for window in sizes:
            first = 1 + sum(map(len, self.windows))
            self.windows.append(
                [SimpleNamespace(id=first + index, points=points) for index, points in enumerate(window)]
            )
        start = (self.state.repositories.get(NAME) or self._fail()).cursor or 0
        windows = [
            Window(index * WINDOW_S, (index + 1) * WINDOW_S - 1)
            for index in range(start // WINDOW_S, len(self.windows))
        ]
        runs = [run.id for window in windows for run in self._runs(window)]
        failing = data.draw(
            st.dictionaries(st.sampled_from(runs), st.sampled_from(["fail", "crash", "torn"]), max_size=2)
            if runs
            else st.just({})
        )
        self._go(self._sweep(windows, failing))

    @rule(script=st.lists(st.tuples(TURNS, st.integers(0, 3 * BATCH)), min_size=1))
    def deliver(self, script: list[tuple[str, int]]) -> None:
        """What waits is delivered to a store that does so with the next writes, and then accepts."""
        self.store.script = script
        self._go(self.delivery.drain())

    @rule()
    def crash(self) -> None:
        """The process is killed between two steps."""
        self._crash()

    def _all_heals(self) -> None:
        """Without faults everything is read and everything leaves the outbox."""
        self.store.script = []
        windows = [Window(index * WINDOW_S, (index + 1) * WINDOW_S - 1) for index in range(len(self.windows))]
        self._go(self._sweep(windows, {}))
        # Without patience a busy machine is taken for a store that does not answer.
        store: Any = self.store
        self._go(Delivery(self.state, store, patience=None).drain())
        assert self.committed == {run.id for window in self.windows for run in window}
        assert self.state.outbox.backlog().points == 0

    @invariant()
    def nothing_is_lost_and_nothing_made_up(self) -> None:
        """Every committed point is delivered, waits, or is a dead letter with its reason, once."""
        waiting = [line for entry in self.state.outbox.oldest(10**6) for line in entry.lines]
        dead = self._dead_letters()
        assert set(Counter(waiting).values()) <= {1}
        assert set(Counter(dead).values()) <= {1}
        assert not set(dead) & set(waiting)
        assert self.store.has | set(waiting) | set(dead) == self.lines
        # What left the outbox without a reason is in the store.
        assert self.lines - set(waiting) - set(dead) <= self.store.has
        self.store.queue = waiting

    @invariant()
    def the_cursor_passes_nothing(self) -> None:
        """All runs of the windows before the cursor are committed, with their points."""
        known = self.state.repositories.get(NAME)
        passed = self.windows[: ((known and known.cursor) or 0) // WINDOW_S]
        assert {run.id for window in passed for run in window} <= self.committed
        for window in self.windows:
            for run in window:
                assert (self.state.runs.get(1, run.id) is not None) == (run.id in self.committed)

    def commit(self, number: int, points: int, *, torn: bool) -> None:
        """Commit a run with its points; `torn`: killed in the middle of the transaction."""

        def crash() -> Any:
            raise Crash
            yield

        run = KnownRun(number, 0, 1, "", COMPLETED, 1, "CI", "main", frozenset())
        lines = [b"run %d point %d" % (number, index) for index in range(points)]
        repository = self.state.repositories.get(NAME) or self._fail()
        self.state.commit_run(repository, run, lines, seen=crash() if torn else ())
        self.committed.add(number)
        self.lines.update(lines)
        self.store.queue += lines

    async def _sweep(self, windows: Sequence[Window], failing: dict[int, str]) -> None:
        state = self.state
        session: Any = SimpleNamespace(
            repository=state.repositories.get(NAME),
            state=state,
            source=SimpleNamespace(runs=self._list),
            anomalies=Anomalies(),
        )
        reader: Any = Reader(self, failing)
        known = state.repositories.get(NAME) or self._fail()

        async def move(window: Window) -> None:
            now = state.repositories.get(NAME) or self._fail()
            if (now.cursor or 0) <= window.stop:
                state.repositories.move_cursor(known, now.cursor, window.stop + 1)

        await scan_windows(
            session,
            reader,
            windows,
            done=move,
        )

    async def _list(self, window: Window, _workflows: object, **_: object) -> WindowListing:
        return WindowListing(runs={run.id: run for run in self._runs(window)})

    def _runs(self, window: Window) -> list[Any]:
        return self.windows[window.start // WINDOW_S]

    def _go(self, work: Any) -> None:
        try:
            asyncio.run(work)
        except RetriableError:
            pass
        except Crash:
            self._crash()

    def _crash(self) -> None:
        """Leave everything as it lies, and go on with what a new process finds."""
        state = self.state
        self._place.crash()
        state.close()
        self._open()

    def _open(self) -> None:
        self.state = State(self._place.url)
        store: Any = self.store
        self.delivery = Delivery(self.state, store, patience=0.0)

    def _dead_letters(self) -> list[bytes]:
        with self.state.outbox._engine.connect() as connection:
            found = connection.execute(select(tables.dead_letters.c.line, tables.dead_letters.c.reason)).all()
        assert {row.reason for row in found} <= {REASON}
        return [row.line for row in found]

    @staticmethod
    def _fail() -> Any:
        raise AssertionError("the repository is unknown")


def runs(examples: int) -> settings:
    more = 20 if FULL else 1
    return settings(max_examples=more * examples, stateful_step_count=30, deadline=None)


def test_the_model_holds_on_sqlite() -> None:
    made: Any = lambda: Machine(Files())  # noqa: E731
    run_state_machine_as_test(made, settings=runs(12))


def test_the_model_holds_on_postgresql(postgres: Postgres) -> None:
    made: Any = lambda: Machine(Server(postgres))  # noqa: E731
    run_state_machine_as_test(made, settings=runs(5))
