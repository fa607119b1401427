import base64
import hashlib
import json
import re
from datetime import timedelta, timezone
from html.parser import HTMLParser
from importlib.resources import files
from typing import Any

import pytest

from etl.report.html import render
from etl.report.page import MAX_ROWS, embedded, web_address
from etl.report.priorities import priorities
from tests.report.answers import (
    ANSWERS,
    GENERATED_AT,
    HOSTILE,
    PERIOD,
    broken,
    days,
    failing,
    failure,
    flaky,
    job,
    worse,
)

VOID = {"meta", "input"}
VENDORED = files("etl.report").joinpath("vendor/uplot")


def page(**answers: Any) -> str:
    return render(ANSWERS | answers, period=PERIOD, generated_at=GENERATED_AT, title="acme/rocket")


def data(text: str) -> dict[str, Any]:
    (found,) = re.findall(r'<script type="application/json" id="data">(.*?)</script>', text)
    content: dict[str, Any] = json.loads(found)
    return content


def rows(text: str, question: str) -> list[Any]:
    found: list[Any] = data(text)["tables"][question]["rows"]
    return found


class Outline(HTMLParser):
    """Elements of a page with their attributes; fails on tags that do not match."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.open: list[str] = []
        self.feed(text)
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_needs_nothing_else() -> None:
    elements = Outline(page()).elements
    names = {name for name, _ in elements}
    assert not names & {"link", "img", "iframe", "object", "embed", "form", "base"}
    assert not any(key in {"src", "style"} or key.startswith("on") for _, found in elements for key in found)
    assert "url(" not in re.findall(r"<style>(.*?)</style>", page(), re.DOTALL)[0]
    assert "@import" not in page()


def test_nothing_from_ci_becomes_markup() -> None:
    text = page()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert "\\u003cscript\\u003ealert(1)\\u003c/script\\u003e" in text
    assert not set(text) & {"\x1b", "\x9b", "\x00", "\x07", "\u202e"}


@pytest.mark.parametrize("text", ["</script>", "<!--<script>", "]]>", "&lt;", "\u2028\u2029", "é\U0001f600"])
def test_embedded_data_is_ascii_without_markup_and_reads_back(text: str) -> None:
    found = embedded({"a": [text]})
    assert found.isascii()
    assert not set(found) & set("<>&")
    assert json.loads(found) == {"a": [text]}


def test_a_title_is_escaped_too() -> None:
    text = render(ANSWERS, period=PERIOD, generated_at=GENERATED_AT, title=HOSTILE)
    assert "<script>alert" not in text


def test_the_policy_allows_this_very_style_and_these_scripts_and_nothing_else() -> None:
    text = page()

    def digest(content: str) -> str:
        return f"'sha256-{base64.b64encode(hashlib.sha256(content.encode()).digest()).decode()}'"

    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    theme, script = re.findall(r"<script>(.*?)</script>", text, re.DOTALL)
    policies = [found["content"] for name, found in Outline(text).elements if "http-equiv" in found]
    assert policies == [
        (
            f"default-src 'none'; style-src {digest(style)}; script-src {digest(theme)} {digest(script)}; "
            "base-uri 'none'; form-action 'none'; require-trusted-types-for 'script'; trusted-types 'none'"
        )
    ]


def test_the_library_is_the_one_that_was_pinned_and_brings_its_licence() -> None:
    record = json.loads(VENDORED.joinpath("vendored.json").read_text("utf-8"))
    assert {entry.name for entry in VENDORED.iterdir()} == {*record["files"], "vendored.json"}
    for name, entry in record["files"].items():
        assert hashlib.sha256(VENDORED.joinpath(name).read_bytes()).hexdigest() == entry["sha256"]
    assert f"v{record['version']}" in VENDORED.joinpath("uPlot.iife.min.js").read_text("utf-8")
    assert "Permission is hereby granted" in page()


@pytest.mark.parametrize(
    "url",
    [
        "javascript:alert(1)",
        "JaVaScRiPt:alert(1)",
        " https://example.com",
        "java\nscript:alert(1)",
        "data:text/html,x",
        "//example.com",
        "https://",
        "https://[",
        "ftp://example.com",
        "",
        None,
        7,
    ],
)
def test_only_web_addresses_become_links(url: Any) -> None:
    assert web_address(url) is None
    text = page(failures=[failure("x", 1, url=url)])
    assert [
        found
        for name, found in Outline(text).elements
        if name == "a" and not str(found["href"]).startswith("#")
    ] == []
    assert rows(text, "failures")[0][3] == [None]


def test_a_link_leaks_no_referrer() -> None:
    found = [
        found
        for name, found in Outline(page()).elements
        if name == "a" and not str(found["href"]).startswith("#")
    ]
    assert found == [
        {
            "href": "https://github.com/acme/rocket/actions/runs/1/job/2",
            "rel": "noopener noreferrer nofollow",
            "target": "_blank",
        }
    ]


def test_least_reliable_jobs_come_first() -> None:
    found = rows(page(jobs=[job("steady", 99, 100), job("shaky", 60, 100)]), "jobs")
    assert [row[0] for row in found] == [["shaky"], ["steady"]]


def test_long_lists_say_what_they_leave_out() -> None:
    text = page(jobs=[job(f"job {index}", 1, 2) for index in range(MAX_ROWS + 7)])
    assert "7 more are not in this page" in text
    assert "ci-health show jobs" in text
    assert len(rows(text, "jobs")) == MAX_ROWS


def test_a_huge_message_does_not_make_a_huge_page() -> None:
    assert len(page(failures=[failure("x" * 100_000, 1)])) < len(page(failures=[])) + 10_000


def test_an_empty_store_says_what_to_do() -> None:
    empty: dict[str, list[Any]] = {name: [] for name in ANSWERS}
    text = render(empty, period=PERIOD, generated_at=GENERATED_AT, title="CI health")
    assert "ci-health sync" in text
    assert "data-table" not in text


def test_an_empty_answer_is_told() -> None:
    assert "No flakes in the last 30 days." in page(flaky=[])


def test_a_question_that_was_not_asked_has_no_section() -> None:
    answers = {name: rows for name, rows in ANSWERS.items() if name != "tests"}
    text = render(answers, period=PERIOD, generated_at=GENERATED_AT, title="x")
    assert 'id="tests"' not in text
    assert 'id="flaky"' in text


def test_values_that_json_does_not_have_are_unknown() -> None:
    (row,) = rows(page(jobs=[job("queued only", 1, 2, p50_s=float("nan"), p95_s=None)]), "jobs")
    assert row[1] == [2, 0.5, None, None, 3.0, 1234.5]


def test_the_same_answers_are_the_same_bytes_wherever_they_are_rendered() -> None:
    elsewhere = GENERATED_AT.astimezone(timezone(timedelta(hours=9)))
    other = render(ANSWERS, period=PERIOD, generated_at=elsewhere, title="acme/rocket")
    assert other == page()


def test_workflows_of_a_day_are_summed_and_percentiles_are_not() -> None:
    everything, ci, release = data(page(success_over_time=[*days("Release", 2), *days("CI", 1)]))["trends"]
    assert (everything["name"], ci["name"], release["name"]) == ("All workflows", "CI", "Release")
    assert everything["total"][:3] == [ci["total"][0] + release["total"][0], release["total"][1], 0]
    assert set(everything["p50"]) == {None}
    assert release["p50"][:3] == [300.0, 340.0, None]


def test_leads_name_what_fails_flakes_and_comes_most() -> None:
    found = priorities(
        {
            "tests": [failing("whole", 3, 9), failing("dead", 9, 9, state="broken")],
            "jobs": [job("rare", 0, 2), job("often", 80, 100), job("fine", 5, 5)],
            "flaky": [flaky("healed", 9, 100, state="quiet"), flaky(None, 4, 90)],
            "failures": [failure("seldom", 1), failure("often", 7, url="javascript:alert(1)")],
        }
    )
    assert [(lead.question, [item.name for item in lead.items]) for lead in found] == [
        ("tests", ["dead"]),
        ("jobs", ["often", "rare"]),
        ("flaky", ["unit"]),
        ("failures", ["often", "seldom"]),
    ]
    assert found[0].items[0].why == "failed 9 of 9 runs, last 2026\u201105\u201130"
    assert (
        found[2].items[0].why == "flaked 4 times (4.4 % of runs), 12m 30s wasted, last 2026\u201105\u201130"
    )
    assert found[3].items[0].url is None


def test_a_workflow_is_no_lead_of_its_own_beside_the_job_that_broke_it() -> None:
    rows = [
        broken("CI", None, 51.5),
        broken("CI", "unit", 50.0, url="https://github.com/acme/rocket/compare/a...b"),
        broken("Docs", None, 4.0),
        broken("CI", "lint", 2.0, first_bad_sha="00112233445566"),
    ]
    (lead,) = priorities({"broken": rows})
    assert [item.name for item in lead.items] == ["unit", "Docs", "lint"]
    assert lead.items[0].why == "red for 2d 02h, since fedcba9876 of 2026\u201105\u201129"
    assert lead.items[0].url == "https://github.com/acme/rocket/compare/a...b"


def test_leads_tell_what_got_worse_and_what_that_cost() -> None:
    rows = [
        worse("a", "slower", 224),
        worse("b", "less reliable", 19),
        worse("c", "flakier", 1, flakes_before=0),
    ]
    (lead,) = priorities({"worse": rows})
    assert [item.why for item in lead.items] == [
        "slower: 5m 56s → 8m 30s, median; cost 3h 44m",
        "less reliable: 95.0 % → 90.0 % succeed; cost 19m 00s",
        "flakier: flaked 3 times, never in the period before; cost 1m 00s",
    ]


def test_a_suite_without_a_name_is_not_told() -> None:
    found = rows(page(tests=[failing("a", 1, 2, suite="␛(empty)"), failing("b", 1, 2, suite="s")]), "tests")
    assert [row[0] for row in found] == [["a"], ["s", "b"]]


def test_leads_name_the_repository_where_there_are_several() -> None:
    (one,) = priorities({"jobs": [job("a", 1, 2)]})
    (several,) = priorities({"jobs": [job("a", 1, 2), job("b", 1, 3, repository="acme/website")]})
    assert [item.where for item in one.items] == ["CI"]
    assert {item.where.split()[0] for item in several.items} == {"acme/rocket", "acme/website"}
