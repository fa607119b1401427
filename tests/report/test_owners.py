"""Owners of failures: which file counts, and how they are shown."""

import json
from dataclasses import replace
from pathlib import Path

import pytest

from etl.cli.codeowners import owners_of
from etl.errors import ConfigurationError
from etl.report.explained.explain import Explained
from etl.report.owners import NOBODY, Owners
from etl.report.verdicts import to_json, to_markdown, to_table
from etl.verdict.known import Failed
from etl.verdict.verdict import verdict_on
from tests.verdict.cases import JOB, RUN, TEST, base, known

RULES = """
# The last rule that matches counts.
*            @acme/everybody
/src/        @acme/core lead@acme.example   # inline
*.md
/docs/**/x   @ada
"""


@pytest.mark.parametrize(
    ("path", "owner"),
    [
        ("src/orbit.py", "@acme/core lead@acme.example"),
        ("./src/orbit.py", "@acme/core lead@acme.example"),
        ("/home/runner/work/rocket/rocket/src/orbit.py", "@acme/core lead@acme.example"),
        ("/__w/rocket/rocket/src/orbit.py", "@acme/core lead@acme.example"),
        (r"D:\\a\\rocket\\rocket\\src\\orbit.py".replace("\\\\", "\\"), "@acme/core lead@acme.example"),
        ("lib/orbit.py", "@acme/everybody"),
        ("src/README.md", None),
        ("docs/a/b/x", "@ada"),
        ("", None),
        (".github", None),
        ("/usr/lib/python3/json.py", None),
    ],
)
def test_who_owns_a_file(path: str, owner: str | None) -> None:
    assert Owners(RULES).of(Failed(TEST, "unit", path=path)) == owner
    assert NOBODY.of(Failed(TEST, "unit", path=path)) is None


def explained() -> Explained:
    nameless = known(base("P" * 200), subject=JOB, touched=True)
    nameless = replace(nameless, failed=replace(nameless.failed, path=""))
    return Explained(1, 0, (verdict_on(RUN, [known(base("P" * 200), touched=True), nameless]),))


def test_every_format_has_the_owner() -> None:
    owners = Owners(RULES)
    failures = json.loads(to_json(explained(), owners))["verdicts"][0]["failures"]
    assert {one["path"]: one["owner"] for one in failures} == {
        "src/orbit.py": "@acme/core lead@acme.example",
        None: None,
    }
    table = to_table(explained(), owners, width=160)
    assert "Owner" in table
    assert "@acme/core" in table
    markdown = to_markdown(explained(), owners).splitlines()
    assert markdown[2] == "| Verdict | Failure | Owner | Evidence | What to do |"
    assert {line.replace(r"\|", "").count("|") for line in markdown[2:6]} == {6}
    # Shown, but nobody is notified.
    assert "\\@\u2060acme" in markdown[4] + markdown[5]


def test_without_owners_there_is_no_column() -> None:
    assert "Owner" not in to_table(explained(), width=160)
    assert "Owner" not in to_markdown(explained())


def test_the_file_is_named_or_in_the_checkout(tmp_path: Path) -> None:
    failed = Failed(TEST, "unit", path="src/orbit.py")
    assert owners_of(None, None) is NOBODY
    assert owners_of(None, tmp_path) is NOBODY
    for place in ("docs", ".", ".github"):
        (tmp_path / place).mkdir(exist_ok=True)
        (tmp_path / place / "CODEOWNERS").write_text(f"* @{place.strip('.') or 'root'}\n", "utf-8")
        assert owners_of(None, tmp_path).of(failed) == f"@{place.strip('.') or 'root'}"
    assert owners_of(tmp_path / "docs/CODEOWNERS", tmp_path).of(failed) == "@docs"


def test_a_file_that_cannot_be_used_is_reported(tmp_path: Path) -> None:
    with pytest.raises(ConfigurationError, match="cannot be read: No such file"):
        owners_of(tmp_path / "nothing", None)
    (tmp_path / "CODEOWNERS").write_bytes(b"\xff\xfe")
    with pytest.raises(ConfigurationError, match="it is not UTF-8"):
        owners_of(None, tmp_path)
    (tmp_path / "CODEOWNERS").write_text("src/[a @ada\n", "utf-8")
    with pytest.raises(ConfigurationError, match="not understood: unterminated"):
        owners_of(None, tmp_path)
