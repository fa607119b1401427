"""Annotations of a step: one command for each failure, and whatever CI wrote is its text."""

import re
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.report.annotations import annotations
from etl.report.explained.explain import Explained
from etl.verdict.verdict import verdict_on
from tests.report.test_verdicts import ATTACKS, explained
from tests.verdict.cases import RUN, TEST, base, known

# As the runner reads a command (`ActionCommand` in actions/runner): properties are between the first space
# and the next `::`, separated by commas.
COMMAND = re.compile(r"::(?P<level>error|warning|notice) title=(?P<title>[^,:]*)::(?P<message>.*)")


def read(line: str) -> tuple[str, str, str]:
    found = COMMAND.fullmatch(line)
    assert found is not None, line
    title, message = found["title"], found["message"]
    for escaped, text in (("%3A", ":"), ("%2C", ","), ("%0D", "\r"), ("%0A", "\n"), ("%25", "%")):
        title, message = title.replace(escaped, text), message.replace(escaped, text)
    return found["level"], title, message


def test_what_is_yours_is_an_error_with_its_evidence_and_advice() -> None:
    first, second = map(read, annotations(explained()))
    assert first[0] == "error"
    assert re.fullmatch(r"yours \d\d%: test_orbit", first[1])
    where, *told = first[2].split("\n")
    assert where.endswith("test_orbit::test_orbit")
    assert "look at what this change does there" in told
    assert second[0] in {"warning", "notice"}


@pytest.mark.parametrize("attack", ATTACKS)
def test_no_attack_is_a_command_of_its_own(attack: str) -> None:
    lines = annotations(explained(attack, attack))
    assert [read(line)[0] for line in lines] == [read(line)[0] for line in annotations(explained())]


@given(st.text(max_size=80))
def test_any_name_is_text(name: str) -> None:
    for line in annotations(explained(f"x{name}", name)):
        assert len(line.splitlines()) == 1
        read(line)


def test_of_many_failures_ten_of_a_level_are_annotated() -> None:
    failures = [
        known(base("P" * 200), subject=TEST._replace(name=f"test_{number}"), says="boom", touched=True)
        for number in range(25)
    ]
    levels = Counter(read(line)[0] for line in annotations(Explained(1, 0, (verdict_on(RUN, failures),))))
    assert max(levels.values()) == 10
