from pathlib import Path

import pytest

from tools import prose


@pytest.mark.parametrize(
    ("line", "phrase"),
    [
        ("It costs itself\nalone.", None),
        ("An artifact costs itself alone.", "costs itself alone"),
        ("A Defect of ours.", "Defect of ours"),
        ("Nobody waits for ever.", "for ever"),
        ("Asked for every run.", None),
        ("what `show` tells of", None),
    ],
)
def test_phrases_are_found_where_they_stand(line: str, phrase: str | None) -> None:
    assert [(number, found) for number, found, _ in prose.found(f"\n{line}")] == (
        [(2, phrase)] if phrase else []
    )


def test_the_pages_are_those_that_people_read() -> None:
    pages = set(prose.pages())
    assert {Path("README.md"), Path("etl/app.py"), Path("Makefile"), Path("docs/schema.md")} <= pages
    assert Path("tests/conftest.py") in pages
    assert not [page for page in pages if "vendor" in page.parts]
