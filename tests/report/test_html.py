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
from etl.report.packing import packed
from etl.report.page import MAX_ROWS, web_address
from tests.report.answers import (
    ANSWERS,
    GENERATED_AT,
    HOSTILE,
    PERIOD,
    days,
    failing,
    failure,
    finding,
    job,
)
from tests.report.packing import unpacked

VOID = {"meta", "input"}
VENDORED = files("etl.report").joinpath("vendor/uplot")


def page(**answers: Any) -> str:
    return render(ANSWERS | answers, period=PERIOD, generated_at=GENERATED_AT, title="acme/rocket")


def data(text: str) -> dict[str, Any]:
    (found,) = re.findall(r'<script type="text/plain" id="data">(.*?)</script>', text)
    content: dict[str, Any] = unpacked(found)
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
    assert "<script>alert(1)</script>" in json.dumps(data(text))
    assert not set(text) & {"\x1b", "\x9b", "\x00", "\x07", "\u202e"}


@pytest.mark.parametrize("text", ["</script>", "<!--<script>", "]]>", "&lt;", "\u2028\u2029", "é\U0001f600"])
def test_packed_data_is_without_markup_and_reads_back(text: str) -> None:
    found = packed({"a": [text]})
    assert re.fullmatch("[A-Za-z0-9+/=]+", found)
    assert unpacked(found) == {"a": [text]}


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
    text = page(failures=[failure("x", 1, url=url)], findings=[finding("slower", 1, url=url)])
    assert [
        found
        for name, found in Outline(text).elements
        if name == "a" and not str(found["href"]).startswith("#")
    ] == []
    assert rows(text, "failures")[0][3] == []
    assert data(text)["tables"]["failures"]["links"] == []


def test_a_link_leaks_no_referrer() -> None:
    found = [
        found
        for name, found in Outline(page()).elements
        if name == "a" and not str(found["href"]).startswith("#")
    ]
    assert {link["href"] for link in found} == {"https://github.com/acme/rocket/compare/a...b"}
    assert {(link["rel"], link["target"]) for link in found} == {("noopener noreferrer nofollow", "_blank")}


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


def test_an_empty_answer_is_reported() -> None:
    assert "No flakes in the last 30 days." in page(flaky=[])


def test_a_question_that_was_not_asked_has_no_section() -> None:
    answers = {name: rows for name, rows in ANSWERS.items() if name != "tests"}
    text = render(answers, period=PERIOD, generated_at=GENERATED_AT, title="x")
    assert 'id="tests"' not in text
    assert 'id="flaky"' in text


def test_values_that_json_does_not_have_are_unknown() -> None:
    jobs = [job("queued only", 1, 2, p50_s=float("nan"), p95_s=None), job("steady", 9, 9)]
    row, _ = rows(page(jobs=jobs), "jobs")
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


def test_a_suite_without_a_name_is_not_reported() -> None:
    found = rows(page(tests=[failing("a", 1, 2, suite="␛(empty)"), failing("b", 1, 2, suite="s")]), "tests")
    assert [row[0] for row in found] == [["a"], ["s", "b"]]


def test_a_column_of_nothing_but_unknown_values_is_none() -> None:
    found = data(page(jobs=[job("a", 1, 2, queued_p50_s=None), job("b", 1, 2, queued_p50_s=None)]))
    assert "queued_p50_s" not in [column["key"] for column in found["tables"]["jobs"]["columns"]]


def test_categories_are_named_by_what_they_are() -> None:
    own = {"repository": "acme/rocket", "count": 3, "share": 0.75, "jobs": 2}
    text = page(categories=[{**own, "category": "test"}, {**own, "category": "network"}])
    table = data(text)["tables"]["categories"]
    assert (table["name"], [row[0] for row in table["rows"]]) == ("Category", [["test"], ["network"]])
    assert [column["title"] for column in table["columns"]] == ["Count", "Share", "Jobs"]


def test_what_all_names_begin_with_is_said_once() -> None:
    suites = ("io.acme.rocket.OrbitTest", "io.acme.rocket.EngineTest")
    text = page(tests=[failing("a", 1, 2, suite=suites[0]), failing("b", 1, 2, suite=suites[1])])
    assert "All in acme/rocket › CI › unit. Suites begin with io.acme.rocket." in text  # noqa: RUF001
    assert [row[0] for row in rows(text, "tests")] == [["OrbitTest", "a"], ["EngineTest", "b"]]


def test_a_test_in_a_matrix_is_one_row_with_its_jobs_in_it() -> None:
    several = [failing("a", 1, 9, job="unit (x)"), failing("a", 3, 3, job="unit (y)", state="broken")]
    first, second = rows(page(tests=[*several, failing("b", 2, 9)]), "tests")
    assert first[0] == ["a"]
    assert first[1][:2] == [12.0, 4.0]
    assert first[5:7] == ["unit (2 jobs)", ["failing", "broken"]]
    assert [(row[0], row[1][:2]) for row in first[7]] == [
        (["unit (x)"], [9.0, 1.0]),
        (["unit (y)"], [3.0, 3.0]),
    ]
    assert len(second) == 5


def _colours(text: str) -> dict[str, tuple[str, str]]:
    """Colours by name: the light one and the dark one."""
    found = re.findall(r"--([\w-]+): light-dark\((#\w{6}), (#\w{6})\)", text)
    return {name: (light, dark) for name, light, dark in found}


def _luminance(colour: str) -> float:
    parts = [int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


@pytest.mark.parametrize("scheme", [0, 1], ids=["light", "dark"])
@pytest.mark.parametrize("ground", ["ground", "card", "raised"])
@pytest.mark.parametrize("ink", ["ink", "quiet", "link", "good", "bad", "warn", "series-1", "series-4"])
def test_text_stands_out_from_what_is_behind_it(ink: str, ground: str, scheme: int) -> None:
    """Contrast of at least 4.5 to 1, as WCAG 2.2 asks at level AA."""
    colours = _colours(files("etl.report").joinpath("report.css").read_text("utf-8"))
    dark, light = sorted(_luminance(colours[name][scheme]) for name in (ink, ground))
    assert (light + 0.05) / (dark + 0.05) >= 4.5


def test_what_to_do_first_is_said_with_what_changed() -> None:
    text = page(findings=[finding("slower", 224.4, job="build", size=0.43)])
    assert "What to do first" in text
    assert "is slower since fedcba9876 (May 29)" in text
    assert 'href="https://github.com/acme/rocket/compare/a...b"' in text
    assert "Nothing: no job or test is broken" in page(findings=[])
