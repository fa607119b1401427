import base64
import hashlib
import re
from datetime import UTC, datetime, timedelta, timezone
from html.parser import HTMLParser
from typing import Any

import pytest
from answers import ANSWERS, HOSTILE, PERIOD, days, failure, job

from etl.report.charts import daily, line_chart
from etl.report.html import MOST_ROWS, render, web_address

GENERATED_AT = datetime(2026, 5, 31, 8, 1, tzinfo=UTC)
VOID = {"meta"}


def page(**answers: Any) -> str:
    return render(ANSWERS | answers, period=PERIOD, generated_at=GENERATED_AT, title="acme/rocket")


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

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


def test_the_page_is_well_formed_and_needs_nothing_else() -> None:
    elements = Outline(page()).elements
    names = {name for name, _ in elements}
    assert not names & {"script", "link", "img", "iframe", "object", "embed", "form", "base"}
    assert not any(key in {"src", "style"} or key.startswith("on") for _, found in elements for key in found)
    assert "url(" not in page()
    assert "@import" not in page()


def test_nothing_from_ci_becomes_markup() -> None:
    text = page()
    assert "<script>alert" not in text
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in text
    assert not set(text) & {"\x1b", "\x9b", "\x00", "\x07", "\u202e"}


def test_a_title_is_escaped_too() -> None:
    text = render(ANSWERS, period=PERIOD, generated_at=GENERATED_AT, title=HOSTILE)
    assert "<script" not in text


def test_the_policy_allows_this_very_style_and_nothing_else() -> None:
    text = page()
    (style,) = re.findall(r"<style>(.*?)</style>", text, re.DOTALL)
    digest = base64.b64encode(hashlib.sha256(style.encode()).digest()).decode()
    policies = [found["content"] for name, found in Outline(text).elements if "http-equiv" in found]
    assert policies == [
        f"default-src 'none'; style-src 'sha256-{digest}'; base-uri 'none'; form-action 'none'"
    ]


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
    links = [
        found for name, found in Outline(page(failures=[failure("x", 1, url=url)])).elements if name == "a"
    ]
    assert links == []


def test_a_link_leaks_no_referrer() -> None:
    (link,) = [found for name, found in Outline(page()).elements if name == "a"]
    assert link["href"] == "https://github.com/acme/rocket/actions/runs/1/job/2"
    assert link["rel"] == "noopener noreferrer nofollow"


def test_least_reliable_jobs_come_first() -> None:
    text = page(jobs=[job("steady", 99, 100), job("shaky", 60, 100)])
    assert text.index("shaky") < text.index("steady")


def test_long_lists_say_what_they_leave_out() -> None:
    text = page(jobs=[job(f"job {index}", 1, 2) for index in range(MOST_ROWS + 7)])
    assert "7 more are not shown here" in text
    assert "ci-health show jobs" in text


def test_a_huge_message_does_not_make_a_huge_page() -> None:
    assert len(page(failures=[failure("x" * 100_000, 1)])) < 50_000


def test_an_empty_store_says_what_to_do() -> None:
    empty: dict[str, list[Any]] = {name: [] for name in ANSWERS}
    text = render(empty, period=PERIOD, generated_at=GENERATED_AT, title="CI health")
    assert "ci-health sync" in text
    assert "<table" not in text


def test_unknown_values_are_dashes() -> None:
    row = job("queued only", 1, 2) | {"p50_s": None, "p95_s": None, "queued_p50_s": None, "minutes": None}
    assert "–" in page(jobs=[row])  # noqa: RUF001


def test_the_same_answers_are_the_same_bytes_wherever_they_are_rendered() -> None:
    elsewhere = GENERATED_AT.astimezone(timezone(timedelta(hours=9)))
    other = render(ANSWERS, period=PERIOD, generated_at=elsewhere, title="acme/rocket")
    assert other == page()


def test_days_without_runs_are_gaps() -> None:
    found = [row for row in days("CI") if row["time"].day not in {10, 20}]
    chart = line_chart(daily(found), PERIOD.start, PERIOD.stop)
    assert len(chart.lines) == 3
    assert len(chart.dots) == 28


def test_the_chart_stays_within_its_frame() -> None:
    for rate in (0, 10):
        rows = [row | {"success": rate, "total": 10} for row in days("CI")]
        chart = line_chart(daily(rows), PERIOD.start + timedelta(hours=5), PERIOD.stop + timedelta(hours=5))
        assert all(0 <= dot.x <= chart.width and 0 <= dot.y <= chart.height for dot in chart.dots)


def test_workflows_of_a_day_are_summed() -> None:
    rows = [
        {"time": PERIOD.start, "success": 1, "total": 4},
        {"time": PERIOD.start.isoformat(), "success": 5, "total": 6},
        {"time": PERIOD.start, "success": 0, "total": 0},
    ]
    (day,) = daily(rows)
    assert (day.success, day.total, day.rate) == (6, 10, 0.6)
