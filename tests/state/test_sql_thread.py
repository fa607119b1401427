"""SQL beside the event loop: in order, given up when cancelled, and never in the way of the end."""

import asyncio
import subprocess
import sys
import threading

import pytest

from etl.errors import RetriableError
from etl.state.sql_thread import SqlThread


@pytest.fixture
def thread():
    made = SqlThread()
    yield made
    made.close()


async def test_calls_are_made_in_order_beside_the_event_loop(thread: SqlThread) -> None:
    made: list[tuple[int, str]] = []

    def call(number: int) -> int:
        made.append((number, threading.current_thread().name))
        return number

    answers = await asyncio.gather(*(thread.call(call, number) for number in range(20)))
    assert answers == list(range(20))
    assert made == [(number, "sql") for number in range(20)]


async def test_what_a_call_raises_is_raised_where_it_was_made(thread: SqlThread) -> None:
    with pytest.raises(ZeroDivisionError):
        await thread.call(lambda: 1 / 0)
    assert await thread.call(lambda: "still at work") == "still at work"


async def test_the_loop_goes_on_and_a_cancelled_call_is_never_made(thread: SqlThread) -> None:
    release = threading.Event()
    made: list[str] = []
    blocked = asyncio.create_task(thread.call(release.wait))
    waiting = asyncio.create_task(thread.call(made.append, "made"))
    await asyncio.sleep(0)
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    release.set()
    assert await blocked
    await thread.call(made.append, "later")
    assert made == ["later"]


async def test_a_database_that_does_not_answer_is_given_up_and_others_go_on() -> None:
    thread, release = SqlThread(max_call_s=0.05), threading.Event()
    with pytest.raises(RetriableError, match="no answer within"):
        await thread.call(release.wait)
    assert await thread.call(lambda: "a new thread") == "a new thread"
    release.set()
    thread.close()


async def test_waiting_behind_others_is_no_time_out() -> None:
    """Only a call without an answer is given up, not those that are slow together."""
    thread, turn = SqlThread(max_call_s=0.2), threading.Event()
    calls = [asyncio.create_task(thread.call(turn.wait, 0.05)) for _ in range(10)]
    assert await asyncio.gather(*calls) == [False] * 10
    thread.close()


def test_a_call_without_an_answer_does_not_keep_the_process_from_ending() -> None:
    program = """
import asyncio, threading
from etl.state.sql_thread import SqlThread

async def main():
    thread = SqlThread()
    call = asyncio.create_task(thread.call(threading.Event().wait))
    await asyncio.sleep(0.05)
    call.cancel()
    print(thread.close())

asyncio.run(main())
"""
    ended = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert ended.stdout == "False\n"
