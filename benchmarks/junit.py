"""JUnit XML → results → points → line protocol, against junitparser reading the same file and going no further."""

from collections.abc import Callable
from functools import partial
from random import Random
from xml.parsers import expat

from junitparser import JUnitXml

from benchmarks.measure import Outcome, Size, alternating, processor_s
from etl.demo.suites import execute, plan_suite, report
from etl.extract.junit import read_report
from etl.load.line_encoder import encode, encode_columns
from etl.model.records import Job, Run
from etl.model.results import Content, Report
from etl.transform.attempts import transform_attempt
from etl.transform.context import Context
from etl.transform.rules import Rules

_COMPLETED = 1_790_000_000
_RUN = Run(
    id=1, number=1, attempt=1, workflow_id=1, workflow_name="CI", path=".github/workflows/ci.yml",
    check_suite_id=1, event="push", status="completed", conclusion="failure", head_sha="6f1c0d2a9be3",
    head_branch="main", fork=False, actor="someone", created_at=_COMPLETED - 900, started_at=_COMPLETED - 900,
    updated_at="", url="https://github.com/acme/rocket/actions/runs/1", has_previous_attempt=False,
)  # fmt: skip
_JOB = Job(
    id=2, run_id=1, attempt=1, name="unit (ubuntu-24.04)", status="completed", conclusion="failure",
    created_at=_COMPLETED - 900, started_at=_COMPLETED - 890, completed_at=_COMPLETED,
    labels=("ubuntu-24.04",), steps=(), url="https://github.com/acme/rocket/actions/runs/1/job/2",
)  # fmt: skip


def run(size: Size) -> list[Outcome]:
    """Seconds of processor for a report; of its tests, two in a hundred fail at times."""
    number = size.of(20_000, 200)
    content = a_report(number)
    context = Context("acme/rocket", "CI", "main", _RUN, Rules())
    if min(len(lines(context, content)), len(least_lines(content)), visited(content)) < number:
        raise AssertionError("results are missing")
    what = f"JUnit XML of {number} results → line protocol"
    references: dict[str, Callable[[], object]] = {
        "junitparser, each case visited": lambda: visited(content),
        "junitparser, its tree alone": lambda: JUnitXml.fromstring(content),
        "bare expat": lambda: events(content),
    }
    outcomes = []
    for reference, work in references.items():
        theirs = partial(processor_s, work)
        least = alternating(lambda: processor_s(lambda: least_lines(content)), theirs, size.of(3, 1))
        samples = alternating(lambda: processor_s(lambda: lines(context, content)), theirs, size.of(9, 1))
        bare = Outcome("least", "", reference, *least, "s", 1.0, at_least=True)
        notes = (f"expat and a line for each case, nothing else, in Python: {bare.ratio:.2f}",)
        outcomes.append(Outcome("junit", what, reference, *samples, "s", 1.0, at_least=True, notes=notes))
    return outcomes


def a_report(number: int) -> bytes:
    """The XML of an execution of so many tests."""
    random = Random(1)  # noqa: S311
    plans = plan_suite(random, "acme", tests=number, flaky=[0.3] * (number // 50))
    return report(execute(random, plans, day=0, retries=1))


def lines(context: Context, content: bytes) -> list[bytes]:
    """What becomes of a report in the pipeline."""
    read_report([content], found := Content())
    made = transform_attempt(context, [_JOB], {}, [Report(_JOB, is_job=True, results=found.results)])
    columns = [line for columns in made.columns for line in encode_columns(columns)]
    return [*columns, *map(encode, made.points)]


def least_lines(content: bytes) -> list[bytes]:
    """The least that Python can do: a line for each case, of what stands in the XML; no result could be kept so."""
    made: list[bytes] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag == "testcase":
            name, suite, duration = attributes["name"], attributes["classname"], attributes["time"]
            line = f"test,branch=main,job=unit,repository=acme/rocket,suite={suite},test={name},workflow=CI"
            made.append(f"{line} duration_s={duration},job_id=2i {_COMPLETED}000000000".encode())

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.Parse(content, True)
    return made


def visited(content: bytes) -> int:
    """What the pipeline takes from a report, by junitparser: name, class, time and result of each case."""
    number = 0
    for suite in JUnitXml.fromstring(content):
        for case in suite:
            _ = case.name, case.classname, case.time, case.result
            number += 1
    return number


def events(content: bytes) -> int:
    """The elements that expat tells of."""
    number = 0

    def start(_tag: str, _attributes: dict[str, str]) -> None:
        nonlocal number
        number += 1

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.Parse(content, True)
    return number
