"""The grid in a real Chromium: what a cell tells, where it leads, and how it is read without colours."""

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import Page, expect

from tests.report.answers import HOSTILE, execution, finding, result

Opened = Callable[..., Page]

DESKTOP = {"width": 1280, "height": 900}
PHONE = {"width": 390, "height": 844}
ROWS: list[dict[str, Any]] = [
    *(execution(number, "failure" if number == 3 else "success") for number in range(6)),
    execution(3, "success", attempt=2, job_id=7),
    execution(4, "failure", "lint"),
    execution(5, "cancelled", "lint"),
]


def centre(page: Page, line: int, column: int) -> tuple[float, float]:
    """Where a cell is in the window: the lines count groups too."""
    plot = page.locator(".plot").first
    plot.scroll_into_view_if_needed()
    box = plot.bounding_box()
    assert box
    return box["x"] + column * 16 + 8, box["y"] + 22 + line * 20 + 8


def test_a_cell_tells_what_happened_and_leads_to_the_job(opened: Opened) -> None:
    page = opened({"latest_executions": ROWS, "latest_results": []}, viewport=DESKTOP)
    page.mouse.move(*centre(page, 1, 2))
    expect(page.locator(".tip")).to_contain_text("1 failed, 1 passed")
    expect(page.locator(".tip")).to_contain_text("0000000003 · 1 May 03:01 UTC")
    expect(page.locator("a.cursor")).to_have_attribute("href", f"https://github.com/acme/rocket/actions/runs/9003/job/{ROWS[3]['job_id']}")  # fmt: skip
    assert page.evaluate(
        "([x, y]) => document.elementFromPoint(x, y).matches('a.cursor')", list(centre(page, 1, 2))
    )
    page.mouse.move(*centre(page, 0, 3))
    expect(page.locator(".tip")).to_be_hidden()
    page.mouse.move(5, 5)
    expect(page.locator("a.cursor")).to_be_hidden()


def test_arrow_keys_go_from_cell_to_cell_over_gaps(opened: Opened) -> None:
    page = opened({"latest_executions": ROWS, "latest_results": []}, viewport=DESKTOP)
    page.locator(".plot").first.focus()
    page.keyboard.press("ArrowDown")
    expect(page.locator(".tip .called")).to_have_text("lint")
    expect(page.locator(".tip .outcome")).to_have_text("Cancelled")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tip .outcome")).to_have_text("Failed")
    page.keyboard.press("ArrowRight")
    expect(page.locator(".tip .outcome")).to_have_text("Failed")
    page.keyboard.press("ArrowDown")
    expect(page.locator(".tip .called")).to_have_text("unit")
    page.keyboard.press("Escape")
    expect(page.locator(".tip")).to_be_hidden()


def test_a_finger_first_reads_and_then_follows(opened: Opened) -> None:
    page = opened({"latest_executions": ROWS, "latest_results": []}, viewport=PHONE, has_touch=True)
    page.evaluate(
        "addEventListener('click', (event) => {"
        "window.led = !event.defaultPrevented && event.target.href; event.preventDefault(); })"
    )
    spot = centre(page, 1, 2)
    page.touchscreen.tap(*spot)
    expect(page.locator(".tip")).to_contain_text("1 failed, 1 passed")
    assert not page.evaluate("window.led")
    page.touchscreen.tap(*spot)
    assert "/actions/runs/9003/job/" in page.evaluate("window.led")


def test_each_outcome_has_a_sign_of_its_own_but_the_usual_one(opened: Opened) -> None:
    page = opened({"latest_executions": ROWS, "latest_results": []})
    plot = page.locator(".plot").first
    assert plot.locator(".cell").count() == 4
    signs = {sign.get_attribute("class"): sign.get_attribute("d") for sign in plot.locator(".sign").all()}
    assert set(signs) == {"sign failed", "sign flaked", "sign left-out"}
    expect(page.locator(".legend li")).to_have_text(
        ["Passed", "Failed", "Failed and passed", "Cancelled or skipped"]
    )


def test_a_finding_is_a_line_and_its_beginning_a_bar(opened: Opened) -> None:
    began = {"since": ROWS[4]["time"], "since_sha": ROWS[4]["head_sha"]}
    findings = [finding("broken", 3, **began), finding("flaky", 2, job="lint", since="2026-04-01T00:00:00Z")]
    page = opened({"latest_executions": ROWS, "latest_results": [], "findings": findings}, viewport=DESKTOP)
    assert page.locator(".plot .mark").get_attribute("class") == "mark broken"
    assert page.locator(".plot .start").count() == 1
    assert page.locator(".labels .tag").all_inner_texts() == ["flaky", "broken"]
    expect(page.locator(".legend li").last).to_have_text("broken since")
    page.mouse.move(*centre(page, 1, 1))
    expect(page.locator(".tip .since")).to_contain_text("Is broken since 0000000004")
    page.mouse.move(*centre(page, 1, 2))
    expect(page.locator(".tip .since")).to_have_count(0)


def test_a_branch_is_chosen(opened: Opened) -> None:
    rows = [*ROWS, execution(8, workflow="Preview", branch="(pull request)")]
    page = opened({"latest_executions": rows})
    picker = page.get_by_label("Branch")
    assert picker.locator("option").all_inner_texts() == ["main", "Pull requests"]
    expect(page.locator(".sheet h3")).to_contain_text(["CI"])
    picker.select_option("Pull requests")
    expect(page.locator(".sheet h3")).to_contain_text(["Preview"])


def test_hostile_names_are_text_in_labels_and_tips(opened: Opened) -> None:
    markup = "<img src=x onerror=alert(1)>"
    rows = [execution(0, "failure", markup, workflow=markup, branch=markup), execution(1, "failure", HOSTILE)]
    page = opened({"latest_executions": rows, "latest_results": [result(rows[0], "failed", markup)]})
    assert page.locator("img").count() == 0
    page.get_by_label("Branch").select_option(markup)
    page.mouse.move(*centre(page, 0, 0))
    expect(page.locator(".tip .called")).to_have_text(markup)


def test_ten_thousand_cells_are_few_elements(opened: Opened) -> None:
    rows = [
        execution(
            number, "failure" if (number + at) % 9 == 0 else "success", f"job {at:03}", workflow=f"W{at % 5}"
        )
        for number in range(60)
        for at in range(180)
    ]
    page = opened({"latest_executions": rows, "latest_results": []}, viewport=DESKTOP)
    assert page.locator(".plot svg *").count() < 200
    assert page.locator(".labels > div").count() == 180


@pytest.mark.parametrize("width", [320, 390, 703, 1280])
def test_a_wide_grid_scrolls_in_itself_beside_its_names(opened: Opened, width: int) -> None:
    rows = [execution(number) for number in range(60)]
    page = opened({"latest_executions": rows, "latest_results": []}, viewport={"width": width, "height": 800})
    assert page.evaluate("document.documentElement.scrollWidth") == width
    before = page.locator(".labels").first.bounding_box()
    page.locator(".scroll").first.evaluate("node => { node.scrollLeft = 300 }")
    assert page.locator(".labels").first.bounding_box() == before


def test_paper_has_the_newest_commits_that_fit(opened: Opened) -> None:
    rows = [execution(number) for number in range(60)]
    page = opened({"latest_executions": rows, "latest_results": []}, viewport={"width": 703, "height": 1000})
    page.evaluate("dispatchEvent(new Event('beforeprint'))")
    page.emulate_media(media="print")
    expect(page.locator(".sheet h3")).to_contain_text("newest 28 commits")
    assert page.locator(".scroll").first.evaluate("node => node.scrollWidth <= node.clientWidth")
    page.evaluate("dispatchEvent(new Event('afterprint'))")
    expect(page.locator(".sheet h3")).to_contain_text("60 commits")


def test_no_executions_are_no_grid(opened: Opened) -> None:
    page = opened({"latest_executions": [], "latest_results": []})
    assert page.locator("#grid").count() == 0
    assert page.locator("nav a[href='#grid']").count() == 0
