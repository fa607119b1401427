"""All pages of a report, and the index by which links and the search find them. Pure functions."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from etl.model.writes import Row
from etl.report.addresses import FAILURE, IDENTITY, JOB, TEST, WORKFLOW, Key, address
from etl.report.naming import excerpt, names
from etl.report.packing import packed
from etl.report.pages.facts import Facts
from etl.report.pages.failure import failure_page
from etl.report.pages.job import job_page
from etl.report.pages.known import Known
from etl.report.pages.parts import Part
from etl.report.pages.test import jobs_of_test, test_page
from etl.report.pages.workflow import workflow_page

# Pages that are unpacked together: opening one costs a few milliseconds, whatever the size of the report.
TOGETHER: Final = 256
_MOST_OF_A_TITLE: Final = 160
_MAKERS: Final[Mapping[str, Callable[[Row, Facts], Part]]] = {
    WORKFLOW: workflow_page,
    JOB: job_page,
    TEST: test_page,
    FAILURE: failure_page,
}
_ABOVE: Final = {
    kind: tuple(name for name in IDENTITY[kind] if name not in (kind, "signature")) for kind in _MAKERS
}
_LISTED_BY: Final = {WORKFLOW: "workflows", JOB: "jobs", TEST: "tests", FAILURE: "failures"}


@dataclass(frozen=True, slots=True)
class Pages:
    """The index, and the pages of its entries in the same order, packed so many together."""

    index: dict[str, Any]
    packed: list[str]


def pages(facts: Facts) -> Pages:
    """The pages of everything that has one."""
    keys = list(facts.known.keys)
    index = {
        "together": TOGETHER,
        "kinds": list(_MAKERS),
        # Rows, not columns: what a row says twice, in its address and in its name, compresses to nothing.
        "pages": [_entry(key, facts.known) for key in keys],
        "left_out": [[facts.known.left_out[kind], _LISTED_BY[kind]] for kind in _MAKERS],
    }
    found = [_page(key, facts) for key in keys]
    return Pages(index, [packed(found[at : at + TOGETHER]) for at in range(0, len(found), TOGETHER)])


def _entry(key: Key, known: Known) -> list[Any]:
    """The kind of a thing, its address, its name, and the names of what it is in."""
    row, kind = known.keys[key], key[0]
    shown = "template" if kind == FAILURE else kind
    above = [name for name in _ABOVE[kind] if known.several or name != "repository"]
    where = [called for name in above for called in names({name: row[name]})]
    called = excerpt(names({shown: row[shown]})[-1], _MOST_OF_A_TITLE)
    return [list(_MAKERS).index(kind), address(key, several=known.several), called, where]


def _page(key: Key, facts: Facts) -> Part:
    kind, row = key[0], facts.known.keys[key]
    page = {"state": row.get("state"), "within": _within(key, facts), **_MAKERS[kind](row, facts)}
    return {name: value for name, value in page.items() if value}


def _within(key: Key, facts: Facts) -> list[list[Any]]:
    """The pages of what a job or a test is in, with their names: its workflow, and a test's job if it has one."""
    kind, row, found = key[0], facts.known.keys[key], []
    place = {name: row[name] for name in ("repository", "workflow")} if kind in (JOB, TEST) else {}
    if place:
        found.append([names({"workflow": row["workflow"]})[-1], facts.known.link(place)])
    if kind == TEST and len(jobs := jobs_of_test(row, facts)) == 1:
        found.append([names({"job": jobs[0]})[-1], facts.known.link({**place, "job": jobs[0]})])
    return found
