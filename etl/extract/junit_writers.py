"""Who wrote a JUnit report, as the report itself tells, and what equal names in a suite mean there.

The table is data: a writer is known by the name of its root or suite, by a property that it writes, or by
an attribute of its cases. Seen in reports of the tools themselves: pytest 9 with `flaky` 3.8, gotestsum 1.13,
Ginkgo 2.3, Surefire 3.2 with TestNG 7.10, node 20, Jest 30 with jest-junit 16, Vitest 4, Mocha 11.
"""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum, auto


class Repeats(Enum):
    """What equal names within a suite are."""

    # Nobody knows: retries where every repeated name begins with a failure and ends in a pass.
    UNKNOWN = auto()
    # Different tests, rows of data, or repeated on purpose.
    SEPARATE = auto()
    # One test: all but the last attempt are written without a result.
    ATTEMPTS = auto()
    # Failing tests that ran again, unless a test is repeated that did not fail.
    RERUNS = auto()
    # One test: an attempt that is retried is written as skipped, with its failure for a message.
    RETRIED_AS_SKIPPED = auto()


@dataclass(frozen=True, slots=True)
class Writer:
    """A tool that writes reports; `retries_in_output`: it tells of retries in `<system-err>` alone."""

    repeats: Repeats
    retries_in_output: bool = False


UNKNOWN = Writer(Repeats.UNKNOWN)
_SEPARATE = Writer(Repeats.SEPARATE)

# By the name of `<testsuites>` or of a suite, in lower case.
_NAMES: Mapping[str, Writer] = {
    "pytest": Writer(Repeats.ATTEMPTS),
    "pytest tests": Writer(Repeats.ATTEMPTS),
    **dict.fromkeys(
        (
            "bun test",
            "cucumber",
            "cucumber-js",
            "deno test",
            "jasmine",
            "jest tests",
            "mocha tests",
            "nextest-run",
            "rspec",
            "vitest tests",
        ),
        _SEPARATE,
    ),
}
# By a property: its name, and what its value contains.
_PROPERTIES: Mapping[str, tuple[str, Writer]] = {
    "go.version": ("", Writer(Repeats.RERUNS)),
    "SuiteSucceeded": ("", Writer(Repeats.SEPARATE, retries_in_output=True)),
    **dict.fromkeys(
        ("surefire.test.class.path", "java.class.path"), ("testng", Writer(Repeats.RETRIED_AS_SKIPPED))
    ),
    # Boost.Test and Catch2.
    "boost": ("", _SEPARATE),
    "random-seed": ("", _SEPARATE),
}
# By an attribute of a suite, and what its value contains.
_SUITE_ATTRIBUTES: Mapping[str, tuple[str, Writer]] = {
    # Surefire and Failsafe have elements of their own for retries; with TestNG these are written as skipped.
    "xsi:noNamespaceSchemaLocation": ("surefire", Writer(Repeats.RETRIED_AS_SKIPPED)),
}
# By an attribute of a case: PHPUnit, Codeception, minitest and Boost count assertions; Codeception names
# features; Google's tests tell whether a test ran beside how it ended.
_CASE_ATTRIBUTES: Mapping[str, Writer] = dict.fromkeys(
    ("assertions", "feature", "useCase", "useCaseId", "result"), _SEPARATE
)

# Names that say nothing of what is tested: writers' own, and those for want of a better one.
_VOID = re.compile(
    r"(?:tests?|suites?|test ?suites?|test ?cases?|specs?|all|all ?tests?|root|root suite|default|global|main|none"
    r"|null|undefined|unknown|unnamed|anonymous|\(?empty\)?|\(?root\)?|\(?none\)?|n/a|-|junit|jest|vitest|mocha|node"
    r"|pytest|(?:jest|vitest|mocha|pytest|bun|deno|node) tests?|nextest-run)?",
    re.IGNORECASE,
)


def writer_of_name(name: str) -> Writer | None:
    """By the name of a root or suite."""
    return _NAMES.get(name.lower())


def writer_of_suite(attributes: Mapping[str, str]) -> Writer | None:
    """By the attributes of a suite."""
    return writer_of_name(attributes.get("name", "").strip()) or next(
        (
            writer
            for name, (part, writer) in _SUITE_ATTRIBUTES.items()
            if name in attributes and part in attributes[name]
        ),
        None,
    )


def writer_of_property(name: str, value: str) -> Writer | None:
    """By a property of a suite."""
    part, writer = _PROPERTIES.get(name, ("", None))
    return writer if part in value else None


def writer_of_case(attributes: Mapping[str, str]) -> Writer | None:
    """By the attributes of a case."""
    return next((writer for name, writer in _CASE_ATTRIBUTES.items() if name in attributes), None)


def says_nothing(name: str) -> bool:
    """Whether a classname or a suite's name tells no tests apart, such as the `test` of node's cases."""
    return len(name) < 20 and _VOID.fullmatch(name) is not None  # noqa: PLR2004  (the longest of them)
