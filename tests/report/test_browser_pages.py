"""Pages of the report and its search in a real Chromium: links, the back button, keyboard, and hostile names."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from etl.report.addresses import address
from tests.report.answers import HOSTILE, failing, failure, job
from tests.report.test_pages import ANSWERS, message

Opened = Callable[..., Page]

DESKTOP = {"width": 1280, "height": 900}
MARKUP = "<img src=x onerror=alert(1)>"


def heading(page: Page) -> Any:
    return page.locator("#page h2")


@pytest.mark.parametrize(
    ("fragment", "name"),
    [
        ("#/workflow/CI", "CI"),
        ("#/job/CI/unit", "unit"),
        ("#/test/CI/s/test_a", "test_a"),
        ("#/failure/5ig", "Timeout after <n>s"),
    ],
)
def test_a_link_opens_its_page_and_nothing_of_the_report(opened: Opened, fragment: str, name: str) -> None:
    page = opened(ANSWERS, fragment)
    expect(heading(page)).to_have_text(name)
    expect(heading(page)).to_be_focused()
    expect(page.locator("#report")).to_be_hidden()
    assert page.title() == f"{name} · CI health: acme/rocket"
    assert page.locator("#page h3").count() > 2


@pytest.mark.parametrize(
    ("place", "name"),
    [
        (".priorities a.called", "unit"),
        ("#cells .labels a >> text=lint", "lint"),
        ("#cells h3 a", "CI"),
        ("#jobs td.name a", "unit"),
        ("#tests td.name a", "test_a"),
        ("#failures td.name a", "Timeout after <n>s"),
    ],
)
def test_a_name_leads_to_its_page_wherever_it_stands(opened: Opened, place: str, name: str) -> None:
    page = opened(ANSWERS, viewport=DESKTOP)
    page.locator(place).first.click()
    expect(heading(page)).to_have_text(name)
    assert page.evaluate("scrollY") == 0


def test_the_back_button_returns_to_the_place_and_the_link(opened: Opened) -> None:
    page = opened(ANSWERS, viewport=DESKTOP)
    name = page.locator("#jobs td.name a").first
    name.click()
    expect(heading(page)).to_be_focused()
    page.locator("#page .trail a", has_text="CI").click()
    expect(heading(page)).to_have_text("CI")
    page.go_back()
    expect(heading(page)).to_have_text("unit")
    page.go_back()
    expect(page.locator("#report")).to_be_visible()
    expect(name).to_be_focused()
    expect(name).to_be_in_viewport()
    assert page.title() == "CI health: acme/rocket"


def test_a_section_can_be_reached_from_a_page(opened: Opened) -> None:
    page = opened(ANSWERS, "#/job/CI/unit", viewport=DESKTOP)
    page.locator("nav a[href='#jobs']").click()
    expect(page.locator("#jobs h2")).to_be_in_viewport()
    expect(page.locator("#page")).to_be_hidden()


@pytest.mark.parametrize("fragment", ["#/job/CI/nothing", "#/", "#/job/%E0%A4%A", "#/x"])
def test_an_address_of_nothing_says_so(opened: Opened, fragment: str) -> None:
    page = opened(ANSWERS, fragment)
    if fragment == "#/":
        expect(page.locator("#report")).to_be_visible()
        return
    expect(heading(page)).to_have_text("Not in this report")
    page.get_by_role("link", name="Go to the overview").click()
    expect(page.locator("#report")).to_be_visible()


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [320, 1280])
@pytest.mark.parametrize(
    "fragment", ["#/workflow/CI", "#/job/CI/unit", "#/test/CI/s/test_a", "#/failure/5ig"]
)
def test_a_page_is_no_wider_than_the_window(opened: Opened, scheme: Any, width: int, fragment: str) -> None:
    page = opened(ANSWERS, fragment, color_scheme=scheme, viewport={"width": width, "height": 800})
    expect(heading(page)).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") == width


@pytest.mark.parametrize("text", [MARKUP, HOSTILE, "</script><script>alert(1)</script>", "a/b?c#d%e"])
def test_whatever_ci_calls_things_is_text_on_pages_too(opened: Opened, text: str) -> None:
    answers = ANSWERS | {
        "jobs": [job(text, 1, 2)],
        "tests": [failing(text, 1, 2, job=text, suite=text)],
        "failures": [failure(text, 1, signature="5ig")],
        "latest_messages": [message(text, job=text, test=text, url=f"javascript:{text}")],
    }
    for key in (
        ("job", "acme/rocket", "CI", text),
        ("test", "acme/rocket", "CI", text, text),
        ("failure", "acme/rocket", "5ig"),
    ):
        page = opened(answers, f"#{address(key, several=False)}")
        expect(heading(page)).not_to_have_text("Not in this report")
        assert heading(page).inner_text().split()[0][:5] == text.split(maxsplit=1)[0][:5]
        assert page.locator("img").count() == 0
        assert page.locator("a[href^=javascript]").count() == 0


def test_charts_of_a_page_follow_the_theme_and_the_pointer(opened: Opened) -> None:
    page = opened(ANSWERS, "#/job/CI/unit", viewport=DESKTOP, color_scheme="light")
    chart = page.locator("#page .chart").first
    before = chart.locator(".u-marker").nth(1).evaluate("node => getComputedStyle(node).borderColor")
    page.get_by_text("Dark", exact=True).click()
    assert chart.locator(".u-marker").nth(1).evaluate("node => getComputedStyle(node).borderColor") != before
    chart.locator(".u-over").hover(position={"x": 1, "y": 50})
    assert chart.locator(".u-value").all_inner_texts() == ["1 May", "1m 00s", "1m 30s"]


def test_steps_stand_on_each_other_and_tell_their_own_times(opened: Opened) -> None:
    page = opened(ANSWERS, "#/job/CI/unit", viewport=DESKTOP)
    chart = page.locator("#page .chart").nth(2)
    assert chart.locator(".u-label").all_inner_texts() == ["Day", "Checkout", "Test"]
    chart.locator(".u-over").hover(position={"x": 8, "y": 50})
    assert chart.locator(".u-value").all_inner_texts() == ["1 May", "9.0s", "50s"]


def test_paper_has_the_page_and_no_controls(opened: Opened) -> None:
    page = opened(ANSWERS, "#/job/CI/unit")
    page.emulate_media(media="print")
    for controls in ("#page .trail", ".find", ".theme", "#report"):
        expect(page.locator(controls)).to_be_hidden()
    expect(heading(page)).to_be_visible()
    assert page.pdf(format="A4").startswith(b"%PDF")


def test_the_search_opens_by_its_key_and_is_used_by_keyboard_alone(opened: Opened) -> None:
    page = opened(ANSWERS, viewport=DESKTOP)
    page.keyboard.press("/")
    box = page.get_by_role("combobox", name="Search")
    expect(box).to_be_focused()
    assert page.locator("#found .group").all_inner_texts() == ["Workflows", "Jobs", "Tests", "Failures"]
    page.keyboard.type("ci")
    assert page.locator("#found .called").all_inner_texts() == ["CI", "unit", "lint", "test_a"]
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowUp")
    expect(page.locator("#found [aria-selected=true]")).to_have_attribute("href", "#/job/CI/unit")
    assert box.get_attribute("aria-activedescendant") == page.locator(
        "#found [aria-selected=true]"
    ).get_attribute("id")
    page.keyboard.press("Enter")
    expect(page.locator("dialog")).to_be_hidden()
    expect(heading(page)).to_be_focused()
    expect(heading(page)).to_have_text("unit")


def test_the_search_closes_and_leaves_all_as_it_was(opened: Opened) -> None:
    page = opened(ANSWERS, viewport=DESKTOP)
    button = page.get_by_role("button", name="Search")
    button.click()
    page.keyboard.press("Escape")
    expect(page.locator("dialog")).to_be_hidden()
    expect(button).to_be_focused()
    rows = [failing(f"test_{index}", 1, 2) for index in range(12)]
    page = opened(ANSWERS | {"tests": rows}, viewport=DESKTOP)
    page.get_by_label("Filter Tests that failed").press("/")
    expect(page.locator("dialog")).to_be_hidden()


def test_the_search_says_that_nothing_is_found(opened: Opened) -> None:
    page = opened(ANSWERS)
    page.keyboard.press("/")
    page.keyboard.type(f"{MARKUP} zzz")
    expect(page.locator("dialog [role=status]")).to_have_text(f"Nothing is called “{MARKUP} zzz”.")
    assert page.locator("#found [role=option]").count() == 0


def test_what_begins_with_the_words_comes_first_and_the_rest_is_counted(opened: Opened) -> None:
    rows = [failing(f"a_test_{index}", 9, 9, suite="s") for index in range(9)]
    page = opened(ANSWERS | {"tests": [*rows, failing("test_z", 1, 2, suite="s")], "flaky": []})
    page.keyboard.press("/")
    page.keyboard.type("test")
    assert page.locator("#found .called").all_inner_texts()[0] == "test_z"
    expect(page.locator("#found .group")).to_have_text("Tests4 more")


def test_without_javascript_the_report_reads_as_ever(opened: Opened) -> None:
    page = opened(ANSWERS, java_script_enabled=False)
    expect(page.locator(".priorities")).to_contain_text("unit is slower since")
    assert page.locator(".priorities a.called").count() == 0
    expect(page.locator(".find")).to_have_count(0)
    expect(page.locator("#page")).to_be_hidden()
