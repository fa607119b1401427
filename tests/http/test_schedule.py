"""When a repository is synced, and how much of it, with and without webhooks."""

from hypothesis import given
from hypothesis import strategies as st

from etl.pipeline.schedule import Schedule

HOUR, DAY = 3_600.0, 86_400.0
T = 1_000_000.0
NAME = "acme/rocket"


def synced(sweep: float = HOUR, *, newest_only: bool = False) -> Schedule:
    schedule = Schedule(sweep)
    schedule.done(NAME, T, newest_only=newest_only)
    return schedule


def due(schedule: Schedule, last_webhooks: dict[str, float | None], now: float) -> dict[str, bool]:
    """What is due, by when webhooks last arrived."""
    ages = {name: None if last is None else now - last for name, last in last_webhooks.items()}
    return schedule.due(ages, now)


def test_the_first_sync_is_whole() -> None:
    assert due(Schedule(HOUR), {NAME: None}, T) == {NAME: False}
    # While none has gone well, so is the next.
    assert due(synced(newest_only=True), {NAME: None}, T + 1) == {NAME: False}


def test_without_webhooks_every_tick_is_one_and_every_hour_is_whole() -> None:
    schedule = synced()
    assert due(schedule, {NAME: None}, T + 300) == {NAME: True}
    schedule.done(NAME, T + 300, newest_only=True)
    assert due(schedule, {NAME: None}, T + HOUR - 2) == {NAME: True}
    assert due(schedule, {NAME: None}, T + HOUR - 0.5) == {NAME: False}


def test_a_repository_whose_webhooks_arrive_waits_for_the_sweep() -> None:
    schedule = synced(sweep=2 * HOUR)
    assert due(schedule, {NAME: T - 60}, T + 300) == {}
    assert due(schedule, {NAME: T - 60}, T + HOUR) == {}
    assert due(schedule, {NAME: T - 60}, T + 2 * HOUR) == {NAME: False}


def test_where_webhooks_stop_polling_goes_on_by_itself() -> None:
    schedule = synced()
    assert due(schedule, {NAME: T}, T + 300) == {}
    schedule.done(NAME, T + DAY - 300, newest_only=False)
    assert due(schedule, {NAME: T}, T + DAY - 1) == {}
    assert due(schedule, {NAME: T}, T + DAY) == {NAME: True}


def test_a_webhook_that_is_to_come_by_a_clock_that_was_set_back_stops_no_polling() -> None:
    assert due(synced(), {NAME: T + 3 * HOUR}, T + 300) == {NAME: True}


def test_repositories_are_told_apart() -> None:
    schedule = Schedule(HOUR)
    for name in ("acme/quiet", "acme/told"):
        schedule.done(name, T, newest_only=False)
    assert due(schedule, {"acme/quiet": None, "acme/told": T, "acme/new": None}, T + 300) == {
        "acme/quiet": True,
        "acme/new": False,
    }


@given(st.lists(st.tuples(st.integers(1, 7_200), st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_no_repository_goes_longer_without_a_whole_sync_than_an_hour_and_a_tick(
    ticks: list[tuple[int, bool, bool]],
) -> None:
    now = T
    last_webhook: float | None = None
    schedule = Schedule(HOUR)
    whole_at = None
    for step, webhooks_arriving, goes_well in ticks:
        now += step
        last_webhook = now if webhooks_arriving else last_webhook
        plan = due(schedule, {NAME: last_webhook}, now)
        if whole_at is not None and now - whole_at >= HOUR:
            assert plan == {NAME: False}
        if plan and goes_well:
            schedule.done(NAME, now, newest_only=plan[NAME])
            whole_at = whole_at if plan[NAME] else now
