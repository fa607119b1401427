import re

import pytest

from tests.waiting import assert_linear


def test_linear_work_passes_and_quadratic_work_does_not() -> None:
    def text(size: int) -> str:
        return "a" * size

    assert_linear(re.compile("a*").findall, text, 1_000_000)
    with pytest.raises(AssertionError, match=r"16000 characters take \d+\.\d times what 8000 take"):
        assert_linear(re.compile("a*b").findall, text, 8_000)
