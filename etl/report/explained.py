"""Collects what a store knows about a red run and its failures, and has them judged."""

from collections import Counter, defaultdict
from collections.abc import Awaitable, Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from etl.judge.history import Level, Subject
from etl.load.store import Store
from etl.model.schema import SUCCESS
from etl.model.writes import Row
from etl.report.formats import instant
from etl.verdict.gather import Found, Told, gather
from etl.verdict.known import BASE, Break, Failed, Flake, RedRun, Seen
from etl.verdict.verdict import RunVerdict, verdict_on

# How far back other results are considered.
LOOK_BACK: Final = timedelta(days=21)
_PULL_REQUEST, _OTHER = "(pull request)", "(other)"
_DAY: Final = timedelta(days=1)
# At most this many failures of a run are judged; the rest would add little.
MOST_FAILURES: Final = 200
_FAILED: Final = "failed\nerror"


@dataclass(frozen=True, slots=True)
class Asked:
    """What to explain: a run by its id, a commit, or the newest commit of a branch or pull request."""

    repository: str
    run_id: int = 0
    attempt: int = 0
    branch: str = ""
    sha: str = ""
    request: int = 0

    def __str__(self) -> str:
        """A readable description."""
        if self.run_id:
            return f"run {self.run_id} of {self.repository}"
        if self.request:
            return f"pull request {self.request} of {self.repository}"
        what = f"branch {self.branch}" if self.branch else f"commit {self.sha}"
        return f"{what} of {self.repository}"


@dataclass(frozen=True, slots=True)
class Explained:
    """The runs asked for: how many exist, how many ended green, and the verdicts on the red ones."""

    runs: int
    green: int
    verdicts: tuple[RunVerdict, ...]


# Takes a branch and a commit and returns the files that differ between them; without a branch, the files
# that the commit changed. None if unknown.
Changes = Callable[[str, str], Awaitable[frozenset[str] | None]]


async def no_changes(_base: str, _sha: str) -> None:
    """Report that the changes are unknown."""
    return


async def explain(store: Store, asked: Asked, now: datetime, changes: Changes = no_changes) -> Explained:
    """Explain the red runs among those asked for. If the result has no runs, the store knows none of them.

    `changes` is called at most once, and only if a failure names a file.
    """
    attempts = await store.query("attempts", _within(asked.repository, now - LOOK_BACK - _DAY, now))
    runs = _Runs(attempts)
    wanted = runs.asked_for(asked)
    green = sum(row["conclusion"] == SUCCESS for row in wanted)
    verdicts = []
    once = _RequestedOnce(changes)
    for row in wanted:
        found = await _RunExplainer(store, runs, row, now, once).verdict() if _is_red(row) else None
        if found is not None:
            verdicts.append(found)
    return Explained(len(wanted), green, tuple(verdicts))


def _within(repository: str, start: datetime, stop: datetime) -> dict[str, Any]:
    return {"repository": repository, "start": start, "stop": stop}


def _is_red(row: Row) -> bool:
    return row["conclusion"] in ("failure", "timed_out", "startup_failure")


def _seconds(value: Any) -> int:
    moment = instant(value)
    return int(moment.timestamp()) if moment is not None else 0


async def last_red(store: Store, repository: str, start: datetime, stop: datetime) -> Asked | None:
    """The last red run of a period, or None."""
    attempts = await store.query("attempts", _within(repository, start, stop))
    latest = {row["run_id"]: row for row in sorted(attempts, key=lambda row: row["attempt"])}
    red = [row for row in latest.values() if _is_red(row)]
    if not red:
        return None
    return Asked(repository, run_id=max(red, key=lambda row: (row["time"], row["run_id"]))["run_id"])


class _RequestedOnce:
    """Requests the changes only once: runs that are explained together have the same commit."""

    def __init__(self, changes: Changes) -> None:
        self._changes = changes
        self._known: dict[tuple[str, str], frozenset[str] | None] = {}

    async def __call__(self, base: str, sha: str) -> frozenset[str] | None:
        if (base, sha) not in self._known:
            self._known[base, sha] = None if self._known else await self._changes(base, sha)
        return self._known[base, sha]


class _Runs:
    """Attempts of runs: which line each belongs to, and which were asked for."""

    def __init__(self, attempts: Sequence[Row]) -> None:
        self.attempts = attempts
        named = Counter(row["branch"] for row in attempts if row["branch"] not in (_PULL_REQUEST, _OTHER))
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


class _RunExplainer:
    """Collects what the store knows about one red run."""

    def __init__(self, store: Store, runs: _Runs, row: Row, now: datetime, changes: Changes) -> None:
        self._store, self._runs, self._row, self._changes = store, runs, row, changes
        ended = instant(row["time"]) or now
        self._began = ended - timedelta(seconds=row["duration_s"] or 0)
        # An earlier attempt may have run the jobs that this one inherits.
        self._window = (self._began - _DAY, ended + timedelta(hours=1))
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
        asked = _within(row["repository"], *period) | {"workflow": row["workflow"], **more}
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
        seen = _Results(self._runs, executions, results, messages)
        findings = [one for one in await self._ask("findings", self._around) if one["until"] is None]
        return Found(
            {
                one.subject: [other for other in seen.of(one.subject) if other.job_id != one.job_id]
                for one in failures
            },
            {one.subject: seen.elsewhere_in_matrix(one, run, jobs) for one in failures if one.subject.name},
            list(self._same_failures(messages)),
            [
                (_seconds(row["time"]), self._runs.line(row))
                for row in self._runs.attempts
                if _is_red(row) and row["run_id"] != run.run_id
            ],
            {_subject(one): _flake(one) for one in findings if one["kind"] == "flaky"},
            {_subject(one): _break(one) for one in findings if one["kind"] == "broken"},
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
                yield Told(_seconds(one["time"]), line, subject, one["signature"])


class _Results:
    """Results of jobs and tests elsewhere."""

    def __init__(
        self, runs: _Runs, executions: Sequence[Row], results: Sequence[Row], messages: Sequence[Row]
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
                        _seconds(one["time"]), one["run_id"], one["attempt"], one["head_sha"] or "", line,
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
        _seconds(finding["since"]),
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
