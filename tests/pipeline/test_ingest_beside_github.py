"""Ingested points beside those of GitHub: no sync, verification or backfill disturbs them, and they disturb none."""

from pathlib import Path

import pytest

from etl.pipeline.run_once import sync_and_deliver, verify_and_deliver
from etl.state.repositories import KnownRepository
from tests.pipeline.ingested import delivered, opened, outbox, report, told
from tests.pipeline.world import DAY, HOUR, NAME, NOON, World, attempt, job, run, simulated

AT = {"repository": NAME, "completed": str(NOON - HOUR), "attempt": "1"}
RED, GREEN = report("a", failing={"b": "boom"}), report("a", "b")


def with_runs(world: World) -> None:
    for hours in (2, 3, 20):
        created = NOON - hours * HOUR
        world.add(run(created, attempt(created, job("unit", created + 10))))


def ours(world: World) -> list[dict[str, object]]:
    return [point for point in world.points("job") if point["run_id"] < 0]


async def test_a_sync_commits_beside_it(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        with_runs(world)
        await world.sync_well()
        async with world.pipeline() as pipeline:
            state = pipeline.state
            before = state.repositories.get(NAME)
            assert before is not None
            session = state.repositories.begin_session(before)
            done = await told(pipeline, RED, **AT)
            # It superseded nobody, and moved no cursor.
            state.commit_tags(session, [])
            after = state.repositories.get(NAME)
            assert after is not None
            assert (after.turn, after.cursor, after.id) == (session.turn, before.cursor, 42)
            assert pipeline.repositories.ingested == ()
            assert done.repository == NAME
        await world.sync_well()
        assert len(ours(world)) == 1
        assert len(world.points("job")) == 4


async def test_verify_takes_none_for_deleted_at_github(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        with_runs(world)
        await world.sync_well()
        async with world.pipeline() as pipeline:
            await told(pipeline, RED, **AT)
            await told(pipeline, GREEN, **AT | {"attempt": "2"})
            (found,), _ = await verify_and_deliver(pipeline, NOON - DAY, most=500, repair=True)
        assert (found.error, found.missing, found.extra) == (None, [], [])
        assert found.jobs == 3
        assert len(ours(world)) == 2


async def test_replace_refuses_unless_it_is_forced(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        with_runs(world)
        await world.sync_well()
        async with world.pipeline() as pipeline:
            await told(pipeline, RED, **AT)
            await sync_and_deliver(pipeline)
        before = world.all_points()
        midnight = NOON - 12 * HOUR
        refused = await world.backfill(midnight - DAY, NOON, replace=True)
        assert "1 jobs of that time were ingested from other CIs ('nightly')" in (refused.error or "")
        assert world.all_points() == before
        # Where there are none, nothing keeps it from replacing.
        assert (await world.backfill(midnight - DAY, midnight, replace=True)).error is None
        assert world.all_points() == before
        forced = await world.backfill(midnight - DAY, NOON, replace=True, force=True)
        assert forced.error is None
        assert ours(world) == []
        assert len(world.points("job")) == 3
        async with world.pipeline() as pipeline:
            assert (await told(pipeline, RED, **AT)).status == "ingested"
            await sync_and_deliver(pipeline)
        assert world.all_points() == before


async def test_a_first_sync_takes_over_what_was_ingested(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        with_runs(world)
        async with opened(tmp_path / "data") as pipeline:
            await told(pipeline, RED, **AT)
            await delivered(pipeline)
        await world.sync_well()
        async with world.pipeline() as pipeline:
            assert pipeline.repositories.ingested == ()
            assert pipeline.state.repositories.ingested() == []
            assert (await told(pipeline, RED, **AT)).status == "known"
            await told(pipeline, GREEN, **AT | {"run": "513", "repository": NAME.upper()})
            await sync_and_deliver(pipeline)
        assert {point["evidence"] for point in world.points("flake")} == {"same_sha"}
        assert {point["repository"] for point in world.points("job")} == {NAME}


@pytest.mark.parametrize("repository", ["acme/gitlab", NAME])
async def test_nothing_that_is_only_ingested_is_asked_for_at_github(tmp_path: Path, repository: str) -> None:
    async with simulated(tmp_path) as world:
        async with opened(tmp_path / "data", world.clock) as pipeline:
            await told(pipeline, RED, **AT | {"repository": repository})
        app = {"app_id": 1, "private_key_file": str(tmp_path / "none.pem")}
        async with opened(tmp_path / "data", repositories=["acme/*"], github={"app": app}) as pipeline:
            # Names that an earlier process found: no sync asks for what GitHub may not even have.
            assert pipeline.repositories.known == ()
            assert pipeline.repositories.all == (repository,)


async def test_a_renamed_repository_is_the_one_that_is_configured(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        with_runs(world)
        await world.sync_well()
        world.repository.full_name, world.repository.former_names = "acme/missile", (NAME,)
        await world.sync_well()
        async with world.pipeline() as pipeline:
            one = await told(pipeline, RED, **AT)
            other = await told(pipeline, RED, **AT | {"repository": "Acme/Missile"})
        assert (one.repository, other.status, other.run_id) == (NAME, "known", one.run_id)


async def test_ids_of_github_and_others_never_meet(tmp_path: Path) -> None:
    async with opened(tmp_path) as pipeline:
        await told(pipeline, RED, **AT)
        known = pipeline.state.repositories.get(NAME)
        assert isinstance(known, KnownRepository)
        assert known.id < 0
        assert all(b"run_id=-" in line for line in outbox(pipeline) if line.startswith(b"job,"))
