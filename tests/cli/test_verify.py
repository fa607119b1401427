import json
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb

from etl.demo.history import ending
from etl.demo.server import SimulatedGitHub
from etl.demo.synthetic import synthetic
from tests.cli.running import Ci, contents, settings_for


async def test_it_names_what_is_missing_and_repair_brings_it_back(tmp_path: Path) -> None:
    history = ending(synthetic(days=2, pushes=2), datetime.now(UTC).date() - timedelta(days=1))
    async with SimulatedGitHub(history, rate_limit=100_000) as url:
        ci = Ci(tmp_path, **settings_for(url))
        assert (await ci("sync")).code == 0
        whole = contents(tmp_path)
        with duckdb.connect(tmp_path / ".ci-health" / "ci-health.duckdb") as connection:
            ((run, attempt, job),) = connection.execute(
                "DELETE FROM job WHERE job_id = (SELECT max(job_id) FROM job) RETURNING run_id, attempt, job_id"
            ).fetchall()
        found = await ci("verify")
        assert found.code == 1
        assert f"\n  missing: run {run}, attempt {attempt}: job {job}\n" in found.out
        repaired = await ci("verify", "--repair", "--json")
        assert repaired.code == 0, repaired.err
        (told,) = json.loads(repaired.out)
        assert told["repaired"] == [{"run": run, "attempt": int(attempt), "job": job}]
        assert (told["missing"], told["reread"], told["error"]) == ([], 1, None)
        assert contents(tmp_path) == whole
        few = await ci("verify", "--requests", "1")
        assert (few.code, "were not compared: raise --requests" in few.out) == (1, True)
        wrong = await ci("verify", "--since", "soon")
    assert (wrong.code, "--since" in wrong.err) == (2, True)
