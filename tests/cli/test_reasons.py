"""`ci-health show findings --explain`: of everything that is judged, a finding or the reason why there is none."""

import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

from etl.demo.history import ending
from etl.demo.server import SimulatedGitHub
from etl.demo.synthetic import synthetic
from tests.cli.running import Ci, settings_for


async def test_all_that_is_judged_has_a_finding_or_a_reason(tmp_path: Path) -> None:
    history = ending(synthetic(days=4, pushes=3), datetime.now(UTC).date() - timedelta(days=1))
    async with SimulatedGitHub(history, rate_limit=100_000) as url:
        ci = Ci(tmp_path, **settings_for(url))
        assert (await ci("sync")).code == 0
    told = json.loads((await ci("show", "findings", "--explain", "--format", "json")).out)
    assert all(row["conclusion"] for row in told)
    # Of failures, only those that came in more jobs are looked at.
    assert {row["level"] for row in told} - {"failure"} == {"workflow", "job", "test"}
    executed = {
        (row["workflow"], row["job"])
        for row in json.loads((await ci("show", "jobs", "--format", "json")).out)
    }
    assert {(row["workflow"], row["job"]) for row in told if row["level"] == "job"} == executed
    found = json.loads((await ci("show", "findings", "--format", "json")).out)
    concluded = {(row["job"], row["name"], row["conclusion"].partition(" (")[0]) for row in told}
    assert {(row["job"], row["name"], row["kind"]) for row in found if not row["until"]} <= concluded

    workflow, job = min(executed)
    one = json.loads(
        (
            await ci(
                "show", "findings", "--explain", "--workflow", workflow, "--job", job, "--format", "json"
            )
        ).out
    )
    assert one == [row for row in told if (row["workflow"], row["job"]) == (workflow, job)]
    assert "too few results" in (await ci("show", "findings", "--explain")).out
    wrong = await ci("show", "jobs", "--explain")
    assert (wrong.code, "--explain is for `show findings`" in wrong.err) == (2, True)
    unknown = await ci("show", "findings", "--explain", "--repository", "acme/other")
    assert (unknown.code, "nothing of acme/other was read yet" in unknown.err) == (2, True)
