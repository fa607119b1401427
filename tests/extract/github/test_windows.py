from datetime import UTC, datetime
from itertools import pairwise

from hypothesis import example, given
from hypothesis import strategies as st

from etl.extract.github.windows import DAY_S, EVENTS, Window, day_windows, split

SECONDS = st.integers(1_200_000_000, 4_000_000_000)
SPANS = st.integers(0, 100 * DAY_S)
NOON = int(datetime(2026, 1, 5, 12, tzinfo=UTC).timestamp())
MIDNIGHT = NOON - 43_200


def partitions(parts: list[Window], whole: Window) -> bool:
    """Whether parts cover every second of the whole exactly once."""
    return (
        (parts[0].start, parts[-1].stop) == (whole.start, whole.stop)
        and all(part.start <= part.stop for part in parts)
        and all(before.stop + 1 == after.start for before, after in pairwise(parts))
    )


@given(SECONDS, SPANS)
@example(MIDNIGHT, 0)
@example(MIDNIGHT - 1, 1)
def test_days_cover_every_second_exactly_once(since: int, span: int) -> None:
    windows = day_windows(since, since + span)
    first = since - since % DAY_S
    assert partitions(windows, Window(first, windows[-1].stop))
    assert windows[-1].start <= since + span <= windows[-1].stop
    assert all(window.start % DAY_S == 0 and window.stop - window.start == DAY_S - 1 for window in windows)


def test_there_is_no_day_after_now() -> None:
    assert day_windows(NOON, NOON - DAY_S) == []


@given(SECONDS, SPANS, SPANS)
def test_addresses_do_not_depend_on_now(since: int, earlier: int, later: int) -> None:
    earlier, later = sorted((earlier, later))
    before, after = (
        [window.path for window in day_windows(since, since + span)] for span in (earlier, later)
    )
    assert before == after[: len(before)]
    assert len(set(after)) == len(after)


def test_an_address_is_one_of_githubs_searches() -> None:
    window = Window(MIDNIGHT, MIDNIGHT + DAY_S - 1)
    assert window.path == "/actions/runs?created=2026-01-05T00:00:00Z..2026-01-05T23:59:59Z&per_page=100"
    narrow = Window(NOON, NOON, 7, "push")
    assert narrow.path.startswith("/actions/workflows/7/runs?created=2026-01-05T12:00:00Z..")
    assert narrow.path.endswith("&event=push")
    assert str(narrow) == "2026-01-05T12:00:00Z..2026-01-05T12:00:00Z, workflow 7, push"


@given(SECONDS, st.integers(1, DAY_S))
def test_a_split_in_time_partitions(start: int, span: int) -> None:
    window = Window(start, start + span)
    parts = split(window, [1, 2])
    assert len(parts) == 2
    assert partitions(parts, window)


def test_one_second_is_split_by_workflow_and_then_by_event() -> None:
    by_workflow = split(Window(NOON, NOON), [1, 2])
    assert [(part.start, part.stop, part.workflow_id) for part in by_workflow] == [
        (NOON, NOON, 1),
        (NOON, NOON, 2),
    ]
    by_event = split(by_workflow[0], [1, 2])
    assert [part.event for part in by_event] == list(EVENTS)
    assert {part.workflow_id for part in by_event} == {1}
    assert all(split(part, [1, 2]) == [] for part in by_event)


def test_without_workflows_one_second_is_split_by_event_at_once() -> None:
    assert len(split(Window(NOON, NOON), [])) == len(set(EVENTS))


@given(SECONDS, st.integers(0, 40), st.lists(st.integers(1, 9), unique=True, max_size=2))
def test_splitting_ends_and_covers_every_second(start: int, span: int, workflows: list[int]) -> None:
    pending, leaves = [Window(start, start + span)], []
    while pending:
        window = pending.pop()
        parts = split(window, workflows)
        pending += parts
        leaves += [] if parts else [window]
    assert len(leaves) == len(set(leaves)) == (span + 1) * max(1, len(workflows)) * len(EVENTS)
    assert {leaf.start for leaf in leaves} == set(range(start, start + span + 1))
