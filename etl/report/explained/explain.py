"""Has the red runs that are asked for judged by what the store knows about them."""

from dataclasses import dataclass
from datetime import datetime

from etl.load.store import Store
from etl.model.schema import SUCCESS
from etl.report.explained.asked import Asked
from etl.report.explained.red_run import Changes, RunExplainer
from etl.report.explained.rows import DAY, LOOK_BACK, is_red, within
from etl.report.explained.runs import Runs
from etl.verdict.verdict import RunVerdict


@dataclass(frozen=True, slots=True)
class Explained:
    """The runs asked for: how many exist, how many ended green, and the verdicts on the red ones.

    `unexplained` is how many are red without a known failure, such as those whose workflow file does not parse.
    """

    runs: int
    green: int
    verdicts: tuple[RunVerdict, ...]
    unexplained: int = 0

    @property
    def is_red(self) -> bool:
        """Whether any of them failed."""
        return bool(self.verdicts or self.unexplained)


async def no_changes(_base: str, _sha: str) -> None:
    """Report that the changes are unknown."""
    return


async def explain(store: Store, asked: Asked, now: datetime, changes: Changes = no_changes) -> Explained:
    """Explain the red runs among those asked for. If the result has no runs, the store knows none of them.

    `changes` is called only if a failure names a file.
    """
    attempts = await store.query("attempts", within(asked.repository, now - LOOK_BACK - DAY, now))
    runs = Runs(attempts)
    wanted = runs.asked_for(asked)
    green = sum(row["conclusion"] == SUCCESS for row in wanted)
    verdicts = []
    for row in wanted:
        found = await RunExplainer(store, runs, row, now, changes).verdict() if is_red(row) else None
        if found is not None:
            verdicts.append(found)
    red = sum(map(is_red, wanted))
    return Explained(len(wanted), green, tuple(verdicts), red - len(verdicts))


async def last_red(store: Store, repository: str, start: datetime, stop: datetime) -> Asked | None:
    """The last red run of a period, or None."""
    attempts = await store.query("attempts", within(repository, start, stop))
    latest = {row["run_id"]: row for row in sorted(attempts, key=lambda row: row["attempt"])}
    red = [row for row in latest.values() if is_red(row)]
    if not red:
        return None
    return Asked(repository, run_id=max(red, key=lambda row: (row["time"], row["run_id"]))["run_id"])
