"""Webhooks, sent by a simulated GitHub to a real server: what is kept, what is refused, what is read."""

import random
import time
from collections.abc import Mapping
from dataclasses import replace
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from etl.demo.history import Log
from etl.demo.webhooks import Hook, hooks, send
from etl.pipeline import webhooks
from etl.service.scheduler import Scheduler
from tests.http.serving import Served, served, until
from tests.http.test_ci_metrics import scraped
from tests.pipeline.world import (
    CI,
    DAY,
    HOUR,
    NAME,
    NOON,
    Repository,
    World,
    attempt,
    faults,
    job,
    run,
    simulated,
)

SECRET = "a-secret-of-a-test"
ON = {"webhooks": {"secret": SECRET}}
PATH = "/webhooks/github"


async def sent(service: Served, *deliveries: Hook, secret: str = SECRET) -> list[int]:
    return [await send(service.session, service.url + PATH, secret, hook) for hook in deliveries]


def waiting(service: Served) -> list[Any]:
    return service.pipeline.state.deliveries.waiting()


def has_asked(world: World, times: int) -> bool:
    return len(world.github.log.paths("/logs")) >= times


async def until_read(service: Served) -> None:
    await until(lambda: not waiting(service))
    await service.until_delivered()


def ended(repository: dict[str, Any] | None = None, **more: Any) -> Hook:
    run_of = {"id": 5} | more
    known = {"id": 42, "full_name": NAME} if repository is None else repository
    return Hook("workflow_run", {"action": "completed", "workflow_run": run_of, "repository": known})


def later(world: World) -> list[Hook]:
    """Let three runs come and end after a sync; what GitHub tells of them."""
    for minutes in (5, 20, 35):
        created = NOON + 60 * minutes
        jobs = [job(f"unit ({number})", created + 10, 60 + number) for number in range(3)]
        world.add(run(created, attempt(created, *jobs)))
    again = NOON + 40 * 60
    failed = job("e2e", NOON + 60, 90, "failure")
    world.add(run(NOON + 50, attempt(NOON + 50, failed), attempt(again, job("e2e", again + 5, 100))))
    world.clock.advance(HOUR)
    return hooks(world.github, NOON, NOON + HOUR)


async def test_runs_are_read_when_they_are_told_of_as_a_sync_would(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        world.add(run(NOON - HOUR, attempt(NOON - HOUR, job("unit", NOON - HOUR + 5))))
        async with served(world, http=ON, interval="1h") as service:
            await service.until_synced()
            deliveries = later(world)
            assert {hook.event for hook in deliveries} == {"workflow_run", "workflow_job"}
            # In disorder, many of them twice.
            mixed = deliveries + deliveries[::2]
            random.Random(1).shuffle(mixed)  # noqa: S311
            assert set(await sent(service, *mixed)) == {202}
            await until_read(service)
            told = await scraped(service)
            assert sum(e["event"] == "synced" for e in service.logs) == 1
        await world.sync_well("through")
        assert world.all_points() == world.all_points("through")
        assert len(world.points("workflow_run")) == 6
    completed = 5
    assert told["ci_health_webhooks_total", 'event="workflow_run",outcome="queued"'] == completed
    assert told["ci_health_webhooks_total", 'event="workflow_run",outcome="known"'] > 0
    assert told["ci_health_webhooks_total", 'event="workflow_job",outcome="kept"'] > 0
    assert told["ci_health_webhooks_waiting", ""] == 0


async def test_forms_are_read_as_json_is(tmp_path: Path) -> None:
    """A webhook's other content type; what it says has characters that a form escapes."""
    async with simulated(tmp_path) as world:
        async with served(world, http=ON, interval="1h") as service:
            await service.until_synced()
            told = [replace(hook, form=True) for hook in later(world)]
            ping = Hook("ping", {"zen": "100 % + more & größer"}, form=True)
            assert set(await sent(service, ping, *told)) == {202}
            await until_read(service)
        await world.sync_well("through")
        assert world.all_points() == world.all_points("through")
        assert len(world.points("workflow_run")) == 5


async def test_what_was_missed_the_next_sync_reads_and_replays_change_nothing(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        async with served(world, http=ON, interval="1h") as service:
            await service.until_synced()
            deliveries = later(world)
            await sent(service, *deliveries[::3])
            await until_read(service)
        before = len(world.points("job"))
        await world.sync_well()
        assert len(world.points("job")) > before
        async with served(world, http=ON, interval="1h") as service:
            await service.until_synced()
            replayed = [Hook(hook.event, hook.payload) for hook in deliveries]
            await sent(service, *deliveries, *replayed)
            await until_read(service)
        await world.sync_well("through")
        assert world.all_points() == world.all_points("through")


async def test_a_delivery_is_kept_before_the_answer_and_read_after_a_restart(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        async with served(world, http=ON, interval="1h") as service:
            await service.until_synced()
            deliveries = later(world)
            world.github.faults.add("/repos/", faults.status(404), times=None)
            await sent(service, *deliveries)
            assert len(waiting(service)) == 4
        world.github.faults.clear()
        world.github.log.clear()
        # It polls no sooner than the deliveries are read: this one never comes to sync.
        world.github.faults.add("created=", faults.status(502), times=None)
        async with served(world, http=ON, interval="1h", github={"retries": 0}) as service:
            await until_read(service)
        assert len(world.points("workflow_run")) == 5


async def test_a_run_whose_jobs_have_not_all_ended_goes_on_waiting(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        async with served(world, http=ON, interval="1h") as service:
            await service.until_synced()
            deliveries = later(world)
            unfinished = faults.changed(
                lambda data: data | {"jobs": [item | {"status": "in_progress"} for item in data["jobs"]]}
            )
            world.github.faults.add("/jobs", unfinished, times=None)
            whole = [hook for hook in deliveries if hook.event == "workflow_run"]
            await sent(service, *whole)
            await until(lambda: any(e["event"].startswith("read what webhooks") for e in service.logs))
            assert len(waiting(service)) == 4
            world.github.faults.clear()
            # A job that ends is news to a run that waits for it.
            jobs = [hook for hook in deliveries if hook.event == "workflow_job"]
            await sent(service, *jobs)
            await until_read(service)
        await world.sync_well("through")
        assert world.all_points() == world.all_points("through")


async def test_runs_that_no_sync_would_look_at_are_left_alone(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        old = run(NOON - 3 * DAY, attempt(NOON - 3 * DAY, job("unit", NOON - 3 * DAY + 5)))
        world.add(old)
        async with served(world, http=ON, interval="1h") as service:
            await service.until_synced()
            await sent(service, ended(id=old.id), ended(id=999_999))
            await until_read(service)
        assert world.points("workflow_run") == []


async def test_a_repository_that_takes_long_keeps_no_other_one_waiting(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        created = NOON - HOUR
        quick = run(created, attempt(created, job("unit", created + 5)))
        world.github.history.repositories.append(Repository(50, "acme/quick", [CI], [quick]))
        async with served(world, http=ON, interval="1h", repositories=[NAME, "acme/quick"]) as service:
            await service.until_synced(2)
            told = later(world)
            async with service.pipeline.turns[NAME]:
                await sent(service, *told, ended({"id": 50, "full_name": "acme/quick"}, id=quick.id))
                await until(lambda: "acme/quick" not in {one.repository for one in waiting(service)})
                assert {one.repository for one in waiting(service)} == {NAME}
                # More comes while it is somebody else's turn.
                await sent(service, *(Hook(hook.event, hook.payload) for hook in told))
            await until_read(service)
        await world.sync_well("through")
        ours = [point for point in world.points("workflow_run") if point["repository"] == NAME]
        assert ours == world.points("workflow_run", "through")


async def test_what_cannot_be_read_is_logged_once(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(webhooks, "_AGAIN_S", 0.01)
    monkeypatch.setattr(webhooks, "_TOGETHER_S", 0.01)
    async with simulated(tmp_path) as world, served(world, http=ON, interval="1h") as service:
        await service.until_synced()
        world.github.faults.add("/repos/", faults.status(404), times=None)
        await sent(service, ended(id=7))
        reading = "read what webhooks told of"
        await until(lambda: sum(entry["event"] == reading for entry in service.logs) >= 3)
        told = [entry for entry in service.logs if "cannot be read yet" in entry["event"]]
        assert len(told) == 1
        assert "404" in told[0]["reason"]


async def test_a_log_that_is_late_is_asked_for_again_without_a_sync(tmp_path: Path, monkeypatch: Any) -> None:
    """GitHub tells of a job's end some seconds before its log is there."""
    monkeypatch.setattr(webhooks, "_AGAIN_S", 0.05)
    monkeypatch.setattr(webhooks, "_TOGETHER_S", 0.01)
    async with simulated(tmp_path) as world, served(world, http=ON, interval="1h") as service:
        await service.until_synced()
        created = world.clock()
        log = Log("--- FAIL: TestBasket (0.02s)\nFAIL\texample.com/shop\t0.3s", listed_at=int(created) + 70)
        red = job("unit", int(created) + 5, 20, "failure", log=log)
        made = run(int(created), attempt(int(created), red))
        world.add(made)
        world.clock.advance(30)
        await sent(service, ended(id=made.id))
        await until(lambda: len(world.github.log.paths("/logs")) >= 1)
        await service.until_delivered()
        assert world.points("failure") == []
        world.clock.advance(61)
        await until_read(service)
        assert [row["test"] for row in world.points("failure")] == ["TestBasket"]
        assert len(world.github.log.paths("/logs")) == 2
        assert sum(entry["event"] == "synced" for entry in service.logs) == 1


async def test_a_log_that_never_comes_is_logged_once_and_left_to_the_syncs(
    tmp_path: Path, monkeypatch: Any
) -> None:
    monkeypatch.setattr(webhooks, "_AGAIN_S", 0.05)
    monkeypatch.setattr(webhooks, "_TOGETHER_S", 0.01)
    async with simulated(tmp_path) as world, served(world, http=ON, interval="1h") as service:
        await service.until_synced()
        created = int(world.clock())
        red = job("unit", created + 5, 20, "failure", log=Log("x", listed_at=created + 90 * DAY))
        made = run(created, attempt(created, red))
        world.add(made)
        world.clock.advance(30)
        await sent(service, ended(id=made.id))
        for asked in range(1, 5):
            await until(partial(has_asked, world, asked))
            assert len(waiting(service)) == 1 or asked == 4
            world.clock.advance(HOUR)
        await until_read(service)
        assert len(world.github.log.paths("/logs")) == 4
        readings = [entry for entry in service.logs if entry["event"] == "read what webhooks told of"]
        assert sum(entry["anomalies"] for entry in readings) == 1


async def test_check_tells_when_the_last_one_arrived(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        told = {f.text: f.good for f in await world.findings(http=ON) if "webhook" in f.text}
        assert told == {"no webhook has arrived in the last days: GitHub's Recent Deliveries tell why": None}
        async with served(world, http=ON, interval="1h") as service:
            await service.until_synced()
            await sent(service, *later(world))
        told = {f.text: f.good for f in await world.findings(http=ON) if "webhook" in f.text}
        assert told == {"the last webhook arrived at 2026-03-02 13:00 UTC": True}
        assert [f for f in await world.findings() if "webhook" in f.text] == []


async def test_a_renamed_repository_is_known_by_its_id(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world, served(world, http=ON, interval="1h") as service:
        await service.until_synced()
        for known in ({"id": 42, "full_name": "acme/missile"}, {"id": 43, "full_name": NAME.upper()}):
            answer = await posted(service, ended(known))
            assert answer.json == {"status": "queued"}
        assert {one.repository for one in waiting(service)} <= {NAME}
        stranger = await posted(service, ended({"id": 44, "full_name": "evil/rocket"}))
        assert (stranger.status, stranger.json) == (202, {"status": "ignored"})


async def posted(service: Served, hook: Hook, **changed: str) -> Any:
    headers = hook.headers(SECRET) | {name.replace("_", "-"): text for name, text in changed.items()}
    headers = {name: text for name, text in headers.items() if text != "-"}
    return await service.ask("POST", PATH, data=hook.body, headers=headers)


async def test_while_they_arrive_there_is_no_polling(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    async with simulated(tmp_path) as world, served(world, http=ON, interval="1s") as service:
        assert isinstance(service.service._syncs, Scheduler)
        schedule = service.service._syncs._schedule
        plans: list[dict[str, bool]] = []
        due = schedule.due

        def seen(webhook_ages: Mapping[str, float | None], now: float) -> dict[str, bool]:
            plans.append(due(webhook_ages, now))
            return plans[-1]

        schedule.due = seen  # type: ignore[method-assign]
        await service.until_synced(2)
        await sent(service, *later(world))
        await until_read(service)
        plans.clear()
        # One more hour is over: this sweep is due, and then none.
        await until(lambda: plans[-2:] == [{}, {}])
        assert plans.count({NAME: False}) <= 1
        real = time.monotonic
        monkeypatch.setattr("etl.service.scheduler.monotonic", lambda: real() + HOUR)
        await until(lambda: {NAME: False} in plans)
