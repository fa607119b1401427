"""Draw pages of a folder as the pictures of another: `python -m tools.pictures FROM TO`.

`tools/pictures.sh` runs it, with the demo's `report.html`, `terminal.txt` and `comment.md`.
"""

import html
import shutil
import sys
from pathlib import Path
from typing import Final, Literal

from markdown_it import MarkdownIt
from playwright.sync_api import Browser, sync_playwright

_STYLE: Final = (
    "margin:0;padding:20px 24px;background:#0d1117;color:#e6edf3;font:14px/1.45 'DejaVu Sans Mono',monospace"
)
# Sizes and colours as a comment has them at GitHub.
_COMMENT: Final = """
body { margin: 0; padding: 16px; background: #fff; color: #1f2328; font: 14px/1.5 'DejaVu Sans', sans-serif }
article { border: 1px solid #d1d9e0; border-radius: 6px }
header { padding: 8px 16px; background: #f6f8fa; border-bottom: 1px solid #d1d9e0; color: #59636e }
header b { color: #1f2328 }
main { padding: 8px 16px 16px }
h3 { margin: 8px 0 16px; font-size: 17.5px }
table { border-collapse: collapse; margin-bottom: 16px }
td, th { border: 1px solid #d1d9e0; padding: 6px 13px; text-align: left; vertical-align: top }
a { color: #0969da; text-decoration: none }
"""


def main(pages: Path, pictures: Path) -> None:
    """Draw the terminal as long as it is, and the report's beginning in both themes and on a phone."""
    chromium = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))))
    terminal = _terminal(pages)
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        _draw(browser, terminal, pictures / "terminal.png", width=900, height=100, whole=True)
        report = pages / "report.html"
        _draw(browser, report, pictures / "report.png", width=1200, height=1320)
        _draw(browser, report, pictures / "report-dark.png", width=1200, height=1320, scheme="dark")
        _draw(browser, _comment(pages), pictures / "comment.png", width=920, height=100, whole=True)
        browser.close()


def _terminal(pages: Path) -> Path:
    """A page that looks like a terminal with the demo's output."""
    text = html.escape((pages / "terminal.txt").read_text("utf-8").rpartition("\nreport:")[0])
    page = pages / "terminal.html"
    body = f"<body style=\"{_STYLE}\"><pre style='margin:0;font:inherit'>{text}</pre>"
    page.write_text(f"<!doctype html><meta charset=utf-8>{body}", "utf-8")
    return page


def _comment(pages: Path) -> Path:
    """A page that looks like a comment on a pull request; HTML in the Markdown is shown, as GitHub does."""
    text = MarkdownIt("commonmark").enable("table").render((pages / "comment.md").read_text("utf-8"))
    page = pages / "comment.html"
    head = "<header><b>ci-health</b> &nbsp;bot&nbsp; commented</header>"
    body = f"<body><article>{head}<main>{text}</main></article>"
    page.write_text(f"<!doctype html><meta charset=utf-8><style>{_COMMENT}</style>{body}", "utf-8")
    return page


def _draw(
    browser: Browser,
    page: Path,
    picture: Path,
    *,
    width: int,
    height: int,
    scheme: Literal["light", "dark"] = "light",
    whole: bool = False,
) -> None:
    tab = browser.new_page(viewport={"width": width, "height": height}, color_scheme=scheme)
    tab.goto(page.as_uri())
    tab.screenshot(path=picture, full_page=whole)
    tab.close()


if __name__ == "__main__":
    main(*map(Path, sys.argv[1:]))
