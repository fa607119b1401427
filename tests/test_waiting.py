import itertools
from collections.abc import Callable, Iterable

import pytest

from tests import waiting


@pytest.mark.parametrize("power", [1, 1.5])
def test_work_may_take_up_to_three_times_as_long_on_twice_the_input(
    power: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    waiting.assert_linear(_work(power, monkeypatch), lambda size: "a" * size, 8_000)


def test_what_else_runs_on_the_machine_fails_no_linear_work(monkeypatch: pytest.MonkeyPatch) -> None:
    slowed = itertools.chain([1, 1, 9, 1, 9], itertools.repeat(1))
    waiting.assert_linear(_work(1, monkeypatch, slowed), lambda size: "a" * size, 8_000)


def test_quadratic_work_fails(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(AssertionError, match=r"16000 take 4\.0 times what 8000 take: 'aaaa"):
        waiting.assert_linear(_work(2, monkeypatch), lambda size: "a" * size, 8_000)


def test_what_is_over_at_once_is_not_measured(monkeypatch: pytest.MonkeyPatch) -> None:
    waiting.assert_linear(_work(2, monkeypatch), lambda size: "a" * size, 100)


def _work(
    power: float, monkeypatch: pytest.MonkeyPatch, slowed: Iterable[int] = itertools.repeat(1)
) -> Callable[[str], None]:
    """Work that takes a microsecond for each character to that power: the clock moves with it alone."""
    clock = 0.0
    factors = iter(slowed)

    def work(text: str) -> None:
        nonlocal clock
        clock += len(text) ** power * next(factors) / 1_000_000

    monkeypatch.setattr(waiting, "process_time", lambda: clock)
    return work
