"""Flux that is slow or wrong and looks right: nothing that the project sends has it."""

import re
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from dashboards.__main__ import PAGES
from dashboards.alerts import rules
from etl.model.schema import MEASUREMENTS
from etl.queries import QUESTIONS
from tests.queries.test_cookbook import RECIPES

TAGS = {name for measurement in MEASUREMENTS.values() for name in measurement.tag_names}
FEWER = {
    "aggregateWindow", "bottom", "count", "first", "last", "limit", "max", "mean", "min", "quantile", "sum",
    "top", "unique",
}  # fmt: skip
FIELDS = {name for measurement in MEASUREMENTS.values() for name in measurement.field_types}


def traps(flux: str) -> list[str]:
    """The traps that a query walks into."""
    code = re.sub(r"//.*", "", flux)
    return [name for name, is_in in TRAPS.items() if is_in(code)]


def _calls(code: str, function: str) -> list[str]:
    """Arguments of each call of a function, up to the parenthesis that ends it."""
    starts = (match.end() for match in re.finditer(rf"\b{function}\(", code))
    return [code[start : _closed(code, start) - 1] for start in starts]


def _closed(code: str, start: int) -> int:
    """Where the call ends whose arguments start there."""
    depth, end = 1, start
    while depth:
        depth += {"(": 1, ")": -1}.get(code[end], 0)
        end += 1
    return end


def _steps(code: str, source: str) -> Iterator[list[str]]:
    """What follows each use of a source, a function or a stream: the names of the steps of its pipeline."""
    for match in re.finditer(rf"\b{source}\b(?! *=(?!=))(\()?", code):
        end, steps = _closed(code, match.end()) if match[1] else match.end(), []
        while step := re.compile(r"\s*\|> (\w+)\(").match(code, end):
            steps.append(step[1])
            end = _closed(code, step.end())
        yield steps


def _raw(code: str) -> list[str]:
    """Sources of rows that nothing has been made fewer of: `from`, and what is only that under another name."""
    raw = ["from"]
    for name, body in re.findall(r"^(\w+) =(?: *\(.*?\) =>)?\s+(.*(?:\n .*)*)", code, re.MULTILINE):
        for source in raw:
            if re.match(rf"{source}\b", body) and not FEWER & set(next(_steps(body, source))):
                raw.append(name)
                break
    return raw


def _one_by_one(code: str) -> bool:
    return any(
        step in ("map", "reduce", "pivot") and not FEWER & set(steps[:place])
        for source in _raw(code)
        for steps in _steps(code, source)
        for place, step in enumerate(steps)
    )


def _evaluated(code: str) -> bool:
    strings = re.findall(r'"(?:[^"\\\n]|\\.)*"', code)
    return any("${" in one for one in strings if one != '"${server_url:raw}"')


def _shared(code: str) -> bool:
    streams = re.findall(r"^\s*(\w+) =(?! *\()", code, re.MULTILINE)
    return any(
        len({step for steps in _steps(code, one) for step in steps} & {"first", "last"}) > 1
        for one in streams
    )


def _named(code: str, pattern: str) -> set[str]:
    return set(re.findall(pattern, code))


TRAPS: dict[str, Callable[[str], bool]] = {
    "a string that is evaluated": _evaluated,
    "contains() is not pushed down": lambda code: "contains(" in code,
    "a value in the group key": lambda code: any('"_value"' in one for one in _calls(code, "group")),
    "windows that shift": lambda code: any(
        'timeSrc: "_start"' not in one for one in _calls(code, "aggregateWindow")
    ),
    "empty windows": lambda code: any(
        "createEmpty: false" not in one for one in _calls(code, "aggregateWindow")
    ),
    "first() and last() of one stream": _shared,
    "raw rows one by one": _one_by_one,
    "distinct values over all tests": lambda code: bool(
        re.search(
            r'easurement(?: ==|:) "(?:test|step)"(?:(?!\b(?:from|points)\().)*\bdistinct\(', code, re.DOTALL
        )
    ),
    "a table for each test and window": lambda code: bool(
        re.search(
            r'easurement == "(?:test|step)"(?:(?!\bfrom\().)*\bgroup\(columns: \[[^\]]*"_time"',
            code,
            re.DOTALL,
        )
    ),
    "a measurement that is not there": lambda code: bool(
        _named(code, r'_measurement == "(\w+)"') - MEASUREMENTS.keys()
    ),
    "a field that is not there": lambda code: bool(_named(code, r'(?:_field ==|\bfield:) "(\w+)"') - FIELDS),
    "a tag that is not there": lambda code: bool(_named(code, r'\btag: "(\w+)"') - TAGS),
}


def sent() -> dict[str, str]:
    """All Flux that the project sends or tells people to."""
    found = {f"question {one.name}": one.flux for one in QUESTIONS.values()}
    for page in PAGES:
        made: Any = page().model()
        for variable in made.templating.list_val:
            if variable.type_val == "query":
                found[f"{made.uid} ${variable.name}"] = variable.query
        for panel in made.panels:
            for target in panel.targets:
                found[f"{made.uid} {panel.title} {target.ref_id}"] = target.query
    found |= {f"rule {rule.name}": rule.query.flux for rule in rules()}
    return found | {f"cookbook: {title}": flux for title, flux in RECIPES.items()}


SENT = sent()


TOLERATED = {
    # Four fields of one point side by side: of findings there are few.
    "cookbook: How often does a flaky test fail?": ["raw rows one by one"],
    # Two fields of one point side by side, of one test's evidence.
    "cookbook: What confirms that a test is flaky?": ["raw rows one by one"],
    # The same of every job, which is what is asked for: of one day at a time.
    "question stored": ["raw rows one by one"],
}


@pytest.mark.parametrize("name", SENT)
def test_what_is_sent_avoids_the_traps(name: str) -> None:
    assert traps(SENT[name]) == TOLERATED.get(name, [])


@pytest.mark.parametrize(
    ("flux", "found"),
    [
        ('x |> filter(fn: (r) => r.job == "${job}")', "a string that is evaluated"),
        ("x |> filter(fn: (r) => contains(set: s, value: r.test))", "contains() is not pushed down"),
        ('x |> group(columns: ["job", "_value"]) |> count()', "a value in the group key"),
        ("x |> aggregateWindow(every: 1d, fn: count, createEmpty: false)", "windows that shift"),
        ('x |> aggregateWindow(every: 1d, fn: count, timeSrc: "_start")', "empty windows"),
        ("x = from(bucket: b)\na = x |> first()\nb = x |> last()", "first() and last() of one stream"),
        (
            "x = from(bucket: b)\na = x |> filter(fn: f) |> first()\nb = x |> last()",
            "first() and last() of one stream",
        ),
        ('from(bucket: b) |> pivot(rowKey: ["_time"])\n  |> group() |> count()', "raw rows one by one"),
        ("from(bucket: b)\n    |> map(fn: (r) => ({r with x: 1}))\n    |> count()", "raw rows one by one"),
        (
            "p = (m) =>\n    from(bucket: b)\n        |> range(start: s)\nq = () => p(m: 1)\nq() |> reduce(fn: f)",
            "raw rows one by one",
        ),
        (
            'from(bucket: b) |> filter(fn: (r) => r._measurement == "test")\n    |> distinct()',
            "distinct values over all tests",
        ),
        (
            'r._measurement == "test")\n    |> count()\n    |> group(columns: ["test", "_time"])',
            "a table for each test and window",
        ),
        ('r._measurement == "jobs"', "a measurement that is not there"),
        ('points(field: "duration")', "a field that is not there"),
        ('schema.tagValues(tag: "url")', "a tag that is not there"),
    ],
)
def test_traps_are_seen(flux: str, found: str) -> None:
    assert traps(flux) == [found]
