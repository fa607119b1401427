"""Runs that webhooks told of: what is not asked for again, and what is when not all was delivered."""

from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web

from etl.demo.history import Annotation, Artifact, Inheritance, Run
from etl.demo.webhooks import Hook, hooks
from etl.extract.github.kinds import kind_of
from tests.pipeline.test_open_pieces import REPORT
from tests.pipeline.test_told_model import watching
from tests.pipeline.world import DAY, HOUR, NOON, World, attempt, faults, inherited, job, run, simulated


def green(began: int = NOON + 60, jobs: int = 3) -> Run:
    """A run of so many jobs, of which the first has a report; it ends within two minutes."""
    made = [job(f"unit ({number})", began + 5 + number, 60) for number in range(jobs)]
    made[0] = replace(made[0], artifacts=(Artifact(made[0].id, "junit-unit", began + 50, REPORT),))
    return run(began, attempt(began, *made))


def counted(world: World) -> Counter[str]:
    """Requests that count, by kind; then they are forgotten."""
    requests = [one for one in world.github.log.requests if one.status != 304]
    world.github.log.clear()
    return Counter(kind_of(one.path) for one in requests)


def told(world: World, *, but: Callable[[Hook], bool] = lambda _hook: False) -> list[Hook]:
    """What GitHub delivers up to now."""
    return [hook for hook in hooks(world.github, NOON, world.clock()) if not but(hook)]


def is_of(name: str) -> Callable[[Hook], bool]:
    return lambda hook: hook.payload.get("workflow_job", {}).get("name") == name


async def are_those_of_polling(world: World) -> None:
    await world.sync_well("fresh", since="5d")
    fresh = world.all_points("fresh")
    for name, points in world.all_points().items():
        assert points == fresh[name], name


async def test_what_was_delivered_whole_is_not_asked_for_again(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        async with watching(world) as process:
            await process.sync()
            world.add(green(), green(NOON + 70))
            world.clock.advance(300)
            counted(world)
            await process.get(*told(world))
            assert counted(world) == {}
            assert len(process.unconfirmed()) == 2
        assert len(world.points("job")) == 6
        assert world.points("test") == []
        world.clock.advance(HOUR)
        async with watching(world) as process:
            await process.sync()
            assert process.unconfirmed() == set()
        # A page of runs, one question for both runs; a page of artifacts and two reports.
        assert counted(world) == {"runs": 1, "jobs": 1, "artifacts": 3}
        await are_those_of_polling(world)
        assert len(world.points("test")) > 0


async def test_a_job_whose_delivery_was_lost_is_read_with_the_next_sync(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        made = green()
        async with watching(world) as process:
            await process.sync()
            world.add(made)
            world.clock.advance(300)
            # The last one that ends: without it, the run seems to be shorter.
            await process.get(*told(world, but=is_of("unit (2)")))
        assert len(world.points("job")) == 2
        counted(world)
        async with watching(world) as process:
            await process.sync()
        assert counted(world)["jobs"] == 2
        await are_those_of_polling(world)
        assert len(world.points("job")) == 3
        assert len(world.points("workflow_run")) == 1


async def test_a_job_that_is_told_of_after_its_run_is_stored_at_once(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        async with watching(world) as process:
            await process.sync()
            world.add(green())
            world.clock.advance(300)
            late = [hook for hook in told(world) if is_of("unit (2)")(hook)]
            await process.get(*told(world, but=is_of("unit (2)")))
            counted(world)
            await process.get(*late)
            assert counted(world) == {}
        assert len(world.points("job")) == 3
        assert len(world.points("workflow_run")) == 1
        async with watching(world) as process:
            await process.sync()
        await are_those_of_polling(world)


async def test_of_a_red_run_all_but_the_run_itself_is_asked_for(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, watching(world) as process:
        await process.sync()
        red = job("unit", NOON + 65, 60, "failure", annotations=(Annotation("it broke"),))
        world.add(run(NOON + 60, attempt(NOON + 60, red, job("lint", NOON + 65))))
        world.clock.advance(300)
        counted(world)
        await process.get(*told(world))
        assert counted(world) == {"jobs": 1, "annotations": 1, "logs": 1, "artifacts": 1}
        assert process.unconfirmed() == set()
        await are_those_of_polling(world)


async def test_of_re_runs_the_jobs_are_listed(tmp_path: Path) -> None:
    """They inherit jobs, of which no delivery tells."""
    async with simulated(tmp_path) as world, watching(world) as process:
        await process.sync()
        first = [job("unit", NOON + 65), job("lint", NOON + 65)]
        kept = inherited(first[0], Inheritance.KEEP, NOON + 200)
        again = attempt(NOON + 200, kept, job("lint", NOON + 205))
        world.add(run(NOON + 60, attempt(NOON + 60, *first), again))
        world.clock.advance(150)
        await process.get(*told(world))
        counted(world)
        since = world.clock.now
        world.clock.advance(300)
        await process.get(*hooks(world.github, since, world.clock()))
        # Of both attempts; which run it is, the delivery tells.
        assert counted(world)["jobs"] == 2
        assert process.unconfirmed() == set()
        await are_those_of_polling(world)


async def test_a_re_run_that_began_before_the_sync_loses_nothing_of_the_first_attempt(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, watching(world) as process:
        await process.sync()
        made = green()
        again = attempt(
            NOON + 400, *(replace(job(one.name, NOON + 405, 60)) for one in made.attempts[0].jobs)
        )
        world.add(replace(made, attempts=(*made.attempts, again)))
        world.clock.advance(300)
        await process.get(*told(world, but=is_of("unit (2)")))
        world.clock.now = NOON + 430
        await process.sync()
        assert process.unconfirmed() == set()
        assert len(world.points("job")) >= 3
        world.clock.advance(HOUR)
        await process.sync()
        await are_those_of_polling(world)


def answered(status: int, content: Any) -> faults.Respond:
    async def respond(_request: web.Request, _go_on: Any) -> web.StreamResponse:
        return web.json_response(content, status=status)

    return respond


REFUSALS = {
    "no permission": answered(200, {"data": None, "errors": [{"type": "FORBIDDEN", "message": "no checks"}]}),
    "403": answered(403, {"message": "Resource not accessible by personal access token"}),
    "404": faults.status(404),
    "502": faults.status(502),
    "nulls": answered(200, {"data": {"nodes": [None, None]}}),
    "no data": answered(200, {"data": {}}),
    "a list": answered(200, []),
    "rate limit": answered(200, {"errors": [{"type": "RATE_LIMITED", "message": "API rate limit exceeded"}]}),
}


@pytest.mark.parametrize("refusal", REFUSALS)
async def test_where_github_does_not_say_how_many_jobs_there_are_they_are_listed(
    tmp_path: Path, refusal: str
) -> None:
    async with simulated(tmp_path) as world:
        async with watching(world, github={"retries": 0}) as process:
            await process.sync()
            world.add(green(), green(NOON + 70))
            world.clock.advance(300)
            await process.get(*told(world, but=is_of("unit (1)")))
            world.github.faults.add("/graphql", REFUSALS[refusal], times=None)
            counted(world)
            summary = await process.sync()
            assert counted(world)["jobs"] == 3
            assert process.unconfirmed() == set()
            # A null says of one suite that it is not there; the others are refusals.
            assert summary.anomalies_by_kind.get("jobs unconfirmed", 0) == (
                0 if refusal in ("nulls", "no data") else 1
            )
        await are_those_of_polling(world)


async def test_a_run_whose_jobs_cannot_be_listed_either_stays_until_they_can(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, watching(world, github={"retries": 0}) as process:
        await process.sync()
        world.add(green())
        world.clock.advance(300)
        await process.get(*told(world, but=is_of("unit (2)")))
        world.github.faults.add("/graphql", faults.status(502), times=None)
        world.github.faults.add("/jobs", faults.status(404), times=None)
        await process.sync()
        assert len(process.unconfirmed()) == 1
        assert len(world.points("job")) == 2
        world.github.faults.clear()
        world.clock.advance(HOUR)
        await process.sync()
        assert process.unconfirmed() == set()
        await are_those_of_polling(world)
        assert len(world.points("workflow_run")) == 1


async def test_runs_of_more_jobs_than_github_lists_at_once_are_asked_for(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, watching(world) as process:
        await process.sync()
        world.add(green(jobs=101))
        world.clock.advance(600)
        counted(world)
        await process.get(*told(world))
        assert counted(world)["jobs"] == 2
        assert process.unconfirmed() == set()
        await are_those_of_polling(world)


async def test_a_job_that_is_not_told_of_whole_is_asked_for(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, watching(world) as process:
        await process.sync()
        world.add(green())
        world.clock.advance(300)
        deliveries = told(world)
        for hook in deliveries:
            if hook.event == "workflow_job":
                # Its last step goes on.
                step = {"name": "Post", "number": 9, "status": "in_progress", "started_at": None}
                hook.payload["workflow_job"]["steps"] = [step | {"conclusion": None, "completed_at": None}]
        counted(world)
        await process.get(*deliveries)
        assert counted(world)["jobs"] == 1
        await are_those_of_polling(world)


async def test_replays_ask_for_nothing_and_change_nothing(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, watching(world) as process:
        await process.sync()
        world.add(green())
        world.clock.advance(300)
        deliveries = told(world)
        await process.get(*deliveries)
        await process.sync()
        counted(world)
        # GitHub's button makes deliveries of other ids.
        await process.get(*(Hook(hook.event, hook.payload) for hook in deliveries))
        assert counted(world) == {}
        await are_those_of_polling(world)


async def test_payloads_are_deleted_once_their_runs_are_read(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, watching(world) as process:
        await process.sync()
        made = green()
        world.add(made)
        world.clock.advance(300)
        await process.get(*told(world))
        state = process._pipeline.state
        assert len(state.payloads.jobs(world.repository.full_name, made.id)) == 3
        await process.sync()
        assert state.payloads.jobs(world.repository.full_name, made.id) == []
        # Of a run of which no delivery told that it has ended.
        await process.get(*(hook for hook in told(world) if is_of("unit (0)")(hook)))
        world.clock.advance(4 * DAY)
        await process.sync()
        assert state.payloads.jobs(world.repository.full_name, made.id) == []
