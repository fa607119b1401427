"""A machine's clock that is wrong, or jumps: what is read and what is kept goes by GitHub's time."""

from datetime import UTC, datetime
from email.utils import formatdate
from pathlib import Path
from time import tzset
from typing import Any

import pytest

from etl.model.clock import GitHubClock
from tests.pipeline.test_open_pieces import made_run
from tests.pipeline.world import DAY, HOUR, NAME, NOON, MovingClock, World, faults, simulated
from tests.selection import every_nth


def told(clock: GitHubClock, moment: float) -> None:
    clock.note(formatdate(moment, usegmt=True))


def test_until_github_tells_the_time_it_is_the_machines() -> None:
    assert GitHubClock(lambda: 5.0)() == 5.0


@pytest.mark.parametrize("ahead", [45.0 * DAY, -3.0 * HOUR, 61.0])
def test_the_machines_clock_is_corrected(ahead: float) -> None:
    own = MovingClock(NOON + ahead)
    clock = GitHubClock(own)
    told(clock, NOON)
    assert (clock(), clock.ahead) == (NOON, ahead)
    own.advance(100)
    assert clock() == NOON + 100


@pytest.mark.parametrize("off", [-4.0, 0.0, 4.0])
def test_seconds_on_the_way_are_no_difference(off: float) -> None:
    clock = GitHubClock(lambda: NOON + off)
    told(clock, NOON)
    assert (clock(), clock.ahead) == (NOON + off, 0.0)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Fri, 31 Dec 99999 23:59:59 GMT"])
def test_what_is_no_date_tells_nothing(date: str | None) -> None:
    clock = GitHubClock(lambda: NOON)
    clock.note(date)
    assert clock() == NOON


def test_one_answer_with_a_date_of_its_own_changes_nothing_and_two_that_agree_do() -> None:
    own = MovingClock(NOON)
    clock = GitHubClock(own)
    told(clock, NOON)
    told(clock, NOON - 40 * DAY)
    assert clock() == NOON
    told(clock, NOON)
    told(clock, NOON - 40 * DAY)
    assert clock() == NOON
    own.advance(-3 * HOUR)
    told(clock, NOON)
    told(clock, NOON)
    assert clock() == NOON


async def sync_by(world: World, own: MovingClock, **overrides: Any) -> Any:
    """A sync by a process whose machine has that clock."""
    right, world.clock = world.clock, own
    try:
        return await world.sync_well(**overrides)
    finally:
        world.clock = right


@pytest.mark.parametrize("ahead", [45 * DAY, -45 * DAY])
async def test_a_sync_by_a_clock_that_is_wrong_loses_nothing(ahead: int, tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        for day in range(4):
            world.add(made_run(NOON - day * DAY - HOUR))
        summary = await sync_by(world, MovingClock(NOON + ahead), since="10d")
        assert (summary.runs, summary.anomalies) == (4, 0)
        assert f"is {abs(ahead)} s" in summary.warnings[0]
        async with world.pipeline() as pipeline:
            known = pipeline.state.repositories.get(NAME)
            assert known is not None
            assert known.cursor == NOON
            assert known.origin == NOON - 10 * DAY
        world.add(made_run(NOON + 2 * HOUR))
        world.clock.advance(DAY)
        assert (await world.sync_well(since="10d")).warnings == []
        await world.sync_well("fresh", since="10d")
        assert world.all_points() == world.all_points("fresh")


# The hours before and after the clocks of a zone change, in spring and in autumn.
CHANGES = {
    "Europe/Berlin": (datetime(2026, 3, 29, 1, tzinfo=UTC), datetime(2026, 10, 25, 1, tzinfo=UTC)),
    "America/New_York": (datetime(2026, 3, 8, 7, tzinfo=UTC), datetime(2026, 11, 1, 6, tzinfo=UTC)),
    "Australia/Lord_Howe": (datetime(2026, 4, 4, 15, tzinfo=UTC), datetime(2026, 10, 3, 15, 30, tzinfo=UTC)),
}


@pytest.mark.parametrize(
    "at", every_nth(5, [(zone, change) for zone, changes in CHANGES.items() for change in changes]), ids=str
)
async def test_a_zone_whose_clocks_change_changes_nothing(
    at: tuple[str, datetime], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Syncs every half hour around the change, by a process in that zone; and one by a process in UTC."""
    zone, moment = at[0], int(at[1].timestamp())
    async with simulated(tmp_path) as world:
        world.clock.now = moment - 2 * HOUR
        world.add(*(made_run(moment + minutes * 60) for minutes in range(-150, 90, 30)))
        try:
            monkeypatch.setenv("TZ", zone)
            tzset()
            for _ in range(8):
                await world.sync_well()
                world.clock.advance(HOUR // 2)
        finally:
            monkeypatch.undo()
            tzset()
        await world.sync_well()
        await world.sync_well("fresh")
        assert len(world.points("workflow_run")) == 16
        assert world.all_points() == world.all_points("fresh")


async def test_a_clock_that_jumps_while_a_sync_goes_on_moves_no_cursor_past_githubs_now(
    tmp_path: Path,
) -> None:
    async with simulated(tmp_path) as world:
        world.add(made_run(NOON - HOUR))
        own = MovingClock(NOON)
        world.github.faults.add("/jobs", faults.after(lambda: own.advance(45 * DAY)))
        await sync_by(world, own)
        async with world.pipeline() as pipeline:
            known = pipeline.state.repositories.get(NAME)
            assert known is not None
            assert known.cursor == NOON


async def test_a_cursor_in_the_future_is_mended(tmp_path: Path) -> None:
    """As an earlier version left it, whose clock was 45 days ahead; nobody synced for 40 days after that."""
    async with simulated(tmp_path) as world:
        world.add(made_run(NOON - HOUR))
        await world.sync_well(since="10d")
        async with world.pipeline() as pipeline:
            known = pipeline.state.repositories.get(NAME)
            assert known is not None
            repository = pipeline.state.repositories.begin_session(known)
            pipeline.state.repositories.move_cursor(repository, known.cursor, NOON + 45 * DAY)
            pipeline.state.repositories.swept(repository, NOON + 45 * DAY)
        world.add(made_run(NOON + 2 * DAY), made_run(NOON + 39 * DAY))
        world.clock.now = NOON + 40 * DAY
        summary = await world.sync_well(since="10d")
        assert summary.runs == 2
        assert "all is looked at again" in summary.warnings[0]
        assert (await world.sync_well(since="10d")).warnings == []
        await world.sync_well("fresh", since="60d")
        assert world.all_points() == world.all_points("fresh")


async def test_check_reports_a_clock_that_is_wrong(tmp_path: Path) -> None:
    async with simulated(tmp_path) as world:
        right, world.clock = world.clock, MovingClock(NOON + HOUR)
        wrong = [finding.text for finding in await world.findings() if finding.subject == "clock"]
        assert wrong == ["this machine's clock is 3600 s ahead of GitHub's: set it, by NTP for example"]
        world.clock = right
        assert [finding for finding in await world.findings() if finding.subject == "clock"] == []
