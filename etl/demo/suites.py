"""Test suites with known flaky and broken tests, and the JUnit reports of their executions."""

import io
import zipfile
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from random import Random
from xml.etree.ElementTree import Element, SubElement, tostring

# A fixed time in archives, so that the same results give the same bytes.
_ZIP_TIME = (2026, 1, 1, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Planned:
    """How a test behaves: `rate` is its random failure rate, `broken` the days on which it always fails.

    Of nine results that do not pass, `errors` are errors and the rest failures.
    """

    suite: str
    name: str
    rate: float = 0.0
    seconds: float = 0.2
    broken: range = range(0)
    errors: int = 0
    message: str = "expected 3 entries, got {n}"


@dataclass(frozen=True, slots=True)
class Case:
    """A result in a report; `retries` are failing results of the same case before the last one.

    A `red` case ended in a failure, or in an error if it says so.
    """

    plan: Planned
    red: bool
    seconds: float
    message: str = ""
    retries: int = 0
    skipped: bool = False
    error: bool = False


def plan_suite(
    random: Random, prefix: str, *, tests: int, flaky: Sequence[float] = (), broken: Sequence[range] = ()
) -> list[Planned]:
    """A suite: flaky tests with these rates, tests broken on these days, and healthy tests, in classes.

    Some healthy tests are parametrised, and some are slow.
    """
    plans = [
        Planned(
            f"{prefix}.flaky.test_retry", f"test_flaky_{index}", rate, errors=4, message=_flaky_message(index)
        )
        for index, rate in enumerate(flaky)
    ]
    plans += [
        Planned(f"{prefix}.broken.test_api", f"test_broken_{index}", broken=days, message="404 != 200")
        for index, days in enumerate(broken)
    ]
    for index in range(tests - len(plans)):
        module = f"{prefix}.test_module_{index // 25}"
        name = f"test_case[{index}-x]" if index % 5 == 0 else f"test_case_{index}"
        plans.append(
            Planned(module, name, seconds=random.lognormvariate(-2, 1) * (40 if index % 97 == 0 else 1))
        )
    return plans


def _flaky_message(index: int) -> str:
    messages = (
        "TimeoutError: no answer within {n}s from 10.0.{n}.{n}:8080",
        "AssertionError: cache holds {n} entries, expected 3",
        "ConnectionResetError: peer 0x7f{n}a{n}b went away",
    )
    return messages[index % len(messages)]


def execute(
    random: Random, plans: Iterable[Planned], *, day: int, outage: bool = False, retries: int = 0
) -> list[Case]:
    """One execution of the tests; a failing test is retried up to `retries` times.

    In an outage nearly all tests fail.
    """
    cases = []
    for plan in plans:
        broken = day in plan.broken
        chance = 1.0 if broken else 0.97 if outage else plan.rate
        reds = 0
        while reds <= retries and random.random() < chance:
            reds += 1
        message = "registry.local: i/o timeout" if outage else plan.message
        drawn = random.randint(1, 9) if reds else 0
        text = message.replace("{n}", str(drawn)) if reds else ""
        seconds = round(plan.seconds * random.uniform(0.8, 1.3), 3)
        error = 0 < drawn <= plan.errors
        cases.append(Case(plan, reds > retries, seconds, text, min(reds, retries), error=error))
    return cases


def report(*projects: Sequence[Case]) -> bytes:
    """The JUnit XML of an execution, with a `<testsuite>` per class, as Maven Surefire writes it.

    With several projects, such as browsers, the suites repeat, as with Playwright.
    """
    root = Element("testsuites")
    for cases in projects:
        suites: dict[str, Element] = {}
        for case in cases:
            name = case.plan.suite
            if name not in suites:
                suites[name] = SubElement(root, "testsuite", name=name)
            _add(suites[name], case)
    content: bytes = tostring(root, encoding="utf-8", xml_declaration=True)
    return content


def _add(suite: Element, case: Case) -> None:
    """A case, with its attempts as elements of Surefire's."""
    element = SubElement(
        suite, "testcase", classname=case.plan.suite, name=case.plan.name, time=f"{case.seconds}"
    )
    kind = "Error" if case.error else "Failure"
    if case.skipped:
        SubElement(element, "skipped")
    if case.red:
        SubElement(element, kind.lower(), message=case.message).text = f"Traceback\n  {case.message}"
    for _ in range(case.retries):
        retried = SubElement(element, f"{'rerun' if case.red else 'flaky'}{kind}", message=case.message)
        SubElement(retried, "stackTrace").text = f"Traceback\n  {case.message}"


def archive(files: Iterable[tuple[str, bytes]]) -> bytes:
    """A zip as upload-artifact writes it; the same files give the same bytes."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target:
        for name, content in files:
            target.writestr(zipfile.ZipInfo(name, _ZIP_TIME), content, zipfile.ZIP_DEFLATED)
    return buffer.getvalue()
