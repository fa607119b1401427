"""The gate: which failures of a run the quarantine tolerates; green only if there are no objections."""

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from etl.model.results import Outcome, Result
from etl.quarantine.entry import Entry, Quarantine


@dataclass(frozen=True, slots=True)
class Report:
    """The results of a report, or why it cannot be trusted."""

    name: str
    results: Sequence[Result] = ()
    trouble: str = ""


@dataclass(slots=True)
class Verdict:
    """`objections` are sentences, and empty if the verdict is green; `passed_over` are tolerated failures."""

    tests: int = 0
    objections: list[str] = field(default_factory=list)
    passed_over: list[tuple[Result, Entry]] = field(default_factory=list)
    absent: list[Entry] = field(default_factory=list)

    @property
    def is_green(self) -> bool:
        """Whether the job may pass."""
        return not self.objections


@dataclass(frozen=True, slots=True)
class Terms:
    """Further conditions: at least `min_tests` tests, and the test runner's exit code if it is known."""

    today: date
    min_tests: int = 1
    runner_exit: int | None = None


def judge(reports: Iterable[Report], quarantine: Quarantine, terms: Terms) -> Verdict:
    """The verdict on all results, given the quarantine."""
    verdict = Verdict()
    results: list[Result] = []
    for report in reports:
        if report.trouble:
            verdict.objections.append(f"{report.name}: {report.trouble}")
        results += report.results
    verdict.tests = sum(result.outcome is not Outcome.SKIPPED for result in results)
    _judge_failures(results, quarantine, terms, verdict)
    _judge_number(quarantine, terms, verdict)
    _judge_runner(results, terms, verdict)
    return verdict


def _judge_failures(
    results: Sequence[Result], quarantine: Quarantine, terms: Terms, verdict: Verdict
) -> None:
    entries = {entry.name: entry for entry in quarantine.entries}
    times = Counter(tuple(result.case) for result in results)
    for entry in quarantine.entries:
        if entry.is_expired(terms.today):
            verdict.objections.append(
                f"{_shown(entry.suite, entry.test)} is in quarantine until {entry.expires}, which is over: "
                "`ci-health quarantine propose` takes it out, or asks for more time"
            )
        elif entry.since > terms.today:
            verdict.objections.append(
                f"{_shown(entry.suite, entry.test)} is in quarantine from {entry.since}, which is to come"
            )
        elif entry.name not in times:
            verdict.absent.append(entry)
    for result in results:
        if not result.is_red:
            continue
        known = entries.get(tuple(result.case))  # type: ignore[arg-type]
        shown = _shown(result.suite, result.name)
        if known is None:
            verdict.objections.append(f"{shown} failed, and is not in quarantine")
        elif times[tuple(result.case)] > 1:
            verdict.objections.append(
                f"{shown} failed, and several tests have this name: nobody can tell which is meant"
            )
        elif not known.is_expired(terms.today):
            verdict.passed_over.append((result, known))


def _judge_number(quarantine: Quarantine, terms: Terms, verdict: Verdict) -> None:
    least = max(1, quarantine.min_tests, terms.min_tests)
    if verdict.tests < least:
        verdict.objections.append(
            f"{verdict.tests} tests ran, and at least {least} are to (min_tests)"
            if verdict.tests
            else "no test ran"
        )


def _judge_runner(results: Sequence[Result], terms: Terms, verdict: Verdict) -> None:
    code = terms.runner_exit
    if code not in {None, 0, 1}:
        verdict.objections.append(
            f"the test runner ended with exit code {code}: it crashed, or could not run all tests"
        )
    elif code == 1 and not any(result.is_red for result in results):
        verdict.objections.append("the test runner failed, and no test did: something else went wrong")


def _shown(suite: str, test: str) -> str:
    return f"{suite}::{test}"
