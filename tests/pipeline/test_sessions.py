"""A repository that fails, for whatever reason, must not fail the others or hide their summaries."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from etl.demo.history import History, Repository
from etl.errors import SupersededError
from etl.pipeline import backfill as backfill_module
from etl.pipeline import sync as sync_module
from etl.pipeline.backfill import Range
from etl.pipeline.run_once import backfill_and_deliver
from etl.pipeline.session import Session
from tests.pipeline.world import CI, NOON, World, attempt, job, run, simulated

BROKEN = "acme/broken"
REPOSITORIES = [BROKEN, "acme/one", "acme/two"]


@pytest.fixture
async def world(tmp_path: Path) -> AsyncIterator[World]:
    """Three repositories, each with one run."""
    repositories = [
        Repository(number, name, [CI], [run(NOON - 600, attempt(NOON - 600, job("unit", NOON - 600)))])
        for number, name in enumerate(REPOSITORIES, start=1)
    ]
    async with simulated(tmp_path, History(repositories)) as made:
        yield made


def failing_for_one(monkeypatch: pytest.MonkeyPatch, module: object, name: str, error: Exception) -> None:
    """Let the reading of one repository raise."""
    real = getattr(module, name)

    async def read(*args: object, **more: object) -> None:
        session = next(arg for arg in args if isinstance(arg, Session))
        if session.repository.name == BROKEN:
            raise error
        await real(*args, **more)

    monkeypatch.setattr(module, name, read)


async def test_another_process_takes_over_one_repository(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_for_one(monkeypatch, sync_module, "_read_new", SupersededError("another process works on it"))
    summaries = await world.sync(repositories=REPOSITORIES)
    assert [(s.repository, s.jobs, s.error) for s in summaries] == [
        (BROKEN, 0, "another process works on it"),
        ("acme/one", 1, None),
        ("acme/two", 1, None),
    ]
    assert summaries[0].superseded
    # Whoever took over tells how its sync went.
    assert {point["repository"] for point in world.points("etl")} == {"acme/one", "acme/two"}


@pytest.mark.parametrize(
    "error", [SupersededError("another process works on it"), ZeroDivisionError("a bug")]
)
async def test_a_backfill_goes_on_with_the_next_repository(
    world: World, monkeypatch: pytest.MonkeyPatch, error: Exception
) -> None:
    failing_for_one(monkeypatch, backfill_module, "_read_range", error)
    async with world.pipeline(repositories=REPOSITORIES) as pipeline:
        summaries, _ = await backfill_and_deliver(pipeline, Range(NOON - 3_600), lambda *_: None)
    assert [(s.repository, s.jobs, str(error) in (s.error or "")) for s in summaries] == [
        (BROKEN, 0, True),
        ("acme/one", 1, False),
        ("acme/two", 1, False),
    ]


async def test_a_bug_in_one_sync_is_that_repositorys_error(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    failing_for_one(monkeypatch, sync_module, "_read_new", ZeroDivisionError("a bug"))
    summaries = await world.sync(repositories=REPOSITORIES)
    assert [s.error for s in summaries] == [
        "unexpected ZeroDivisionError: a bug (--debug shows where)",
        None,
        None,
    ]
