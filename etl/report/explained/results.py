"""Results of the same jobs and tests elsewhere."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence

from etl.judge.history import Level, Subject
from etl.model.schema import SUCCESS
from etl.model.writes import Row
from etl.report.explained.runs import Runs
from etl.report.formats import unix_seconds
from etl.verdict.known import Failed, RedRun, Seen


class Results:
    """Results of jobs and tests elsewhere."""

    def __init__(
        self, runs: Runs, executions: Sequence[Row], results: Sequence[Row], messages: Sequence[Row]
    ) -> None:
        self._runs, self._executions = runs, executions
        self._results: dict[tuple[str, str, str], dict[int, Row]] = defaultdict(dict)
        for one in results:
            key = (one["job"], one["suite"] or "", one["test"])
            known = self._results[key].get(one["job_id"])
            # Several results can share a name: a failing one takes precedence.
            if known is None or known["outcome"] == "passed":
                self._results[key][one["job_id"]] = one
        self._signatures: dict[tuple[int, str], str] = {}
        for one in messages:
            for name in ("", one["test"] or ""):
                self._signatures.setdefault((one["job_id"], name), one["signature"])

    def of(self, subject: Subject) -> list[Seen]:
        """All results of a job or test, including this run's other attempts."""
        known = self._results.get((subject.job, subject.suite, subject.name), {})
        # If reports never include passes, a green execution of the job counts as one.
        unreported = not any(one["outcome"] == "passed" for one in known.values())
        found = []
        for one in self._executions:
            line = self._runs.line_of(one["run_id"])
            if one["job"] != subject.job or line is None:
                continue
            passed = self._passed(one, known, subject, unreported=unreported)
            if passed is not None:
                signature = "" if passed else self._signatures.get((one["job_id"], subject.name), "")
                found.append(
                    Seen(
                        unix_seconds(one["time"]), one["run_id"], one["attempt"], one["head_sha"] or "", line,
                        passed, signature, one["job_id"],
                    )
                )  # fmt: skip
        return found

    def _passed(
        self, one: Row, known: Mapping[int, Row], subject: Subject, *, unreported: bool
    ) -> bool | None:
        if subject.level is Level.JOB:
            return bool(one["conclusion"] == SUCCESS)
        result = known.get(one["job_id"])
        if result is not None:
            return bool(result["outcome"] == "passed")
        return True if unreported and one["conclusion"] == SUCCESS else None

    def elsewhere_in_matrix(self, failed: Failed, run: RedRun, jobs: Iterable[Row]) -> list[Seen]:
        """Results of the same test in other jobs of its matrix, in other runs."""
        return [
            seen
            for one in jobs
            if one["job_group"] == failed.job_group and one["job"] != failed.subject.job
            for seen in self.of(failed.subject._replace(job=one["job"]))
            if seen.run_id != run.run_id
        ]

    def beside(self, failed: Failed, run: RedRun, jobs: Iterable[Row]) -> tuple[int, int]:
        """How many other jobs of the matrix failed and how many passed in this run."""
        counts = [0, 0]
        for one in jobs:
            if one["job_group"] != failed.job_group or one["job"] == failed.subject.job:
                continue
            subject = failed.subject._replace(job=one["job"])
            for seen in self.of(subject):
                if (seen.run_id, seen.job_id) == (run.run_id, one["job_id"]):
                    counts[seen.passed] += 1
        return counts[0], counts[1]
