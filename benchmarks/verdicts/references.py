"""What others would say of the same red runs: the rules of PyTorch's Dr. CI, and "it fails on the base, too".

Dr. CI as its public sources (pytorch/test-infra, torchci) describe it, by job: broken trunk where the merge
base has the same job with the same conclusion and captured failure; never flaky for lint and docs; flaky
without a runner or a failure line, where a known issue names the test, and where the same job failed with
the same capture on another commit within 24 hours before the base, of another author. What is captured is
the first failing test, or else the line that tells; where our worlds have none, theirs would have found
one, so such a failure is taken for a new one. Of the rest, what resembles a flaky or broken job of
the same request is unrelated, too, unless it is generic.
"""

from collections.abc import Iterable, Sequence
from typing import Final

from benchmarks.verdicts.cases import Case
from benchmarks.verdicts.world import Execution
from etl.judge.history import Level, Subject
from etl.verdict.known import BASE
from etl.verdict.tables import DAY_S

_LEFT_OUT: Final = {"lint"}


def fails_on_base(case: Case) -> list[bool]:
    """For each failure whether the default branch's last run before has it, too, and so it is not yours."""
    base = _base(case)
    return [base is not None and known.failed.subject in base.reds for known in case.known]


def drci(case: Case) -> list[bool]:
    """For each failure whether Dr. CI says that it is not yours: by its job, as all of that job."""
    base = _base(case)
    near = [
        one
        for one in case.earlier
        if one.sha != case.run.sha
        and one.line != case.run.line
        and one.line not in case.run.kin
        and (base.time if base else case.run.time) - DAY_S <= one.time <= case.run.time
    ]
    jobs = {known.failed.subject.job for known in case.known}
    captured = {
        job: _capture(job, ((k.failed.subject, k.failed.signature) for k in case.known)) for job in jobs
    }
    unrelated = {job for job in jobs if _unrelated(job, captured[job], base, near)}
    alike = {captured[job] for job in unrelated if captured[job]} - {None}
    unrelated |= {job for job in jobs if captured[job] in alike and not _generic(captured[job])}
    return [known.failed.subject.job in unrelated for known in case.known]


def _unrelated(job: str, capture: str, base: Execution | None, near: Sequence[Execution]) -> bool:
    if base is not None and _failed(job, base) and _of(job, base) == capture:
        return True
    if job in _LEFT_OUT:
        return False
    return capture != "" and any(_failed(job, one) and _of(job, one) == capture for one in near)


def _base(case: Case) -> Execution | None:
    """The default branch's last run before this one."""
    before = [one for one in case.earlier if one.line == BASE and one.time < case.run.time]
    return max(before, key=lambda one: one.time, default=None)


def _failed(job: str, one: Execution) -> bool:
    return any(subject.job == job for subject in one.reds)


def _of(job: str, one: Execution) -> str:
    return _capture(job, ((subject, red.signature) for subject, red in one.reds.items()))


def _capture(job: str, reds: Iterable[tuple[Subject, str]]) -> str:
    """The first failing test of a job, or else what it said."""
    own = sorted(
        (subject.level is not Level.TEST, subject.name, said) for subject, said in reds if subject.job == job
    )
    if not own:
        return ""
    is_job, name, said = own[0]
    return said if is_job else name


def _generic(capture: str) -> bool:
    return capture.startswith("generic")
