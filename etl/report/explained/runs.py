"""Attempts of runs by line and by what is asked for."""

from collections import Counter
from collections.abc import Sequence

from etl.model.tag_values import is_named
from etl.model.writes import Row
from etl.report.explained.asked import Asked
from etl.verdict.known import BASE


class Runs:
    """Attempts of runs: which line each belongs to, and which were asked for."""

    def __init__(self, attempts: Sequence[Row]) -> None:
        self.attempts = attempts
        named = Counter(row["branch"] for row in attempts if is_named(row["branch"]))
        # The default branch is the one with the most runs among branches with their own tag.
        self.base = named.most_common(1)[0][0] if named else ""
        self._lines = {row["run_id"]: self.line(row) for row in attempts}

    def line(self, row: Row) -> str:
        """A run's line: its branch, prefixed by the author if a fork's branch is named like the base."""
        if row["branch"] == self.base:
            return BASE
        name = row["head_branch"] or row["branch"]
        return f"{row['actor']}:{name}" if name == self.base else name

    def line_of(self, run_id: int) -> str | None:
        """The line of a run by its id; None if unknown."""
        return self._lines.get(run_id)

    def kin(self, row: Row) -> frozenset[str]:
        """Other lines by the same author; none for bots, which do not share commits between branches."""
        actor = row["actor"] or ""
        if not actor or actor.endswith("[bot]"):
            return frozenset()
        own = self.line(row)
        return frozenset(
            line
            for one in self.attempts
            if one["actor"] == actor and (line := self.line(one)) not in (own, BASE)
        )

    def asked_for(self, asked: Asked) -> list[Row]:
        """The last attempt of each run asked for, or the attempt that was named."""
        found = [row for row in self.attempts if self._matches(row, asked)]
        if asked.branch and found:
            newest = max(found, key=lambda row: (row["time"], row["run_id"]))["head_sha"]
            found = [row for row in found if row["head_sha"] == newest]
        last: dict[int, Row] = {}
        for row in found:
            known = last.get(row["run_id"])
            if known is None or known["attempt"] < row["attempt"]:
                last[row["run_id"]] = row
        return [last[run_id] for run_id in sorted(last)]

    def _matches(self, row: Row, asked: Asked) -> bool:
        if asked.run_id:
            return row["run_id"] == asked.run_id and asked.attempt in (0, row["attempt"])
        if asked.sha:
            return bool(row["head_sha"]) and row["head_sha"].startswith(asked.sha)
        return asked.branch in (row["head_branch"], row["branch"])
