"""The command as a CI runs it: without GitHub, twice, wrongly, and beside a service."""

import json
import sqlite3
from pathlib import Path

import pytest

from etl.demo.server import SimulatedGitHub
from etl.demo.synthetic import synthetic
from tests.cli.running import Ci, contents, settings_for
from tests.pipeline.ingested import report

WHOLE = ("--repository", "group/sub/rocket", "--workflow", "nightly", "--job", "unit", "--commit", "c0ffee")
RUN = (*WHOLE, "--run", "512", "--started", "2026-01-31T12:00:00Z", "--duration", "90")


@pytest.fixture
def ci(tmp_path: Path) -> Ci:
    (tmp_path / "red.xml").write_bytes(report("a", failing={"b": "boom"}))
    (tmp_path / "green.xml").write_bytes(report("a", "b"))
    return Ci(tmp_path)


async def test_it_needs_no_settings_and_the_same_command_changes_nothing(ci: Ci) -> None:
    first = await ci("ingest", *RUN, "red.xml")
    assert (first.code, first.out) == (
        0,
        "group/sub/rocket: nightly, job unit, attempt 1: failure, 2 tests, 1 failed, 6 points\n",
    ), first.err
    before = contents(ci.folder)
    again = await ci("ingest", *RUN, "red.xml", "--json")
    assert again.code == 0
    done = json.loads(again.out)
    assert (done["status"], done["attempt"], done["points"]) == ("known", 1, 0)
    assert contents(ci.folder) == before
    assert (await ci("ingest", *RUN, "*een.xml")).code == 0
    flaky = json.loads((await ci("show", "flaky", "--days", "3650", "--format", "json")).out)
    assert {(row["level"], row["test"]) for row in flaky} == {("job", None), ("test", "b")}
    # It is judged at once.
    with sqlite3.connect(ci.folder / ".ci-health" / "state.sqlite") as state:
        assert state.execute("SELECT unread FROM judgements").fetchall() == [(0,)]


@pytest.mark.parametrize(
    ("arguments", "code", "reason"),
    [
        ((*RUN, "green.xml", "missing.xml"), 1, "missing.xml: no such report"),
        ((*RUN, "green.xml", "empty.xml"), 1, "empty.xml: empty"),
        ((*RUN,), 1, "neither a report nor a conclusion"),
        ((*RUN, "--attempt", "0", "green.xml"), 2, "attempt"),
        ((*RUN, "--conclusion", "perhaps", "green.xml"), 2, "conclusion 'perhaps'"),
        ((*RUN, "--completed", "2026-01-31T13:00:00Z", "green.xml"), 2, "leave one out"),
        ((*WHOLE, "--started", "soon", "green.xml"), 2, "started 'soon'"),
        ((*WHOLE, "--completed", "2190-01-01", "green.xml"), 2, "lies in the future"),
        (("--repository", "no slash", *WHOLE[2:], "green.xml"), 2, "no `owner/name`"),
        (("--repository", "../\x1b[31m", *WHOLE[2:], "green.xml"), 2, "no `owner/name`"),
        ((*WHOLE[:-1], "--help me", "green.xml"), 2, "no commit's id"),
    ],
)
async def test_what_is_wrong_is_reported_and_nothing_is_written(
    ci: Ci, arguments: tuple[str, ...], code: int, reason: str
) -> None:
    (ci.folder / "empty.xml").touch()
    outcome = await ci("ingest", *arguments)
    assert outcome.code == code, outcome.err
    assert reason in outcome.err
    assert "Traceback" not in outcome.err
    assert "\x1b" not in outcome.err
    assert not (ci.folder / ".ci-health" / "ci-health.duckdb").exists()


async def test_beside_a_service_it_names_the_route(ci: Ci) -> None:
    async with SimulatedGitHub(synthetic(days=1, pushes=1)) as url:
        service = Ci(ci.folder, **settings_for(url))
        process = await service.start("run")
        assert process.stderr is not None
        while b'"serving"' not in await process.stderr.readline():
            pass
        outcome = await service("ingest", *RUN, "green.xml")
        process.terminate()
        await process.communicate()
    assert outcome.code == 2
    assert "send the reports to its /api/v1/ingest" in outcome.err
