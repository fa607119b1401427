from datetime import timedelta

from etl.report.trends import Trend, by_workflow, sparkline, together
from etl.report.trends import days as axis
from etl.report.view import Period
from tests.report.answers import PERIOD, days


def trend(success: tuple[int, ...], total: tuple[int, ...]) -> Trend:
    unknown = (None,) * len(total)
    return Trend(success, total, unknown, unknown)


def test_a_period_that_ends_at_midnight_has_no_day_after() -> None:
    assert (axis(PERIOD)[0], axis(PERIOD)[-1]) == (PERIOD.start, PERIOD.stop - timedelta(days=1))


def test_a_period_within_days_touches_the_first_and_the_last() -> None:
    hours = timedelta(hours=5)
    assert len(axis(Period(PERIOD.start + hours, PERIOD.stop + hours))) == len(axis(PERIOD)) + 1


def test_days_have_their_places_and_those_outside_have_none() -> None:
    rows = [row for row in days("CI") if row["time"].day not in {10, 20}]
    rows.append({**rows[0], "time": PERIOD.stop})
    found = by_workflow(rows, PERIOD)["acme/rocket", "CI"]
    assert [day for day, total in enumerate(found.total, start=1) if not total] == [10, 20]
    assert found.p50_s[0] == 300.0
    assert found.p50_s[9] is None


def test_all_together_sums_days() -> None:
    found = together([trend((1, 0), (4, 0)), trend((5, 2), (6, 2))])
    assert found == trend((6, 2), (10, 2))
    assert together([]) is None


def test_a_sparkline_goes_from_none_to_all_and_has_gaps() -> None:
    assert sparkline(trend((0, 5, 0, 10), (10, 10, 0, 10)), 10) == "▁▅·█"


def test_a_sparkline_of_many_days_joins_them() -> None:
    assert sparkline(trend((0, 10, 10, 10, 10), (10, 10, 10, 10, 10)), 2) == "▅█"
