"""How long other sides ask to wait: read where it makes sense, and never forever."""

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from etl.retry_after import MAX_S, retry_after

NOW = 1_800_000_000.0

_NUMBERS = st.integers(-(10**30), 10**30).map(str)
_DATES = st.builds(
    "{}, {} {} {} {}:{}:{} {}{}".format,
    st.sampled_from(["Mon", ""]), _NUMBERS, st.sampled_from(["Jan", "Dez", ""]),
    _NUMBERS, _NUMBERS, _NUMBERS, _NUMBERS, st.sampled_from(["+", "-", "GMT"]), _NUMBERS,
)  # fmt: skip


@given(st.one_of(st.text(), _NUMBERS, _DATES))
@example("9" * 5_000)
@example("Mon, 01 Jan 2024 00:00:00 +99999999999999999999")
@example("Mon, 01 Jan 0001 00:00:00 -0000")
@example("Fri, 31 Dec 9999 23:59:59 -2359")
def test_whatever_it_says_it_is_a_wait_or_none(value: str) -> None:
    told = retry_after(value, NOW)
    assert told is None or 0 <= told <= MAX_S


@pytest.mark.parametrize(
    ("value", "seconds"),
    [
        ("17", 17),
        (" 0 ", 0),
        ("Fri, 15 Jan 2027 09:00:00 GMT", 3_600),
        ("Fri, 15 Jan 2027 08:00:00", 0),
        ("", None),
        ("soon", None),
    ],
)
def test_it_is_seconds_or_a_date(value: str, seconds: float | None) -> None:
    assert retry_after(value, NOW) == seconds
