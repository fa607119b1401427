"""The queue by itself: its tables, and who gets which job."""

import asyncio
from datetime import UTC, datetime
from typing import Any

import pytest
from procrastinate.jobs import Job
from sqlalchemy import URL, make_url

from etl.errors import ConfigurationError
from etl.workers.queue import SYNC, Pace, Queue, open_queue
from etl.workers.schema import _text, migrations
from tests.postgres import PASSWORD, Postgres

PACE = Pace(limit=60.0, tick=60, stalled=30.0)
NEWER = "INSERT INTO queue_migrations VALUES ('99.00.00_01_pre_x.sql')"
EMPTY = "CREATE TABLE queue_migrations (name text PRIMARY KEY, applied_at timestamptz DEFAULT now())"


async def fetched(queue: Queue, worker: int) -> Job | None:
    return await queue.app.job_manager.fetch_job([SYNC], worker)


async def worker_of(queue: Queue) -> int:
    return await queue.app.job_manager.register_worker()


def jobs(postgres: Postgres, url: str) -> list[Any]:
    with postgres.connect(url.rsplit("/", 1)[1]) as connection:
        return connection.execute("SELECT lock, status::text FROM procrastinate_jobs ORDER BY id").fetchall()


async def test_what_waits_is_asked_for_once(postgres: Postgres, postgres_url: str) -> None:
    async with open_queue(postgres_url, PACE) as queue:
        await queue.ask(["acme/a", "acme/b"])
        await queue.ask(["acme/b", "acme/c"])
    assert jobs(postgres, postgres_url) == [(name, "todo") for name in ("acme/a", "acme/b", "acme/c")]


async def test_a_repository_is_one_workers_at_a_time(postgres_url: str) -> None:
    async with open_queue(postgres_url, PACE) as queue:
        first, second = await worker_of(queue), await worker_of(queue)
        await queue.ask(["acme/a"])
        assert await fetched(queue, first)
        await queue.ask(["acme/a"])
        assert await fetched(queue, second) is None


async def test_the_job_of_a_worker_that_is_gone_ends_and_another_takes_its_place(
    postgres: Postgres, postgres_url: str
) -> None:
    async with open_queue(postgres_url, PACE) as queue:
        gone, there = await worker_of(queue), await worker_of(queue)
        await queue.ask(["acme/a"])
        lost = await fetched(queue, gone)
        assert lost
        await queue.rescue()
        assert jobs(postgres, postgres_url) == [("acme/a", "doing")]
        with postgres.connect(postgres_url.rsplit("/", 1)[1]) as connection:
            connection.execute(
                "UPDATE procrastinate_workers SET last_heartbeat = now() - interval '1 min' WHERE id = %s",
                [gone],
            )
        await asyncio.gather(queue.rescue(), queue.rescue())
        assert jobs(postgres, postgres_url) == [("acme/a", "aborted"), ("acme/a", "todo")]
        taken = await fetched(queue, there)
        assert taken
        # It comes back after all: the other's job stays as it is.
        await queue.app.job_manager.retry_job(lost)
        assert jobs(postgres, postgres_url) == [("acme/a", "aborted"), ("acme/a", "doing")]


async def test_a_task_that_takes_too_long_is_given_to_others(postgres: Postgres, postgres_url: str) -> None:
    async with open_queue(postgres_url, PACE) as queue:
        await queue.ask(["acme/a"])
        assert await fetched(queue, await worker_of(queue))
        for seconds, expected in (
            (80, [("acme/a", "doing")]),
            (20, [("acme/a", "aborted"), ("acme/a", "todo")]),
        ):
            with postgres.connect(postgres_url.rsplit("/", 1)[1]) as connection:
                connection.execute(
                    "UPDATE procrastinate_events SET at = at - make_interval(secs => %s)", [seconds]
                )
            await queue.rescue()
            assert jobs(postgres, postgres_url) == expected


async def test_many_may_make_the_tables_at_once(postgres_url: str) -> None:
    async def opened() -> None:
        async with open_queue(postgres_url, PACE) as queue:
            await queue.ask(["acme/a"])

    await asyncio.gather(*(opened() for _ in range(5)))


async def test_tables_of_an_older_procrastinate_are_brought_up_to_date(
    postgres: Postgres, postgres_url: str
) -> None:
    first = migrations()[0]
    with postgres.connect(postgres_url.rsplit("/", 1)[1]) as connection:
        connection.execute(_text(f"migrations/{first}"))
        connection.execute(EMPTY)
        connection.execute("INSERT INTO queue_migrations (name) VALUES (%s)", [first])
    async with open_queue(postgres_url, PACE) as queue:
        await queue.ask(["acme/a"])
        assert await fetched(queue, await worker_of(queue))


@pytest.mark.parametrize(
    ("before", "sentence"),
    [
        (f"{EMPTY}; {NEWER}", r"99\.00\.00.*install the version"),
        (_text("schema.sql"), "a database of its own"),
    ],
)
async def test_tables_of_others_are_refused(
    postgres: Postgres, postgres_url: str, before: Any, sentence: str
) -> None:
    with postgres.connect(postgres_url.rsplit("/", 1)[1]) as connection:
        connection.execute(before)
    with pytest.raises(ConfigurationError, match=sentence):
        async with open_queue(postgres_url, PACE):
            pass


async def test_where_it_is_shows_no_password_wherever_that_stands(postgres: Postgres) -> None:
    given = make_url(postgres.url(postgres.database()))
    bare = URL.create(given.drivername, given.username, None, given.host, given.port, given.database)
    async with open_queue(str(bare.update_query_dict({"password": PASSWORD})), PACE) as queue:
        assert queue.where == str(bare)


async def test_a_job_that_is_handed_back_while_the_next_waits_leaves_it_to_that_one(
    postgres: Postgres, postgres_url: str
) -> None:
    async with open_queue(postgres_url, PACE) as queue:
        first, second = await worker_of(queue), await worker_of(queue)
        await queue.ask(["acme/a"])
        failed = await fetched(queue, first)
        assert failed
        await queue.ask(["acme/a"])
        await queue.app.job_manager.retry_job(failed, datetime.now(UTC))
        assert jobs(postgres, postgres_url) == [("acme/a", "aborted"), ("acme/a", "todo")]
        assert await fetched(queue, second)
