import unicodedata
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rich.cells import cell_len

from etl.report.formats import Kind, change, duration, harmless, instant, percent, shorten, written


@pytest.mark.parametrize(
    ("seconds", "text"),
    [
        (0, "0.0s"),
        (0.04, "0.0s"),
        (9.94, "9.9s"),
        (9.96, "10s"),
        (59.4, "59s"),
        (59.6, "1m 00s"),
        (252.4, "4m 12s"),
        (3599.7, "1h 00m"),
        (3725, "1h 02m"),
        (86399, "1d 00h"),
        (300_000, "3d 11h"),
        (-61, "-1m 01s"),
    ],
)
def test_duration_reads_as_people_say_it(seconds: float, text: str) -> None:
    assert duration(seconds) == text


@pytest.mark.parametrize(
    ("rate", "text"),
    [(0, "0.0 %"), (1, "100.0 %"), (0.99999, "99.9 %"), (0.00001, "0.1 %"), (0.9312, "93.1 %")],
)
def test_percent_is_perfect_only_when_the_rate_is(rate: float, text: str) -> None:
    assert percent(rate) == text


@pytest.mark.parametrize(
    ("now", "before", "kind", "text"),
    [
        (0.9, 0.85, Kind.RATE, "+5.0 pp"),
        (90.0, 100.0, Kind.DURATION, "-10.0 %"),
        (5, 5, Kind.COUNT, "±0 %"),
        (5, 0, Kind.COUNT, ""),
        (None, 3, Kind.COUNT, ""),
        (3, None, Kind.COUNT, ""),
    ],
)
def test_change_to_the_period_before(now: float, before: float, kind: Kind, text: str) -> None:
    assert change(now, before, kind) == text


@pytest.mark.parametrize("kind", Kind)
@pytest.mark.parametrize("value", [None, float("nan"), float("inf")])
def test_unknown_is_a_dash_and_never_a_zero(kind: Kind, value: float | None) -> None:
    assert written(value, kind) == "–"  # noqa: RUF001


@pytest.mark.parametrize(
    "value",
    ["2026-05-02T10:00:00.123456789Z", "2026-05-02T12:00:00+02:00", datetime(2026, 5, 2, 10, tzinfo=UTC)],
)
def test_times_are_read_from_text_and_from_datetimes(value: object) -> None:
    moment = instant(value)
    assert moment is not None
    assert f"{moment:%Y-%m-%d %H:%M}" == "2026-05-02 10:00"
    assert written(value, Kind.TIME) == "2026-05-02"


def test_hours_and_commits_are_short() -> None:
    assert written(49.5, Kind.HOURS) == "2d 02h"
    assert written(0.25, Kind.HOURS) == "15m 00s"
    assert written("0123456789abcdef", Kind.COMMIT) == "0123456789"


def test_what_is_no_time_is_shown_as_it_is() -> None:
    assert written("yes\x1b", Kind.TIME) == "yes␛"


@given(st.text())
def test_harmless_text_holds_nothing_that_steers_a_terminal(text: str) -> None:
    shown = harmless(text)
    kinds = {unicodedata.category(character) for character in shown if character not in "\n\t\u200d"}
    assert not kinds & {"Cc", "Cf", "Cs", "Zl", "Zp"}
    assert not set(shown) & {"\x1b", "\x9b", "\r", "\u202e", "\u2028", "\x00"}
    shown.encode()


@given(st.text(), st.integers(min_value=1, max_value=40))
def test_shortened_text_fits_and_keeps_both_ends(text: str, width: int) -> None:
    line = written(text, Kind.TEXT)
    assert cell_len(shorten(line, width)) <= width


def test_shortening_keeps_both_ends() -> None:
    assert shorten("integration (kind, v1.31)", 13) == "integr…v1.31)"
