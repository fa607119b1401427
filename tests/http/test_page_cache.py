"""Which pages are kept, for how long, and who waits for one."""

import asyncio
import gzip
from collections.abc import Callable
from random import Random

import pytest
from structlog.testing import capture_logs

from etl.errors import RetriableError
from etl.http.page_cache import PageCache

REFRESH_S, HOUR_S = 300.0, 3_600.0


class Making:
    """Makes pages whose text says how many were made; `hold` keeps them, `error` is raised instead."""

    def __init__(self, most: int = 4, most_bytes: int = 1 << 20) -> None:
        self.now = 0.0
        self.cache = PageCache(REFRESH_S, most=most, most_bytes=most_bytes, clock=lambda: self.now)
        self.made = self.at_once = self.most_at_once = 0
        self.free = asyncio.Event()
        self.free.set()
        self.error: Exception | None = None
        self.write: Callable[[], str] = lambda: str(self.made)

    async def __call__(self) -> str:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        try:
            await self.free.wait()
            if self.error is not None:
                raise self.error
            self.made += 1
            return self.write()
        finally:
            self.at_once -= 1

    async def get(self, key: str) -> str:
        return gzip.decompress((await self.cache.get(key, self)).packed).decode()

    async def until_made(self, number: int) -> None:
        while self.made < number or self.cache._making:  # noqa: ASYNC110
            await asyncio.sleep(0)


async def test_an_older_page_is_served_while_a_new_one_is_made() -> None:
    make = Making()
    assert [await make.get("a") for _ in range(3)] == ["1", "1", "1"]
    make.now = REFRESH_S
    make.free.clear()
    assert [await make.get("a") for _ in range(3)] == ["1", "1", "1"]
    make.free.set()
    await make.until_made(2)
    assert await make.get("a") == "2"
    page = await make.cache.get("a", make)
    assert make.cache.max_age(page) == REFRESH_S
    make.now += 2 * REFRESH_S
    assert make.cache.max_age(page) == 0


async def test_a_page_that_is_hours_old_is_waited_for_unless_it_is_made_ahead() -> None:
    make = Making()
    await make.get("a")
    await make.cache.make_ahead("b", make)
    make.now = HOUR_S
    assert await make.get("a") == "3"
    make.free.clear()
    assert await make.get("b") == "2"
    make.free.set()


@pytest.mark.parametrize("error", [RetriableError("the store is away"), ValueError("a defect")])
async def test_if_none_can_be_made_the_old_one_is_served_and_that_is_logged_once(error: Exception) -> None:
    make = Making()
    await make.get("a")
    make.error, make.now = error, 5 * HOUR_S
    with capture_logs() as logs:
        assert [await make.get("a") for _ in range(3)] == ["1", "1", "1"]
        with pytest.raises(type(error), match=str(error)):
            await make.get("b")
    assert [str(error) in entry["reason"] for entry in logs] == [True]
    make.error = None
    assert await make.get("a") == "2"


async def test_one_is_made_at_a_time_and_so_many_wait_but_who_can_get_an_old_one_gets_it() -> None:
    make = Making(most=4)
    await make.get("a")
    await make.cache.make_ahead("ahead", make)
    make.now = HOUR_S
    make.free.clear()
    waiting = [asyncio.create_task(make.get(key)) for key in "bcde"]
    await asyncio.sleep(0)
    with pytest.raises(RetriableError, match="too many pages"):
        await make.get("f")
    assert await make.get("a") == "1"
    assert await make.get("ahead") == "2"
    making_ahead = asyncio.create_task(make.cache.make_ahead("ahead", make))
    make.free.set()
    assert await asyncio.gather(*waiting) == ["3", "4", "5", "6"]
    await making_ahead
    assert make.most_at_once == 1
    assert await make.get("ahead") == str(make.made)


async def test_a_client_that_leaves_does_not_take_the_page_from_others() -> None:
    make = Making()
    make.free.clear()
    leaving, staying = (asyncio.create_task(make.get("a")) for _ in range(2))
    await asyncio.sleep(0)
    leaving.cancel()
    make.free.set()
    assert await staying == "1"


async def test_what_is_kept_is_bounded_in_number() -> None:
    make = Making(most=3)
    await make.cache.make_ahead("ahead", make)
    for key in "abc":
        await make.get(key)
    await make.get("b")
    await make.get("d")
    made = make.made
    assert [await make.get(key) for key in ("ahead", "b", "d")] == ["1", "3", "5"]
    assert make.made == made
    assert await make.get("c") == "6"


async def test_what_is_kept_is_bounded_in_bytes() -> None:
    random = Random(1)  # noqa: S311
    make = Making(most=100, most_bytes=20_000)
    make.write = lambda: random.randbytes(3_000).hex()
    for number in range(30):
        await make.get(str(number))
        assert make.cache.bytes <= 20_000
    assert make.cache.bytes > 10_000
    make.write = lambda: random.randbytes(30_000).hex()
    with capture_logs() as logs:
        for _ in range(2):
            assert len(await make.get("large")) == 60_000
    assert make.cache.bytes <= 20_000
    assert [entry["event"] for entry in logs] == [
        "a page is too large to be kept and is made at each request"
    ]


async def test_closing_ends_what_is_being_made() -> None:
    make = Making()
    make.free.clear()
    waiting = asyncio.create_task(make.get("a"))
    await asyncio.sleep(0)
    await make.cache.close()
    assert (await asyncio.wait([waiting]))[0] == {waiting}
    assert waiting.cancelled()
    assert make.at_once == 0
