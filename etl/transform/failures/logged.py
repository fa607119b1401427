"""Failures that only a job's log reports → `failure` points and failing test results.

A report, an annotation and a log often report the same failure: it gets one point, from the report if there is
one, else from the annotation, else from the log.
"""

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence

from etl.model.evidence import Failure
from etl.model.logs import LoggedTest, LogReading
from etl.model.points import Point
from etl.model.records import Annotation, Job
from etl.model.schema import FAILURE
from etl.transform.context import Context, present
from etl.transform.failures.categories import TEST
from etl.transform.failures.own_names import with_place, without_own_name
from etl.transform.failures.templates import is_boilerplate, signature_of
from etl.transform.jobs import job_second, job_tags
from etl.transform.names import printable
from etl.transform.times import point_time

# For the same test, sources join the names of suites differently, and some leave outer ones out.
_PARTS = re.compile(r"(?:[.\\/:#>\u203a\s]|\.(?:py|[cm]?[jt]sx?)(?=::|$))+")
# A shorter message may be contained in another by chance.
_MIN_PART = 12

TestName = tuple[str, str]


def says_anything(log: LogReading | None) -> bool:
    """Whether a log contains more than GitHub's boilerplate."""
    return log is not None and (bool(log.tests) or bool(_essence(log)))


def log_only_tests(
    context: Context, log: LogReading, annotations: Sequence[Annotation], reported: Iterable[TestName]
) -> list[LoggedTest]:
    """Failing tests of a log that are neither in a report (`reported`) nor in an annotation."""
    annotated = [context.rules.annotated_tests(note.title, note.message) for note in annotations]
    named = [*reported, *((test.suite, test.test) for test in annotated if test is not None)]
    known: defaultdict[tuple[str, ...], list[tuple[str, ...]]] = defaultdict(list)
    for parts in (_parts(*name) for name in named):
        known[parts[-1:]].append(parts)
    messages = [
        note.message.strip() for note, test in zip(annotations, annotated, strict=True) if test is None
    ]
    log_only = []
    for test in log.tests:
        parts = _parts(test.suite, test.name)
        if any(_is_same_name(parts, other) for other in known[parts[-1:]]):
            continue
        same = next((text for text in messages if _is_part(text, test.message.strip())), None)
        if same is None:
            log_only.append(test)
        else:
            # One annotation stands for one test.
            messages.remove(same)
    return log_only


def logged_failures(context: Context, tests: Iterable[LoggedTest], known: Iterable[Failure]) -> list[Failure]:
    """Failing results that only a log has, named as in tags; numbered after the `known` ones."""
    masks = context.rules.masks
    seen = Counter((failure.suite, failure.test) for failure in known)
    failures = []
    for test in tests:
        name = (masks(test.suite), masks(test.name))
        failures.append(Failure(*name, seen[name], test.message, annotated=True))
        seen[name] += 1
    return failures


def log_points(
    context: Context, job: Job, log: LogReading, log_only: Sequence[LoggedTest], *, explained: bool
) -> Iterator[Point]:
    """A point for each test that only the log has; without any test, one for the lines that explain the failure.

    `explained`: another source already explains the failure.
    """
    seen: Counter[TestName] = Counter()
    for test in log_only:
        message = printable(test.message)
        masked = (context.rules.masks(test.suite), context.rules.masks(test.name))
        own = without_own_name(message, test.suite, test.name)
        template = with_place(context.rules.templates(own), " ".join(masked))
        identity = (*masked, seen[masked])
        seen[masked] += 1
        yield _point(
            context,
            job,
            TEST,
            template,
            identity,
            message=message,
            test=masked[1],
            path=test.path,
            line=test.line,
        )
    essence = _essence(log)
    if not explained and not log.tests and essence:
        category, template = context.rules.categories.of_log(log), context.rules.templates(essence)
        yield _point(context, job, category, template, (), message=printable(log.message))


def _point(
    context: Context,
    job: Job,
    category: str,
    template: str,
    identity: tuple[str | int, ...],
    *,
    message: str,
    test: str | None = None,
    path: str = "",
    line: int | None = None,
) -> Point:
    return Point(
        FAILURE.name,
        {
            **job_tags(context, job),
            "source": "log",
            "category": category,
            "signature": signature_of(template),
        },
        {
            "message": message,
            **present(
                template=template,
                test=test,
                path=printable(path),
                line=line,
                job_id=job.id,
                run_id=job.run_id,
                attempt=context.run.attempt,
                head_sha=printable(context.run.head_sha),
            ),
        },
        point_time(job_second(context, job), "failure", "log", job.id, *identity),
    )


def _essence(log: LogReading) -> str:
    return "\n".join(line for line in log.essence.splitlines() if not is_boilerplate(line))


def _parts(suite: str, name: str) -> tuple[str, ...]:
    return tuple(part for part in _PARTS.split(f"{suite}::{name}") if part)


def _is_same_name(some: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Whether the shorter name is the end of the longer one."""
    length = min(len(some), len(others))
    return length > 0 and some[-length:] == others[-length:]


def _is_part(some: str, other: str) -> bool:
    shorter, longer = sorted((some, other), key=len)
    return len(shorter) >= _MIN_PART and shorter in longer
