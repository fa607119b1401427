"""The pages of the report as data: what has one, what is on it, and what is left out."""

from typing import Any

import pytest

from etl.report.addresses import address, key_of
from etl.report.owners import NOBODY, Owners
from etl.report.pages import known as things
from etl.report.pages.facts import facts
from etl.report.pages.known import known
from etl.report.pages.pages import pages
from tests.report.answers import (
    HOSTILE,
    PERIOD,
    days,
    execution,
    failing,
    failure,
    finding,
    flaky,
    job,
    result,
    workflow,
)
from tests.report.packing import unpacked

Page = dict[str, Any]


def message(text: str, **others: Any) -> dict[str, Any]:
    return {
        "time": "2026-05-30T09:30:00Z", "repository": "acme/rocket", "workflow": "CI", "job": "unit",
        "branch": "main", "category": "test", "signature": "5ig", "test": None, "path": "src/a.py",
        "message": text, "url": "https://github.com/acme/rocket/actions/runs/1/job/2", "count": 3, **others,
    }  # fmt: skip


def over_time(day: int, **values: Any) -> dict[str, Any]:
    named = {"repository": "acme/rocket", "workflow": "CI", "job": "unit"}
    return {"time": f"2026-05-{day:02}T00:00:00Z", **named, **values}


ANSWERS: dict[str, list[dict[str, Any]]] = {
    "workflows": [workflow("CI", 3, 4)],
    "jobs": [job("unit", 3, 4), job("lint", 4, 4)],
    "tests": [failing("test_a", 1, 4, suite="s"), failing("test_a", 2, 4, suite="s", job="e2e")],
    "flaky": [flaky("test_a", 1, 4, suite="s", failed_url="https://a.example/f", passed_url="https://a.example/p")],
    "failures": [failure("Timeout after <n>s", 3, signature="5ig")],
    "findings": [
        finding("slower", 9.0), finding("flaky", 3.0, suite="s", name="test_a"),
        finding("broken", 1.0, until="2026-05-30T08:00:00Z"),
        finding("spreading", 2.0, level="failure", workflow="(any)", job=None, suite="5ig", name="Timeout", level_after=4.0),
    ],
    "latest_executions": [execution(1), execution(2, "failure"), execution(2, job_name="lint")],
    "latest_results": [result(execution(2), "failed", "test_a", suite="s"), result(execution(1), "passed", "test_a", suite="s")],
    "success_over_time": days("CI", 2),
    "jobs_over_time": [
        over_time(1, p50_s=60.0, p95_s=90.0, queued_p50_s=2.0), over_time(3, p50_s=80.0, p95_s=None, queued_p50_s=0.0),
    ],
    "steps_over_time": [
        over_time(1, name="Checkout", p50_s=9.0), over_time(1, name="Test", p50_s=50.0), over_time(2, name="Test", p50_s=1.0),
    ],
    "failures_over_time": [{"time": "2026-05-02T00:00:00Z", "repository": "acme/rocket", "signature": "5ig", "count": 3}],
    "latest_messages": [message("Timeout after 4s"), message("Timeout after 4s", job="lint"), message("Timeout after 9s", test="test_a")],
}  # fmt: skip


def opened(wanted: str, answers: dict[str, Any] | None = None, owners: Owners = NOBODY) -> Page:
    """The page at an address, with its entry of the index."""
    given = ANSWERS | (answers or {})
    made = pages(facts(given, known(given), PERIOD, owners))
    found = [page for shelf in made.packed for page in unpacked(shelf)]
    places = [entry[1] for entry in made.index["pages"]]
    assert len(found) == len(places)
    place = places.index(wanted)
    return {"entry": made.index["pages"][place], **found[place]}


def part(page: Page, title: str) -> Page:
    (found,) = (one for one in page["parts"] if one["title"] == title)
    return dict(found)


def titles(page: Page) -> list[str]:
    return [one["title"] for one in page["parts"]]


def test_a_break_is_marked_on_its_branch_alone() -> None:
    broken = finding("broken", 1, branch="release-1", since="2026-05-01T01:00:00Z")
    executions = [
        execution(number, "failure", branch=branch)
        for branch in ("main", "release-1")
        for number in range(1, 4)
    ]
    page = opened("/job/CI/unit", {"latest_executions": executions, "findings": [broken]})
    field = part(page, "Results by commit")["field"]
    marked = {field["branches"][one["branch"]]: bool(one["rows"][0]["marks"]) for one in field["sheets"]}
    assert marked == {"main": False, "release-1": True}


def test_everything_has_an_address_that_survives_a_chat() -> None:
    made = pages(facts(ANSWERS, known(ANSWERS), PERIOD, NOBODY))
    assert [entry[1] for entry in made.index["pages"]] == [
        "/workflow/CI",
        "/job/CI/unit",
        "/job/CI/lint",
        "/test/CI/s/test_a",
        "/failure/5ig",
    ]
    key = ("job", "acme/rocket", "C/I", f"a (1.2) #? {HOSTILE}")
    found = address(key, several=True)
    assert found.startswith("/job/acme%2Frocket/C%2FI/a%20%281.2%29%20%23%3F%20")
    assert found.isascii()
    assert not set(found) & set(" ()<>\"'#?")


@pytest.mark.parametrize(
    ("row", "key"),
    [
        (finding("broken", 1, level="workflow", job=None), ("workflow", "acme/rocket", "CI")),
        (finding("broken", 1), ("job", "acme/rocket", "CI", "unit")),
        (finding("flaky", 1, name="t", suite=None), ("test", "acme/rocket", "CI", "", "t")),
        (flaky(None, 1, 2), ("job", "acme/rocket", "CI", "unit")),
        (failure("x", 1, signature="5ig"), ("failure", "acme/rocket", "5ig")),
        ({"repository": "acme/rocket", "category": "test"}, None),
    ],
)
def test_a_row_tells_what_it_is_about(row: dict[str, Any], key: tuple[str, ...] | None) -> None:
    assert key_of(row) == key


def test_a_test_is_found_by_every_name_that_answers_have_for_it() -> None:
    link = known(ANSWERS).link
    place = link(failing("test_a", 1, 2, suite="s"))
    of = {"repository": "acme/rocket", "workflow": "CI"}
    assert place is not None
    assert link({**of, "level": "test", "job": "unit", "name": "s::test_a"}) == place
    assert link({**of, "test": "test_a"}) == place
    assert link({**of, "test": "test_b"}) is None


def test_the_page_of_a_job() -> None:
    page = opened("/job/CI/unit", owners=Owners("/src/ @acme/core"))
    assert page["entry"] == [1, "/job/CI/unit", "unit", ["CI"]]
    assert page["within"] == [["CI", 0]]
    assert page["figures"][:2] == [["Succeeds", "75.0 %"], ["Executions", "4"]]
    assert page["owner"] == "@acme/core"
    assert [(one["name"], one["tone"]) for one in page["findings"]] == [
        (None, ""),
        ("test_a", ""),
        (None, "ended"),
    ]
    assert page["findings"][0]["text"].startswith("Is slower since fedcba9876")
    assert titles(page) == [
        "Results by commit",
        "Duration",
        "Wait for a runner",
        "Steps that take longest, median",
        "Flakes",
        "Tests that failed",
        "Messages of its failures",
    ]
    duration = part(page, "Duration")
    assert [line["values"][:3] for line in duration["lines"]] == [[60, None, 80], [90, None, None]]
    assert [kind for _, kind in duration["marks"]] == ["slower"]
    steps = part(page, "Steps that take longest, median")["lines"]
    assert [(line["label"], line["values"][:2]) for line in steps] == [
        ("Test", [50, None]),
        ("Checkout", [9.0, None]),
    ]
    (row,) = part(page, "Flakes")["rows"]
    assert row[3] == ["https://a.example/f", "https://a.example/p"]
    assert [item["text"] for item in part(page, "Messages of its failures")["items"]] == [
        "Timeout after 4s",
        "Timeout after 9s",
    ]


def test_the_page_of_a_test() -> None:
    page = opened("/test/CI/s/test_a")
    assert page["entry"] == [2, "/test/CI/s/test_a", "test_a", ["CI", "s"]]
    assert ["Failures", "3"] in page["figures"]
    assert [(one["name"], one["page"]) for one in page["findings"]] == [("unit", 1)]
    sheet = part(page, "Results by commit")["field"]["sheets"][0]
    assert [(row["name"], [cell[:2] for cell in row["cells"]]) for row in sheet["rows"]] == [
        ("unit", [[0, 1], [1, 0]])
    ]
    jobs = part(page, "In its jobs")
    assert (jobs["name"], [row[0] for row in jobs["rows"]]) == ("Job", [["unit"], ["e2e"]])
    (item,) = part(page, "Messages")["items"]
    assert (item["failure"], item["said"][0][1]) == (4, ["CI › unit", 1])  # noqa: RUF001


def test_a_test_in_one_job_names_it_in_its_place() -> None:
    page = opened("/test/CI/s/test_a", {"tests": ANSWERS["tests"][:1]})
    assert page["within"] == [["CI", 0], ["unit", 1]]
    assert "In its jobs" not in titles(page)


def test_the_page_of_a_workflow() -> None:
    page = opened("/workflow/CI")
    assert titles(page)[:4] == ["Runs", "Duration", "Results by commit", "Jobs"]
    failed, passed = part(page, "Runs")["lines"]
    first = ANSWERS["success_over_time"][0]
    assert failed["values"][:3] == [first["total"] - first["success"], failed["values"][1], None]
    assert passed["values"][0] == first["success"]
    assert [row[4] for row in part(page, "Jobs")["rows"]] == [1, 2]
    assert [one["name"] for one in page["findings"]] == ["unit", "test_a"]


def test_the_page_of_a_failure() -> None:
    page = opened("/failure/5ig")
    assert page["template"] == "Timeout after <n>s"
    assert page["findings"][0]["text"].startswith("Spreads since")
    assert part(page, "How often")["lines"][0]["values"][:3] == [None, 3, None]
    assert [(row[0], row[1][0], row[4]) for row in part(page, "Jobs")["rows"]] == [
        (["CI", "lint"], 3, 2),
        (["CI", "unit"], 3, 1),
    ]
    items = part(page, "Examples")["items"]
    assert [(item["text"], len(item["said"]), item["failure"]) for item in items] == [
        ("Timeout after 4s", 2, None),
        ("Timeout after 9s", 1, None),
    ]
    assert items[1]["said"][0][2] == ["test_a", 3]


def test_names_and_messages_are_made_harmless() -> None:
    hostile = {
        "jobs": [job(HOSTILE, 1, 2)],
        "latest_messages": [message(HOSTILE, job=HOSTILE, url="javascript:alert(1)")],
    }
    made = opened(address(("job", "acme/rocket", "CI", HOSTILE), several=False), hostile)
    (item,) = part(made, "Messages of its failures")["items"]
    assert not set(made["entry"][2] + item["text"]) & {"\x1b", "\x9b", "\x00", "\x07", "\u202e"}
    assert item["said"][0][3] is None


def test_less_important_things_have_no_page_and_are_counted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(things.MOST, "job", 1)
    found = known(ANSWERS)
    assert found.link(job("unit", 3, 4)) is not None
    assert found.link(job("lint", 4, 4)) is None
    made = pages(facts(ANSWERS, found, PERIOD, NOBODY))
    assert made.index["left_out"] == [[0, "workflows"], [1, "jobs"], [0, "tests"], [0, "failures"]]


def test_a_long_table_of_a_page_says_what_it_leaves_out() -> None:
    tests = [failing(f"test_{index}", 1, 4) for index in range(40)]
    table = part(opened("/job/CI/unit", {"tests": tests}), "Tests that failed")
    assert (len(table["rows"]), table["more"]) == (15, 25)


def test_repositories_are_told_apart() -> None:
    other = {**job("unit", 1, 2), "repository": "acme/other"}
    page = opened("/job/acme%2Fother/CI/unit", {"jobs": [*ANSWERS["jobs"], other]})
    assert page["entry"][3] == ["acme/other", "CI"]


def test_only_the_most_expensive_findings_are_told_and_the_rest_is_counted() -> None:
    findings = [finding("flaky", cost, name=f"test_{cost}") for cost in range(12)]
    found = opened("/job/CI/unit", {"findings": findings})["findings"]
    assert [one["name"] for one in found] == [*(f"test_{cost}" for cost in range(11, 3, -1)), None]
    assert found[-1]["text"] == "And 4 more."
