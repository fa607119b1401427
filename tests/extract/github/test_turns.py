"""How many runs are read at once, by the requests that are left."""

import asyncio

import pytest

from etl.extract.github.turns import REQUESTS_OF_A_RUN, Turns


async def most_at_once(turns: Turns, number: int = 20) -> int:
    reading = most = 0

    async def read() -> None:
        nonlocal reading, most
        async with turns.turn():
            reading += 1
            most = max(most, reading)
            await asyncio.sleep(0)
            reading -= 1

    await asyncio.gather(*(read() for _ in range(number)))
    return most


@pytest.mark.parametrize(
    ("spare", "most"),
    [(None, 20), (-5, 1), (0, 1), (60, 1), (3 * REQUESTS_OF_A_RUN, 3), (100 * REQUESTS_OF_A_RUN, 20)],
)
async def test_as_many_as_the_limit_carries_to_their_end(spare: int | None, most: int) -> None:
    assert await most_at_once(Turns(lambda: spare)) == most


async def test_one_that_is_cancelled_or_fails_hands_its_turn_on() -> None:
    turns, free = Turns(lambda: 0), asyncio.Event()

    async def read() -> None:
        async with turns.turn():
            await free.wait()
            raise ValueError

    reading, waiting, cancelled = (asyncio.create_task(read()) for _ in range(3))
    await asyncio.sleep(0)
    for task in (reading, cancelled):
        task.cancel()
    free.set()
    with pytest.raises(ValueError):  # noqa: PT011
        await waiting
    assert await most_at_once(turns) == 1
