"""Messages of real tools fall into the clusters that a person makes of them."""

from collections import defaultdict
from pathlib import Path

import pytest

from etl.transform.failures.own_names import with_place, without_own_name
from etl.transform.failures.templates import template_of

GOLDEN = Path(__file__).with_name("message_clusters.txt")
Told = tuple[str, str, str]


def clusters() -> dict[str, list[Told]]:
    found: dict[str, list[Told]] = defaultdict(list)
    heading = ""
    for line in GOLDEN.read_text("utf-8").splitlines():
        if line.startswith("== "):
            heading = line[3:]
        elif line and not line.startswith("#"):
            _, suite, test, message = line.split(" | ", 3)
            found[heading].append((suite, test, message.replace("\N{RETURN SYMBOL}", "\n")))
    return found


CLUSTERS = clusters()


def template(told: Told) -> str:
    suite, test, message = told
    return with_place(template_of(without_own_name(message, suite, test)), f"{suite} {test}")


def test_there_are_sixty_messages():
    assert sum(map(len, CLUSTERS.values())) >= 60


@pytest.mark.parametrize("heading", CLUSTERS)
def test_messages_of_a_cluster_mean_the_same(heading):
    assert len({template(told) for told in CLUSTERS[heading]}) == 1


def test_clusters_are_told_apart():
    by_template = defaultdict(set)
    for heading, messages in CLUSTERS.items():
        for told in messages:
            by_template[template(told)].add(heading)
    assert [headings for headings in by_template.values() if len(headings) > 1] == []


@pytest.mark.parametrize(
    ("message", "suite", "test", "expected"),
    [
        ("a.B::test_c failed", "a.B", "test_c", "<test> failed"),
        ("in test_c: boom", "x", "test_c", "in <test>: boom"),
        ("test_cases are gone", "x", "test_c", "test_cases are gone"),
        ("login: no page for login", "web", "login", "<test>: no page for login"),
        ("cannot login", "web", "login", "cannot login"),
        ("boom", "x", "", "boom"),
    ],
)
def test_a_test_s_own_name(message, suite, test, expected):
    assert without_own_name(message, suite, test) == expected
