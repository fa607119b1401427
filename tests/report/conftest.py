import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from etl.report.html import render
from tests.report.answers import ANSWERS, GENERATED_AT, PERIOD

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    """A headless Chromium of this machine's own; nothing is downloaded.

    Closed with its module: Playwright runs a loop for as long, beside which no asynchronous test can.
    """
    if CHROMIUM is None:
        if os.environ.get("CI"):
            pytest.fail("no Chromium: on Debian, apt-get install chromium")
        pytest.skip("no Chromium: on Debian, apt-get install chromium")
    with sync_playwright() as playwright:
        found = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield found
        found.close()


@pytest.fixture
def opened(browser: Browser, tmp_path: Path) -> Iterator[Callable[..., Page]]:
    """Opens the report of the answers in a window; what it should never do fails the test at the end."""
    contexts: list[BrowserContext] = []
    trouble: list[str] = []

    def open_report(answers: dict[str, Any] | None = None, fragment: str = "", **options: Any) -> Page:
        path = tmp_path / "report.html"
        html = render(
            ANSWERS | (answers or {}), period=PERIOD, generated_at=GENERATED_AT, title="acme/rocket"
        )
        path.write_text(html, "utf-8")
        context = browser.new_context(**options)
        contexts.append(context)
        page = context.new_page()
        page.on("console", lambda message: trouble.append(f"console: {message.text}"))
        page.on("pageerror", lambda error: trouble.append(f"error: {error}"))
        page.on("dialog", lambda dialog: trouble.append(f"dialog: {dialog.message}"))
        page.on("request", lambda asked: _report_stranger(asked.url, path.as_uri(), trouble))
        page.goto(path.as_uri() + fragment)
        if options.get("java_script_enabled", True):
            page.wait_for_selector("html[data-drawn]", state="attached")
        return page

    yield open_report
    for context in contexts:
        context.close()
    assert trouble == []


def _report_stranger(asked: str, own: str, trouble: list[str]) -> None:
    if asked.partition("#")[0] != own:
        trouble.append(f"asked for {asked}")
