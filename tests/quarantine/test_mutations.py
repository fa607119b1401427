"""No damage to a report or to the quarantine file turns red into green."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.extract.strict.report import read_strictly
from etl.model.results import Outcome
from etl.quarantine.entry import Quarantine
from etl.quarantine.verdict import Terms
from etl.quarantine.write import written
from tests.quarantine.samples import FAILING, RUNS, TODAY, entry, is_green, quarantine

NAMES = sorted(FAILING)


@st.composite
def damaged(draw: st.DrawFn, data: bytes) -> bytes:
    """The data without a range of it, cut off, or with a range twice or elsewhere."""
    start = draw(st.integers(0, len(data)))
    end = draw(st.integers(start, len(data)))
    kind = draw(st.sampled_from(["cut", "drop", "drop few", "twice", "move"]))
    if kind == "cut":
        return data[:start]
    if kind == "drop":
        return data[:start] + data[end:]
    if kind == "drop few":
        return data[:start] + data[start + draw(st.integers(1, 40)) :]
    if kind == "twice":
        return data[:end] + data[start:end] + data[end:]
    return data[end:] + data[start:end] + data[:start]


@pytest.mark.slow
@pytest.mark.parametrize("name", NAMES)
@given(st.data())
def test_no_damage_to_a_report_makes_it_green(name: str, draw: st.DataObject) -> None:
    data = (RUNS / name).read_bytes()
    # A report of which a whole test is missing, and nothing else, is known by the number of tests alone.
    ran = sum(result.outcome is not Outcome.SKIPPED for result in read_strictly(data))
    kept = quarantine(name, min_tests=ran)
    assert is_green(data, written(kept))
    # All that fails but one test is in quarantine: red, and so it stays.
    some = Quarantine(kept.entries[1:], kept.min_tests)
    assert not is_green(data, written(some))
    assert not is_green(draw.draw(damaged(data)), written(some))


@pytest.mark.parametrize("name", NAMES)
def test_no_line_left_out_of_a_report_makes_it_green(name: str) -> None:
    data = (RUNS / name).read_bytes()
    some = written(Quarantine(quarantine(name).entries[1:]))
    separator = b"\n" if data.count(b"\n") > 20 else b"<" if name.endswith("xml") else b"{"
    lines = data.split(separator)
    for at in range(len(lines)):
        for many in (1, 2, 3, 5):
            assert not is_green(separator.join(lines[:at] + lines[at + many :]), some), (at, many)


def _red_files() -> dict[str, str]:
    name = "pytest-failed.xml"
    kept = quarantine(name, min_tests=4)
    expired = entry("test_cart", "test_pays", since=TODAY.replace(month=10), days=20)
    other = entry("test_cart", "test_pays_later")
    usd = entry("test_cart", "test_converts[usd]")
    return {
        "expired": written(Quarantine((expired, usd), 4)),
        "renamed": written(Quarantine((other, usd), 4)),
        "too few": written(Quarantine(kept.entries, 400)),
        "one too few": written(Quarantine(kept.entries[:1], 4)),
    }


@pytest.mark.parametrize("kind", sorted(_red_files()))
@given(st.data())
def test_no_damage_to_the_quarantine_file_makes_it_green(kind: str, draw: st.DataObject) -> None:
    data, text = (RUNS / "pytest-failed.xml").read_bytes(), _red_files()[kind]
    assert not is_green(data, text)
    broken = draw.draw(damaged(text.encode())).decode(errors="replace")
    assert not is_green(data, broken)


def test_no_range_of_bytes_left_out_of_the_file_makes_it_green() -> None:
    data, text = (RUNS / "pytest-failed.xml").read_bytes(), _red_files()["renamed"]
    assert is_green(data, written(quarantine("pytest-failed.xml")))
    start = text.index("entries:")
    for at in range(start, len(text), 3):
        for many in (1, 4, 30):
            assert not is_green(data, text[:at] + text[at + many :]), (at, many)


def test_the_files_are_red_for_what_they_are_meant_to_be() -> None:
    data = (RUNS / "pytest-failed.xml").read_bytes()
    assert is_green(data, written(quarantine("pytest-failed.xml", min_tests=4)), Terms(TODAY))
