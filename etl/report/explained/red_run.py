"""Collects what the store knows about one red run and its failures."""

from collections.abc import Awaitable, Callable, Iterable, Sequence
from datetime import datetime, timedelta
from typing import Final

from etl.judge.history import Level, Subject
from etl.load.store import Store
from etl.model.schema import SUCCESS
from etl.model.writes import Row
from etl.report.explained.results import Results
from etl.report.explained.rows import DAY, LOOK_BACK, is_red, within
from etl.report.explained.runs import Runs
from etl.report.formats import instant, unix_seconds
from etl.verdict.gather import Found, Told, gather
from etl.verdict.known import BASE, Break, Failed, Flake, RedRun
from etl.verdict.verdict import RunVerdict, verdict_on

# At most this many failures of a run are judged; the rest would add little.
MOST_FAILURES: Final = 200
_FAILED: Final = "failed\nerror"

# Takes a branch and a commit and returns the files that differ between them; without a branch, the files
# that the commit changed. None if unknown.
Changes = Callable[[str, str], Awaitable[frozenset[str] | None]]


class RunExplainer:
    """Collects what the store knows about one red run."""

    def __init__(self, store: Store, runs: Runs, row: Row, now: datetime, changes: Changes) -> None:
        self._store, self._runs, self._row, self._changes = store, runs, row, changes
        ended = instant(row["time"]) or now
        self._began = ended - timedelta(seconds=row["duration_s"] or 0)
        # An earlier attempt may have run the jobs that this one inherits.
        self._window = (self._began - DAY, ended + timedelta(hours=1))
        self._around = (self._began - LOOK_BACK, now)

    async def verdict(self) -> RunVerdict | None:
        """The verdict; None if no failure of the run is known."""
        jobs = await self._jobs()
        failures = await self._failures(jobs)
        if not failures:
            return None
        row = self._row
        run = RedRun(
            row["repository"], row["run_id"], row["attempt"], row["head_sha"] or "", self._runs.line(row),
            int(self._began.timestamp()), max(row["jobs"], len(jobs), 1), row["url"] or "", self._runs.kin(row),
        )  # fmt: skip
        return verdict_on(run, gather(run, failures, await self._found(run, failures, jobs)))

    async def _ask(self, name: str, period: tuple[datetime, datetime], **more: str) -> list[Row]:
        row = self._row
        asked = within(row["repository"], *period) | {"workflow": row["workflow"], **more}
        return await self._store.query(name, asked)

    async def _jobs(self) -> list[Row]:
        """The last execution of each job of the run, up to the attempt being explained."""
        last: dict[str, Row] = {}
        for one in await self._ask("executions", self._window):
            if one["run_id"] == self._row["run_id"] and one["attempt"] <= self._row["attempt"]:
                known = last.get(one["job"])
                if known is None or known["attempt"] <= one["attempt"]:
                    last[one["job"]] = one
        return list(last.values())

    async def _failures(self, jobs: Sequence[Row]) -> list[Failed]:
        """Failing tests, and jobs that failed without one."""
        red = {one["job_id"]: one for one in jobs if one["conclusion"] != SUCCESS}
        if not red:
            return []
        named = "\n".join(sorted(one["job"] for one in red.values()))
        tests = await self._ask("results", self._window, jobs_named=named, outcomes=_FAILED)
        messages = [one for one in await self._ask("messages", self._window) if one["job_id"] in red]
        by_test = {(one["job_id"], one["test"]): one for one in reversed(messages) if one["test"]}
        by_job = {one["job_id"]: one for one in reversed(messages)}
        found = {
            (one["job_id"], one["suite"], one["test"]): _failed(
                one, red[one["job_id"]], by_test.get((one["job_id"], one["test"])), Level.TEST
            )
            for one in tests
            if one["job_id"] in red
        }
        with_tests = {job_id for job_id, _, _ in found}
        failures = [
            *found.values(),
            *(
                _failed(one, one, by_job.get(job_id), Level.JOB)
                for job_id, one in red.items()
                if job_id not in with_tests
            ),
        ]
        return sorted(failures, key=lambda one: one.subject)[:MOST_FAILURES]

    async def _found(self, run: RedRun, failures: Sequence[Failed], jobs: Sequence[Row]) -> Found:
        groups = {one.job_group for one in failures}
        named = "\n".join(sorted({one["job"] for one in jobs if one["job_group"] in groups}))
        executions = await self._ask("executions", self._around, jobs_named=named)
        names = "\n".join(sorted({one.subject.name for one in failures if one.subject.name}))
        results = (
            await self._ask("results", self._around, jobs_named=named, tests_named=names) if names else []
        )
        signatures = "\n".join(sorted({one.signature for one in failures if one.signature}))
        messages = await self._ask("messages", self._around, signatures=signatures) if signatures else []
        seen = Results(self._runs, executions, results, messages)
        findings = [one for one in await self._ask("findings", self._around) if one["until"] is None]
        return Found(
            {
                one.subject: [other for other in seen.of(one.subject) if other.job_id != one.job_id]
                for one in failures
            },
            {one.subject: seen.elsewhere_in_matrix(one, run, jobs) for one in failures if one.subject.name},
            list(self._same_failures(messages)),
            [
                (unix_seconds(row["time"]), self._runs.line(row))
                for row in self._runs.attempts
                if is_red(row) and row["run_id"] != run.run_id
            ],
            {_subject(one): _flake(one) for one in findings if one["kind"] == "flaky"},
            breaks_of(findings, self._runs.base),
            beside={one.subject: seen.beside(one, run, jobs) for one in failures},
            touched=await self._touched(run) if any(one.path for one in failures) else None,
        )

    async def _touched(self, run: RedRun) -> frozenset[str] | None:
        base = "" if run.line == BASE else self._runs.base
        return await self._changes(base, run.sha) if run.sha and (base or run.line == BASE) else None

    def _same_failures(self, messages: Iterable[Row]) -> Iterable[Told]:
        """Failures in other runs with one of these messages' signatures."""
        for one in messages:
            line = self._runs.line_of(one["run_id"])
            if line is not None and one["run_id"] != self._row["run_id"]:
                name = one["test"] or ""
                level = Level.TEST if name else Level.JOB
                subject = Subject(one["repository"], level, one["workflow"], one["job"], "", name)
                yield Told(unix_seconds(one["time"]), line, subject, one["signature"])


def breaks_of(findings: Iterable[Row], branch: str) -> dict[Subject, Break]:
    """What is broken on a branch, of rows of `findings`."""
    return {
        _subject(one): _break(one) for one in findings if one["kind"] == "broken" and one["branch"] == branch
    }


def _subject(finding: Row) -> Subject:
    """What a finding is about."""
    return Subject(
        finding["repository"], Level(finding["level"]), finding["workflow"], finding["job"] or "",
        finding["suite"] or "", finding["name"] or "",
    )  # fmt: skip


def _flake(finding: Row) -> Flake:
    """A known flake: its failures, and the number of results derived from its rate."""
    failures, rate = finding["evidence"], finding["size"] or 1.0
    return Flake(finding["proven"] > 0, failures, max(failures, round(failures / rate)))


def _break(finding: Row) -> Break:
    return Break(
        unix_seconds(finding["since"]),
        finding["since_sha"] or "",
        finding["last_before_sha"] or "",
        finding["url"] or "",
    )


def _failed(one: Row, job: Row, found: Row | None, level: Level) -> Failed:
    """A failing test or job with its message."""
    is_test = level is Level.TEST
    subject = Subject(
        one["repository"], level, one["workflow"], one["job"],
        (one["suite"] or "") if is_test else "", one["test"] if is_test else "",
    )  # fmt: skip
    message = (found["message"] if found else "") or (one["message"] if is_test else "") or ""
    return Failed(
        subject,
        one["job_group"],
        found["signature"] if found else "",
        "test" if is_test else (found["category"] if found else "") or "unknown",
        message,
        (found["path"] if found else "") or "",
        job["job_id"],
        job["url"] or "",
    )
