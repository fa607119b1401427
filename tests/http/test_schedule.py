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


def test_the_first_sync_is_whole() -> None:
    assert Schedule(HOUR).due({NAME: None}, T) == {NAME: False}
    # While none has gone well, so is the next.
    assert synced(newest_only=True).due({NAME: None}, T + 1) == {NAME: False}


def test_without_webhooks_every_tick_is_one_and_every_hour_is_whole() -> None:
    schedule = synced()
    assert schedule.due({NAME: None}, T + 300) == {NAME: True}
    schedule.done(NAME, T + 300, newest_only=True)
    assert schedule.due({NAME: None}, T + HOUR - 2) == {NAME: True}
    assert schedule.due({NAME: None}, T + HOUR - 0.5) == {NAME: False}


def test_a_repository_whose_webhooks_arrive_waits_for_the_sweep() -> None:
    schedule = synced(sweep=2 * HOUR)
    assert schedule.due({NAME: T - 60}, T + 300) == {}
    assert schedule.due({NAME: T - 60}, T + HOUR) == {}
    assert schedule.due({NAME: T - 60}, T + 2 * HOUR) == {NAME: False}


def test_where_webhooks_stop_polling_goes_on_by_itself() -> None:
    schedule = synced()
    assert schedule.due({NAME: T}, T + 300) == {}
    schedule.done(NAME, T + DAY - 300, newest_only=False)
    assert schedule.due({NAME: T}, T + DAY - 1) == {}
    assert schedule.due({NAME: T}, T + DAY) == {NAME: True}


def test_repositories_are_told_apart() -> None:
    schedule = Schedule(HOUR)
    for name in ("acme/quiet", "acme/told"):
        schedule.done(name, T, newest_only=False)
    assert schedule.due({"acme/quiet": None, "acme/told": T, "acme/new": None}, T + 300) == {
        "acme/quiet": True,
        "acme/new": False,
    }


@given(st.lists(st.tuples(st.integers(1, 7_200), st.booleans(), st.booleans()), min_size=1, max_size=60))
def test_no_repository_goes_longer_without_a_whole_sync_than_an_hour_and_a_tick(
    ticks: list[tuple[int, bool, bool]],
) -> None:
    now, last_webhook = T, None
    schedule = Schedule(HOUR)
    whole_at = None
    for step, webhooks_arriving, goes_well in ticks:
        now += step
        last_webhook = now if webhooks_arriving else last_webhook
        plan = schedule.due({NAME: last_webhook}, now)
        if whole_at is not None and now - whole_at >= HOUR:
            assert plan == {NAME: False}
        if plan and goes_well:
            schedule.done(NAME, now, newest_only=plan[NAME])
            whole_at = whole_at if plan[NAME] else now
