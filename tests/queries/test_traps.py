"""Flux that is slow or wrong and looks right: nothing that the project sends has it."""

import re
from collections.abc import Callable
from pathlib import Path

import pytest

from dashboards.__main__ import PAGES, ROOT
from dashboards.alerts import rules
from etl.queries import QUESTIONS
from etl.transform.schema import MEASUREMENTS

TAGS = {name for measurement in MEASUREMENTS.values() for name in measurement.tag_names}
FIELDS = {name for measurement in MEASUREMENTS.values() for name in measurement.field_types}


def traps(flux: str) -> list[str]:
    """The traps that a query walks into."""
    code = re.sub(r"//.*", "", flux)
    return [name for name, is_in in TRAPS.items() if is_in(code)]


def _calls(code: str, function: str) -> list[str]:
    """Arguments of each call of a function, up to the parenthesis that ends it."""
    found = []
    for start in (match.end() for match in re.finditer(rf"\b{function}\(", code)):
        depth, end = 1, start
        while depth:
            depth += {"(": 1, ")": -1}.get(code[end], 0)
            end += 1
        found.append(code[start : end - 1])
    return found


def _evaluated(code: str) -> bool:
    strings = re.findall(r'"(?:[^"\\\n]|\\.)*"', code)
    return any("${" in one for one in strings if one != '"${server_url:raw}"')


def _shared(code: str) -> bool:
    streams = re.findall(r"^\s*(\w+) =(?! *\()", code, re.MULTILINE)
    ends = [
        {end for end in ("first", "last") if re.search(rf"\b{one}\s+\|> {end}\(", code)} for one in streams
    ]
    return any(len(used) > 1 for used in ends)


def _pivoted(code: str) -> bool:
    sources = re.findall(r"\bfrom\(.*?(?=\n\n|\n\w|$)", code, re.DOTALL)
    return any("pivot(" in one and "group(" not in one.partition("pivot(")[0] for one in sources)


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
    "raw rows that are pivoted": _pivoted,
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
        made = page().model()
        for variable in made.templating.list_val:
            if variable.type_val == "query":
                found[f"{made.uid} ${variable.name}"] = variable.query
        for panel in made.panels:
            for target in panel.targets:
                found[f"{made.uid} {panel.title} {target.ref_id}"] = target.query
    for rule in rules():
        found |= {f"rule {rule.name} {n}": query.flux for n, query in enumerate(rule.queries)}
    cookbook = Path(ROOT, "docs/cookbook.md")
    blocks = re.findall(r"```flux\n(.*?)```", cookbook.read_text("utf-8"), re.DOTALL)
    return found | {f"cookbook {n}": block for n, block in enumerate(blocks, 1)}


SENT = sent()


@pytest.mark.parametrize("flux", SENT.values(), ids=SENT)
def test_what_is_sent_avoids_the_traps(flux: str) -> None:
    assert traps(flux) == []


@pytest.mark.parametrize(
    ("flux", "found"),
    [
        ('x |> filter(fn: (r) => r.job == "${job}")', "a string that is evaluated"),
        ("x |> filter(fn: (r) => contains(set: s, value: r.test))", "contains() is not pushed down"),
        ('x |> group(columns: ["job", "_value"]) |> count()', "a value in the group key"),
        ("x |> aggregateWindow(every: 1d, fn: count, createEmpty: false)", "windows that shift"),
        ('x |> aggregateWindow(every: 1d, fn: count, timeSrc: "_start")', "empty windows"),
        ("x = from(bucket: b)\na = x |> first()\nb = x |> last()", "first() and last() of one stream"),
        ('from(bucket: b) |> pivot(rowKey: ["_time"])\n  |> group() |> count()', "raw rows that are pivoted"),
        ('r._measurement == "jobs"', "a measurement that is not there"),
        ('points(field: "duration")', "a field that is not there"),
        ('schema.tagValues(tag: "url")', "a tag that is not there"),
    ],
)
def test_traps_are_seen(flux: str, found: str) -> None:
    assert traps(flux) == [found]
