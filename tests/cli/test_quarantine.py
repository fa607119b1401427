"""`quarantine propose` from a store that a sync has filled."""

import json
from datetime import UTC, datetime, timedelta

import pytest

from etl.demo.history import ending
from etl.demo.server import SimulatedGitHub
from etl.demo.synthetic import synthetic
from etl.quarantine.parse import parse
from tests.cli.running import Ci, settings_for


@pytest.fixture
async def ci(tmp_path):
    history = ending(synthetic(days=14, pushes=6), datetime.now(UTC).date() - timedelta(days=1))
    async with SimulatedGitHub(history, rate_limit=100_000) as url:
        yield Ci(tmp_path, **settings_for(url))


async def test_a_proposal_is_written_from_evidence_and_checked(ci):
    await ci("sync")
    flaky = json.loads((await ci("show", "flaky", "--format", "json")).out)
    tests = json.loads((await ci("show", "tests", "--format", "json")).out)
    broken = {(row["suite"], row["test"]) for row in [*flaky, *tests] if row["state"] == "broken"}
    wanted = {
        (row["suite"], row["test"])
        for row in flaky
        if (row["level"], row["evidence"], row["state"]) == ("test", "proven", "flaky")
    } - broken
    assert wanted
    file = ci.folder / ".ci-health" / "quarantine.yaml"

    assert (await ci("quarantine", "propose", "--flakes", "1", "--check")).code == 1
    assert not file.exists()
    proposed = await ci("quarantine", "propose", "--flakes", "1", "--format", "json")
    assert proposed.code == 0, proposed.err
    changes = json.loads(proposed.out)["changes"]
    entries = parse(file.read_text(), "q").entries
    assert {(one["suite"], one["test"]) for one in changes} == {entry.name for entry in entries}
    assert {entry.name for entry in entries} <= wanted
    assert all("flakes in" in entry.evidence and "/actions/runs/" in entry.evidence for entry in entries)

    before = file.read_text()
    again = await ci("quarantine", "propose", "--flakes", "1", "--check")
    assert (again.code, file.read_text()) == (0, before), again.out


async def test_a_file_of_several_repositories_is_refused(ci):
    ci.environment["CI_HEALTH_REPOSITORIES"] = "acme/rocket,acme/fuel"
    outcome = await ci("quarantine", "propose")
    assert outcome.code == 2
    assert "--repository owner/name" in outcome.err
