from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from etl.quarantine.entry import Entry, Quarantine
from etl.quarantine.write import written
from tests.cli.running import Ci
from tests.quarantine.samples import FAILING, RUNS

NAME = "pytest-failed.xml"


def keep(folder: Path, *names: tuple[str, str]) -> Path:
    today = datetime.now(UTC).date()
    entries = [Entry(*name, today, today + timedelta(days=9), "flaky", "seen") for name in names]
    file = folder / ".ci-health" / "quarantine.yaml"
    file.parent.mkdir(exist_ok=True)
    file.write_text(written(Quarantine(tuple(entries))))
    return file


async def test_the_gate_needs_reports_and_the_file_alone(tmp_path: Path) -> None:
    ci, report = Ci(tmp_path), str(RUNS / NAME)
    keep(tmp_path, *FAILING[NAME])
    green = await ci("gate", report, "--runner-exit", "1")
    assert (green.code, green.err) == (0, "")
    assert "let pass: test_cart::test_pays" in green.out
    assert green.out.splitlines()[-1] == "green: 4 tests ran, 2 failed in quarantine, 0 objections"
    keep(tmp_path, FAILING[NAME][0])
    red = await ci("gate", report)
    assert red.code == 1
    assert "red: test_cart::test_converts[usd] failed, and is not in quarantine" in red.out
    assert (await ci("gate", report, "--min-tests", "5")).code == 1


@pytest.mark.parametrize("name", ["missing.xml", "*.xml", "empty", "half.xml", "words.txt"])
async def test_reports_that_cannot_be_believed_are_red(tmp_path: Path, name: str) -> None:
    keep(tmp_path, *FAILING[NAME])
    (tmp_path / "empty").mkdir()
    if "." in name and "*" not in name and name != "missing.xml":
        data = (RUNS / NAME).read_bytes()
        (tmp_path / name).write_bytes(data[:500] if name == "half.xml" else b"all is well\n")
    outcome = await Ci(tmp_path)("gate", name, str(RUNS / "pytest-passed.xml"))
    assert outcome.code == 1
    assert "Traceback" not in outcome.err


async def test_folders_and_patterns_are_read(tmp_path: Path) -> None:
    keep(tmp_path, *FAILING[NAME])
    (tmp_path / "reports").mkdir()
    (tmp_path / "reports" / "one.xml").write_bytes((RUNS / NAME).read_bytes())
    for asked in (["reports"], ["reports/*.xml"], ["**/*.xml", "reports"]):
        assert (await Ci(tmp_path)("gate", *asked)).code == 0


async def test_a_file_that_is_missing_or_wrong_is_red_even_where_nothing_failed(tmp_path: Path) -> None:
    ci, passed = Ci(tmp_path), str(RUNS / "pytest-passed.xml")
    missing = await ci("gate", passed)
    assert (missing.code, missing.out) == (2, "")
    assert "no such file; `ci-health quarantine propose` writes one" in missing.err
    file = keep(tmp_path, *FAILING[NAME])
    assert (await ci("gate", passed)).code == 0
    file.write_text(file.read_text().replace("test_pays", "test_play"))
    wrong = await ci("gate", passed)
    assert wrong.code == 2
    assert "the seal does not fit suite, test, since and expires" in wrong.err
    assert (await ci("quarantine", "seal")).code == 0
    assert (await ci("gate", passed)).code == 0


async def test_text_from_ci_is_no_command_and_no_markup_in_actions(tmp_path: Path) -> None:
    summary = tmp_path / "summary.md"
    keep(tmp_path)
    (tmp_path / "r.xml").write_text(
        '<testsuite name="s" tests="1" failures="1"><testcase classname="::set-output::"'
        ' name="##[error] &lt;img src=x&gt; [a](http://b)"><failure/></testcase></testsuite>'
    )
    ci = Ci(tmp_path, GITHUB_ACTIONS="true", GITHUB_STEP_SUMMARY=str(summary))
    outcome = await ci("gate", "r.xml")
    assert outcome.code == 1
    assert "##[" not in outcome.out
    shown = summary.read_text()
    assert "red" in shown
    assert not set("<[`") & set(shown)


async def test_a_summary_that_cannot_be_written_is_red(tmp_path: Path) -> None:
    keep(tmp_path, *FAILING[NAME])
    ci = Ci(tmp_path, GITHUB_STEP_SUMMARY=str(tmp_path / "no" / "such"))
    assert (await ci("gate", str(RUNS / NAME))).code == 1
