"""Runs SQL in one thread outside the event loop, one call after another.

The event loop must never wait for a database: it answers health checks, heartbeats and SIGTERM. A single
thread keeps the calls in the order in which they were made. It is a daemon thread, so that a server
that never answers cannot keep the process from exiting.
"""

import asyncio
import time
from collections.abc import Callable
from concurrent.futures import Future
from queue import SimpleQueue
from threading import Thread
from typing import Any, Final, ParamSpec, TypeVar

from etl.errors import RetriableError

_P = ParamSpec("_P")
_T = TypeVar("_T")

# Longer than the databases' own timeouts for locks and connections.
_MAX_CALL_S: Final = 120.0
_LAST_CALL_S: Final = 2.0


class SqlThread:
    """One thread for all SQL of a state; if a call takes longer than `max_call_s`, the thread is replaced."""

    def __init__(self, max_call_s: float = _MAX_CALL_S) -> None:
        self._max_call_s = max_call_s
        self._worker: _Worker | None = None

    async def call(self, function: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        """What the function returns or raises; RetriableError if the database does not answer.

        A call that is cancelled before it starts is never made; one that has started runs to its end.
        """
        if self._worker is None:
            self._worker = _Worker()
        worker = self._worker
        future = worker.submit(lambda: function(*args, **kwargs))
        answer = asyncio.wrap_future(future)
        try:
            while not (await asyncio.wait([answer], timeout=self._max_call_s))[0]:
                self._require_progress(worker)
        except BaseException:
            answer.cancel()
            raise
        return answer.result()

    def _require_progress(self, worker: "_Worker") -> None:
        if worker.busy_for() < self._max_call_s:
            return
        if self._worker is worker:
            self._worker = None
        raise RetriableError(
            f"the state gave no answer within {self._max_call_s:.0f} s: check that its server runs"
        )

    def close(self) -> bool:
        """End the thread; False if it is still waiting for an answer."""
        worker, self._worker = self._worker, None
        return worker is None or worker.end(_LAST_CALL_S)


class _Worker:
    """A thread and its queue of calls."""

    def __init__(self) -> None:
        self._calls: SimpleQueue[tuple[Future[Any], Callable[[], Any]] | None] = SimpleQueue()
        self._busy_since: float | None = None
        self._thread = Thread(target=self._run, name="sql", daemon=True)
        self._thread.start()

    def submit(self, work: Callable[[], _T]) -> "Future[_T]":
        """Queue a call."""
        future: Future[_T] = Future()
        self._calls.put((future, work))
        return future

    def busy_for(self) -> float:
        """Seconds for which the current call has been running."""
        since = self._busy_since
        return 0.0 if since is None else time.monotonic() - since

    def end(self, seconds: float) -> bool:
        """Let the thread end after the last call; whether it did so in time."""
        self._calls.put(None)
        self._thread.join(seconds)
        return not self._thread.is_alive()

    def _run(self) -> None:
        while (call := self._calls.get()) is not None:
            future, work = call
            if future.set_running_or_notify_cancel():
                self._busy_since = time.monotonic()
                try:
                    future.set_result(work())
                except BaseException as error:  # noqa: BLE001
                    # Passed to the caller; the thread also serves others.
                    future.set_exception(error)
                self._busy_since = None
            del call, future, work
