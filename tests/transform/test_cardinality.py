import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.model.cardinality import DAY_S, SeenTests, Sketch
from etl.model.results import CaseName
from etl.transform.names import Masks
from etl.transform.results.cardinality import seen_tests
from etl.transform.results.identity import known_tests
from etl.transform.results.mask_hints import mask_hint

KNOWN = known_tests(Masks())


def seen(*names: str, day: int = 20_000) -> SeenTests:
    return seen_tests("CI", "unit", day * DAY_S + 5, [KNOWN[CaseName("suite", name)] for name in names])


def many(count: int, prefix: str = "test") -> list[str]:
    return [f"{prefix} {number}" for number in range(count)]


def test_few_names_are_counted_exactly_however_often_they_come() -> None:
    assert Sketch().estimate() == 0
    assert seen("a", "b", "a").sketch.estimate() == 2
    assert seen(*many(255)).sketch.estimate() == 255
    assert seen("a").day == 20_000


def test_the_same_name_in_another_suite_is_another_test() -> None:
    tests = [KNOWN[CaseName(suite, "a")] for suite in ("one", "two")]
    assert seen_tests("CI", "unit", 0, tests).sketch.estimate() == 2


@pytest.mark.parametrize("count", [1_000, 20_000, 100_000])
def test_many_names_are_estimated(count: int) -> None:
    # A standard error is 4.4 %; the hashes are the same each time.
    assert seen(*many(count)).sketch.estimate() == pytest.approx(count, rel=0.12)


@given(st.lists(st.lists(st.integers(0, 2_000)), max_size=5))
def test_adding_up_days_is_counting_all_at_once(days: list[list[int]]) -> None:
    merged = Sketch()
    for numbers in days:
        merged |= seen(*map(str, numbers)).sketch
    everything = seen(*(str(number) for numbers in days for number in numbers)).sketch
    assert merged == everything
    assert merged | merged == merged


def test_names_are_a_sample_of_the_distinct_ones() -> None:
    often = ["always the same"] * 10_000
    names = seen(*often, *many(10_000)).names
    assert len(set(names)) == len(names) == 32
    assert "always the same" not in names


@pytest.mark.parametrize(
    ("name", "pattern", "placeholder"),
    [
        ("starts at 2026-01-{n:02}T10:00:00Z", "-", "<time>"),
        ("reads build {n:x}ab{n:x}cd{n:x}0", "[0-9a-f]{6,}", "<hash>"),
        ("user k{n}zqwert logs in", "[0-9a-z]{6,}", "<id>"),
        ("order {n}99000", r"\d{4,}", "<n>"),
        ("test_shape[x{n}-y]", r"\[", "[<parameters>]"),
        ("case {n} of all", r"\d+", "<n>"),
        ("says 'word{x}' twice", "'", "<text>"),
    ],
)
def test_the_most_particular_mask_that_fits_most_names_is_named(
    name: str, pattern: str, placeholder: str
) -> None:
    names = [name.format(n=number, x="abcdefghij"[number % 10]) for number in range(10, 50)]
    hint = mask_hint([*names, "TestStays", "another that stays"])
    assert hint is not None
    assert pattern in hint.pattern
    assert hint.placeholder == placeholder


def test_where_no_mask_fits_none_is_named() -> None:
    assert mask_hint([]) is None
    assert mask_hint(["walk", "the", "dog", "by", "eight"]) is None
