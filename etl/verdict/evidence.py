"""A verdict in words: its evidence in one line, what evidence is missing, and what to do."""

from datetime import UTC, datetime

from etl.judge.history import Level
from etl.verdict.known import BASE, Known, RedRun
from etl.verdict.reading import Reading, read
from etl.verdict.tables import HOUR_S, NOW_S
from etl.verdict.verdict import Call, Verdict

_HOURS = NOW_S // HOUR_S
_SHA = 8
_FEW = 10
_ADVICE = {
    Call.YOURS: "look at what this change does there",
    Call.FLAKY: "re-run the job; the flake is not of this change",
    Call.BROKEN: "wait for the repair of the default branch, then update this branch",
    Call.ELSEWHERE: "nothing to change here: re-run when it passes elsewhere again",
    Call.INFRASTRUCTURE: "re-run the job; if it comes again, look at the runner or the service",
    Call.UNKNOWN: "re-run the job: a pass on the same commit would tell",
}
_ADVICE_BASE = {
    Call.YOURS: "repair or revert this commit",
    Call.BROKEN: "repair or revert the commit that broke it",
}


def advice(run: RedRun, verdict: Verdict) -> str:
    """What the reader should do."""
    if run.line == BASE and verdict.call in _ADVICE_BASE:
        return _ADVICE_BASE[verdict.call]
    return _ADVICE[verdict.call]


def evidence(run: RedRun, verdict: Verdict) -> str:
    """The evidence for the verdict; for `unknown`, the evidence that is missing."""
    known = verdict.known
    reading = read(run, known)
    match verdict.call:
        case Call.YOURS:
            parts = _of_yours(run, known, reading)
        case Call.FLAKY:
            parts = _of_flake(known, reading)
        case Call.BROKEN:
            parts = _of_break(run, known, reading)
        case Call.ELSEWHERE:
            parts = _of_elsewhere(known, reading)
        case Call.INFRASTRUCTURE:
            parts = _of_infrastructure(known, reading)
        case Call.UNKNOWN:
            parts = missing(run, known)
    return "; ".join(parts)


def missing(run: RedRun, known: Known) -> list[str]:
    """Evidence that would make the verdict more certain."""
    reading = read(run, known)
    parts = []
    if not reading.elsewhere:
        parts.append("no results of it elsewhere")
    if not known.failed.signature:
        parts.append("it said nothing")
    elif known.outside.had > 1:
        parts.append(f"its message is a common one ({known.outside.had} other jobs and tests had it)")
    if not sum(reading.again):
        parts.append("the commit ran once")
    if known.touched is None and known.failed.path:
        parts.append("what the change touches is not known")
    return parts or ["the evidence is divided"]


def _of_yours(run: RedRun, known: Known, reading: Reading) -> list[str]:
    parts = []
    base = [*reading.before, *reading.after]
    if run.line == BASE:
        last = reading.before[-1] if reading.before else None
        parts.append(
            f"passed until {last.sha[:_SHA]}" if last and last.passed else "new on the default branch"
        )
    elif base:
        passed = sum(one.passed for one in base)
        parts.append(f"passes on the default branch ({passed} of the {len(base)} results around)")
    elif not reading.elsewhere:
        parts.append("runs on this branch alone")
    if reading.older and not reading.older[0].passed:
        parts.append("failed on the commit before, too")
    if not known.outside.had and not reading.alike and known.failed.signature:
        parts.append("its message is new")
    if known.touched:
        parts.append(f"the change touches {known.failed.path}")
    if reading.again[0]:
        parts.append(_times(reading.again[0], "failed again on this commit"))
    return parts or ["nothing else explains it"]


def _of_flake(known: Known, reading: Reading) -> list[str]:
    parts = []
    if reading.again[1]:
        parts.append("passed on this commit, too")
    failures, passes = reading.rest
    red = sum(not one.passed for one in reading.before)
    failures, results = round(failures + red), round(failures + passes + len(reading.before))
    if failures and results >= _FEW:
        parts.append(f"fails in {failures} of {results} results elsewhere")
    if known.flake is not None:
        found = "proven" if known.flake.proven else "suspected"
        last = f", last on {_day(known.flake.last_seen)}" if known.flake.last_seen else ""
        parts.append(f"{found} flaky{last}")
    if reading.alike:
        parts.append(_times(reading.alike, "seen with this message"))
    if known.beside[1] and known.failed.subject.level is Level.TEST:
        parts.append(f"passes in {_count(known.beside[1], 'other job')} of the matrix")
    return parts or ["passes elsewhere, and nothing ties it to the change"]


def _of_break(run: RedRun, known: Known, reading: Reading) -> list[str]:
    red = 0
    for one in reversed(reading.before):
        if one.passed:
            break
        red += 1
    where = "" if run.line == BASE else " on the default branch"
    if known.broken is not None:
        since = f"broken{where} since {known.broken.first_bad[:_SHA]} ({_day(known.broken.since)})"
    elif red:
        first = reading.before[-red]
        since = f"fails{where} since {first.sha[:_SHA]} ({_day(first.time)})"
    else:
        later = next((one for one in reading.after if not one.passed), None)
        since = (
            f"fails{where} from {later.sha[:_SHA]} on"
            if later
            else "began after the default branch last ran it"
        )
    return [since, *([f"{_count(red, 'result')} in a row"] if red else [])]


def _of_elsewhere(known: Known, reading: Reading) -> list[str]:
    failed, passed = reading.now
    parts = []
    if failed:
        others = f", passes on {passed}" if passed else ""
        parts.append(
            f"the same on {_count(failed, 'other branch', 'other branches')} within {_HOURS} h{others}"
        )
    if known.outside.now:
        parts.append(
            f"the same message in {_count(known.outside.now, 'other job or test', 'other jobs and tests')} now"
        )
    return parts or ["began everywhere at about the time of this run"]


def _of_infrastructure(known: Known, reading: Reading) -> list[str]:
    parts = [f"of the category {known.failed.category}"]
    if reading.again[1]:
        parts.append("passed on this commit, too")
    if known.outside.had:
        parts.append(
            f"{_count(known.outside.had, 'other job or test', 'other jobs and tests')} said the same before"
        )
    return parts


def _count(number: int, one: str, more: str = "") -> str:
    return f"{number} {one}" if number == 1 else f"{number} {more or one + 's'}"


def _times(number: int, what: str) -> str:
    return what if number == 1 else f"{what} {number} times"


def _day(time: int) -> str:
    return f"{datetime.fromtimestamp(time, UTC):%b %d}"
