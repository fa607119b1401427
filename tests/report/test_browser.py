"""The report in a real Chromium. Messages, dialogs and requests of the page fail every test here."""

from collections.abc import Callable
from importlib.resources import files
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect

from etl.report.formats import Kind, written
from tests.report.answers import ANSWERS, HOSTILE, failing, failure, finding, flaky, job, workflow

Opened = Callable[..., Page]

DESKTOP = {"width": 1280, "height": 900}
PHONES = [320, 390]
ATTACKS = [
    "<img src=x onerror=alert(1)>",
    "</script><script>alert(1)</script>",
    "<!--<script>",
    "]]>\u2028alert(1)\u2029",
    "{{ 7 * 7 }}${7 * 7}",
]


def called(page: Page, table: str) -> list[str]:
    return page.locator(f"#{table} tbody .called").all_inner_texts()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [*PHONES, DESKTOP["width"]])
def test_it_renders_whole_and_no_wider_than_the_window(opened: Opened, scheme: Any, width: int) -> None:
    page = opened(color_scheme=scheme, viewport={"width": width, "height": 800})
    expect(page.locator(".chart canvas")).to_have_count(2)
    for question in ("broken", "workflows", "jobs", "flaky", "failures", "tests", "slow"):
        assert page.locator(f"#{question} tbody tr").count() > 0
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("attack", [*ATTACKS, HOSTILE])
def test_whatever_ci_calls_things_is_text(opened: Opened, attack: str) -> None:
    page = opened(
        {
            "workflows": [workflow(attack, 1, 2)],
            "jobs": [job(attack, 1, 2)],
            "tests": [failing(attack, 1, 2, suite=attack)],
            "flaky": [flaky(attack, 1, 2, message=attack)],
            "failures": [failure(attack, 1, message=attack, url=f"javascript:{attack}")],
            "success_over_time": [
                row | {"workflow": attack} for row in ANSWERS["success_over_time"] if row["workflow"] == "CI"
            ],
        }
    )
    assert page.locator("img").count() == 0
    assert page.locator("script").count() == 5
    assert page.locator("a[href^=javascript]").count() == 0
    for question in ("workflows", "jobs", "tests", "flaky", "failures"):
        (text,) = called(page, question)
        assert text.split()[0][:5] == attack.split(maxsplit=1)[0][:5]


def test_a_name_that_is_markup_is_shown_as_it_is(opened: Opened) -> None:
    markup = "<img src=x onerror=alert(1)>"
    page = opened({"jobs": [job(markup, 1, 2)], "findings": [finding("slower", 9, job=markup)]})
    assert called(page, "jobs") == [markup]
    assert markup in page.locator(".priorities").inner_text()


def test_markup_that_gets_in_all_the_same_is_refused_by_the_policy(opened: Opened, browser: Browser) -> None:
    page = browser.new_page()
    page.goto(opened().url)
    refused = page.evaluate(
        """() => { try { document.body.innerHTML += "<b>x</b>"; return false } catch { return true } }"""
    )
    page.close()
    assert refused


def test_a_table_sorts_by_a_column_and_back(opened: Opened) -> None:
    page = opened({"jobs": [job("a10", 1, 4), job("a9", 3, 4), job("b", 2, 4, p50_s=None)]})
    assert called(page, "jobs") == ["a10", "b", "a9"]
    head = page.locator("#jobs th", has_text="Job")
    head.get_by_role("button").click()
    assert called(page, "jobs") == ["a9", "a10", "b"]
    expect(head).to_have_attribute("aria-sort", "ascending")
    head.get_by_role("button").click()
    assert called(page, "jobs") == ["b", "a10", "a9"]
    expect(head).to_have_attribute("aria-sort", "descending")
    page.locator("#jobs th", has_text="Success").get_by_role("button").click()
    assert called(page, "jobs") == ["a9", "b", "a10"]
    expect(head).to_have_attribute("aria-sort", "none")


def test_what_is_unknown_stands_last_in_either_direction(opened: Opened) -> None:
    page = opened(
        {"jobs": [job("x", 1, 4, p50_s=None), job("y", 3, 4, p50_s=9.0), job("z", 2, 4, p50_s=5.0)]}
    )
    head = page.locator("#jobs th", has_text="p50").get_by_role("button")
    head.click()
    assert called(page, "jobs") == ["y", "z", "x"]
    head.click()
    assert called(page, "jobs") == ["z", "y", "x"]


def test_a_table_filters_by_words_in_any_order(opened: Opened) -> None:
    rows = [failing(f"test_{index}", 1, 2, job=f"unit {index % 3}") for index in range(30)]
    page = opened({"tests": [*rows, failing("test_last", 2, 2, state="broken")]})
    box = page.get_by_label("Filter Tests that failed")
    box.fill("TEST_7 unit")
    assert called(page, "tests") == ["test_7"]
    expect(page.locator("#tests .found")).to_have_text("1 of 31")
    box.fill("broken")
    assert called(page, "tests") == ["test_last"]
    box.fill("")
    expect(page.locator("#tests .found")).to_have_text("31 of 31")


def test_ten_thousand_rows_are_drawn_as_they_are_asked_for(opened: Opened) -> None:
    page = opened({"tests": [failing(f"test_{index}", 1, 10_000 - index) for index in range(10_000)]})
    rows = page.locator("#tests tbody tr")
    assert rows.count() == 25
    page.locator("#tests .more").click()
    assert rows.count() == 100
    page.get_by_label("Filter Tests that failed").fill("test_9999")
    assert called(page, "tests") == ["test_9999"]
    page.get_by_label("Filter Tests that failed").fill("")
    page.locator("#tests th", has_text="Runs").get_by_role("button").click()
    page.locator("#tests th", has_text="Runs").get_by_role("button").click()
    assert called(page, "tests")[0] == "test_9999"


def background(page: Page) -> str:
    return str(page.evaluate("getComputedStyle(document.body).backgroundColor"))


def test_the_theme_follows_the_system_until_one_is_chosen_and_kept(opened: Opened) -> None:
    page = opened(color_scheme="light")
    light = background(page)
    page.emulate_media(color_scheme="dark")
    dark = background(page)
    assert dark != light
    page.get_by_text("Light", exact=True).click()
    assert background(page) == light
    page.reload()
    assert background(page) == light
    expect(page.get_by_label("Light")).to_be_checked()
    page.get_by_text("System", exact=True).click()
    assert background(page) == dark


def test_charts_are_drawn_in_the_colours_of_the_theme(opened: Opened) -> None:
    page = opened(color_scheme="light")
    colours = {page.locator(".u-marker").nth(1).evaluate("node => getComputedStyle(node).borderColor")}
    page.get_by_text("Dark", exact=True).click()
    colours.add(page.locator(".u-marker").nth(1).evaluate("node => getComputedStyle(node).borderColor"))
    assert len(colours) == 2


def test_a_chart_tells_the_day_under_the_pointer(opened: Opened) -> None:
    page = opened(viewport=DESKTOP)
    page.get_by_label("Workflow", exact=True).select_option("Release")
    plot = page.locator(".chart .u-over").first
    plot.hover(position={"x": 1, "y": 50})
    expect(page.locator(".chart").first.locator(".u-value").nth(0)).to_have_text("1 May")
    first = ANSWERS["success_over_time"][30]
    expect(page.locator(".chart").first.locator(".u-value").nth(1)).to_have_text(
        f"{written(first['success_rate'], Kind.RATE)} ({first['success']} of {first['total']})"
    )
    expect(page.locator(".chart").nth(1).locator(".u-value").nth(1)).to_have_text("5m 00s")


def test_a_chosen_workflow_has_its_percentiles(opened: Opened) -> None:
    rows = [row | {"p95_s": row["p50_s"] * 2} for row in ANSWERS["success_over_time"]]
    page = opened({"success_over_time": rows})
    labels = page.locator(".chart").nth(1).locator(".u-label")
    assert labels.all_inner_texts() == ["Day", "CI, p50", "Release, p50"]
    page.get_by_label("Workflow", exact=True).select_option("CI")
    assert labels.all_inner_texts() == ["Day", "p50", "p95"]


def test_a_row_keeps_its_closest_name_also_where_all_share_it(opened: Opened) -> None:
    page = opened({"flaky": [flaky("test_decays", 3, 10), flaky(None, 2, 10)]})
    assert called(page, "flaky") == ["test_decays", "unit"]


def test_a_phone_sorts_without_heads(opened: Opened) -> None:
    rows = [failing(f"test_{index}", 1, 2 + index) for index in range(12)]
    page = opened({"tests": rows}, viewport={"width": 390, "height": 844})
    expect(page.locator("#tests thead")).to_be_hidden()
    page.get_by_label("Sort Tests that failed").select_option("Runs")
    assert called(page, "tests")[0] == "test_11"


def test_a_row_unfolds_its_example(opened: Opened) -> None:
    page = opened()
    example = page.locator("#failures pre").first
    expect(example).to_be_hidden()
    page.locator("#failures summary").first.click()
    expect(example).to_be_visible()
    expect(example).to_contain_text("kubectl describe pod said nothing")


def test_evidence_links_to_what_failed_and_what_passed(opened: Opened) -> None:
    urls = {
        f"{way}_url": f"https://github.com/acme/rocket/actions/runs/{way}" for way in ("failed", "passed")
    }
    page = opened({"flaky": [flaky("test_decays", 3, 10, **urls), flaky("test_spins", 1, 10)]})
    links = page.locator("#flaky tbody tr").first.locator(".links a")
    assert [link.get_attribute("href") for link in links.all()] == list(urls.values())
    assert page.locator("#flaky tbody tr").nth(1).locator(".links a").count() == 0


def test_a_test_in_a_matrix_unfolds_its_jobs(opened: Opened) -> None:
    links = {"failed_url": "https://github.com/acme/rocket/actions/runs/1"}
    rows = [
        flaky("test_decays", 3, 10, job="unit (a)"),
        flaky("test_decays", 1, 10, job="unit (b)", state="broken", **links),
        flaky("test_spins", 1, 10),
    ]
    page = opened({"flaky": rows})
    assert called(page, "flaky") == ["test_decays", "test_spins"]
    button = page.locator("#flaky .jobs")
    expect(button).to_have_text("unit (2 jobs)")
    expect(button.locator(".cell")).to_have_count(2)
    expect(button).to_have_attribute("title", "unit (a): flaky\nunit (b): broken")
    expect(button).to_have_attribute("aria-expanded", "false")
    button.click()
    assert called(page, "flaky") == ["test_decays", "unit (a)", "unit (b)", "test_spins"]
    expect(page.locator("#flaky .within").nth(1).locator("a")).to_have_attribute("href", links["failed_url"])
    page.locator("#flaky th", has_text="Flakes").get_by_role("button").click()
    expect(page.locator("#flaky .within")).to_have_count(2)
    page.locator("#flaky .jobs").click()
    assert called(page, "flaky") == ["test_decays", "test_spins"]


def test_a_job_of_a_test_is_found_by_the_filter(opened: Opened) -> None:
    rows = [failing(f"test_{index}", 1, 2, job=f"unit ({job})") for index in range(12) for job in "ab"]
    page = opened({"tests": [*rows, failing("test_x", 1, 2, job="e2e (z)"), failing("test_x", 1, 2)]})
    page.get_by_label("Filter Tests that failed").fill("e2e")
    assert called(page, "tests") == ["test_x"]


def test_paper_is_light_and_has_no_controls(opened: Opened) -> None:
    page = opened(color_scheme="dark")
    page.get_by_text("Dark", exact=True).click()
    assert page.pdf(format="A4").startswith(b"%PDF")
    assert page.locator("html").get_attribute("data-theme") == "dark"
    page.emulate_media(media="print")
    assert page.evaluate("getComputedStyle(document.documentElement).colorScheme") == "light"
    for controls in ("nav", ".theme", ".tools >> nth=0", ".more >> nth=0"):
        expect(page.locator(controls)).to_be_hidden()
    expect(page.locator("#jobs thead")).to_be_visible()


def test_paper_has_tables_as_wide_as_itself(opened: Opened) -> None:
    """An A4 page with usual margins is narrower than a screen that gets cards in place of tables."""
    page = opened(viewport={"width": 703, "height": 1000})
    page.emulate_media(media="print")
    for question in ("jobs", "flaky", "broken"):
        expect(page.locator(f"#{question} thead")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == 703


def test_a_phone_shows_few_rows_and_nothing_that_is_unknown(opened: Opened) -> None:
    rows = [failing(f"test_{index}", 1, 2, mean_s=2.0 if index else None) for index in range(12)]
    page = opened({"tests": rows}, viewport={"width": 390, "height": 844})
    expect(page.locator("#tests tbody tr")).to_have_count(8)
    first = page.locator("#tests tbody tr").first
    expect(first.locator('[data-title="Mean"]')).to_be_hidden()
    expect(first.locator('[data-title="Runs"]')).to_be_visible()


def test_all_sections_can_be_reached_from_the_first_screen(opened: Opened) -> None:
    page = opened(viewport=DESKTOP)
    links = page.locator("nav a")
    assert links.count() == page.locator("section[id]").count()
    assert page.evaluate("(nav => nav.scrollWidth <= nav.clientWidth)(document.querySelector('nav'))")


def test_without_javascript_figures_and_what_to_do_are_there(opened: Opened) -> None:
    page = opened(java_script_enabled=False)
    expect(page.locator(".figures")).to_contain_text("87.1 %")
    expect(page.locator(".priorities")).to_contain_text("build is slower since fedcba9876")


VALUES: dict[Kind, list[float | None]] = {
    Kind.COUNT: [0, 7, 1234, 1234567],
    Kind.MINUTES: [0.0, 12.34, 98765.4],
    Kind.RATE: [0.0, 0.00001, 0.1234, 0.5, 0.99999, 1.0, None],
    Kind.DURATION: [
        0.0,
        0.04,
        9.94,
        9.97,
        12.3,
        59.4,
        59.9,
        60.0,
        3599.9,
        3600.2,
        86000.0,
        86399.0,
        200000.0,
    ],
}


@pytest.mark.parametrize("kind", VALUES)
def test_the_page_writes_values_as_the_terminal_does(browser: Browser, kind: Kind) -> None:
    page = browser.new_page()
    script = files("etl.report").joinpath("script/format.js").read_text("utf-8")
    found = page.evaluate(
        f"([values, kind]) => {{ {script}; return values.map((value) => written(value, kind)); }}",
        [VALUES[kind], kind.name],
    )
    page.close()
    assert found == [written(value, kind) for value in VALUES[kind]]
