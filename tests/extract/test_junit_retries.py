"""Whatever a report holds: no pass hides a failure, and no flake is told that nobody recorded."""

from collections import Counter, defaultdict
from dataclasses import dataclass
from xml.sax.saxutils import quoteattr

from hypothesis import given
from hypothesis import strategies as st

from etl.model.results import Outcome, Result
from tests.extract.reports import read

INSIDE = {
    Outcome.PASSED: "",
    Outcome.FAILED: "<failure message='boom'/>",
    Outcome.ERROR: "<error message='bang'/>",
    Outcome.SKIPPED: "<skipped message='not now'/>",
}
# What stands in front of a suite's cases, and of all suites.
WRITERS = {
    "unknown": ("<testsuites>", ""),
    "pytest": ("<testsuites name='pytest tests'>", ""),
    "jest": ("<testsuites name='jest tests'>", ""),
    "gotestsum": ("<testsuites>", "<properties><property name='go.version' value='go1'/></properties>"),
    "testng": (
        "<testsuites>",
        "<properties><property name='surefire.test.class.path' value='testng-7.jar'/></properties>",
    ),
}


@dataclass(frozen=True)
class Case:
    """A case as a report has it; what tells it apart is all but the outcome."""

    suite: str
    classname: str
    of_class: str
    file: str
    name: str
    outcome: Outcome

    @property
    def identity(self) -> tuple[str, ...]:
        return (self.suite, self.classname, self.of_class, self.file, self.name)

    def xml(self) -> str:
        pairs = {"classname": self.classname, "class": self.of_class, "file": self.file, "name": self.name}
        told = " ".join(f"{key}={quoteattr(value)}" for key, value in pairs.items() if value)
        return f"<testcase {told}>{INSIDE[self.outcome]}</testcase>"


CASES = st.lists(
    st.builds(
        Case,
        suite=st.sampled_from(["orders", "users"]),
        classname=st.sampled_from(["", "test", "k"]),
        of_class=st.sampled_from(["", "", "X", "Y"]),
        file=st.sampled_from(["", "", "x.php", "y.php"]),
        name=st.sampled_from(["a", "b"]),
        outcome=st.sampled_from(Outcome),
    ),
    max_size=12,
)


def report(writer: str, cases: list[Case]) -> str:
    root, head = WRITERS[writer]
    by_suite: dict[str, list[Case]] = defaultdict(list)
    for case in cases:
        by_suite[case.suite].append(case)
    suites = (
        f"<testsuite name='{name}'>{head}{''.join(case.xml() for case in group)}</testsuite>"
        for name, group in by_suite.items()
    )
    return f"{root}{''.join(suites)}</testsuites>"


def attempts(cases: list[Case]) -> dict[tuple[str, ...], list[Outcome]]:
    found: dict[tuple[str, ...], list[Outcome]] = defaultdict(list)
    for case in cases:
        found[case.identity].append(case.outcome)
    return found


def healed(outcomes: list[Outcome], writer: str) -> bool:
    """Whether a recorded failure is followed by a recorded pass."""
    red = {Outcome.FAILED, Outcome.ERROR} | ({Outcome.SKIPPED} if writer == "testng" else set())
    return any(one in red and Outcome.PASSED in outcomes[place:] for place, one in enumerate(outcomes))


@given(st.sampled_from(sorted(WRITERS)), CASES)
def test_no_failure_is_hidden_and_no_flake_invented(writer, cases):
    results = read(report(writer, cases))
    told = attempts(cases)
    ended_red = sum(
        next((one for one in reversed(outcomes) if one is not Outcome.SKIPPED), outcomes[-1]).is_red
        for outcomes in told.values()
    )
    red = sum(result.is_red for result in results)
    flaky = [result for result in results if result.retried_message is not None]
    assert red >= ended_red
    assert len(flaky) <= sum(healed(outcomes, writer) for outcomes in told.values())
    # A failure that is not told as one is told as healed, by a test that ran again.
    hidden = sum(one.is_red for outcomes in told.values() for one in outcomes) - red
    joined = sum(len(outcomes) - 1 for outcomes in told.values())
    assert hidden <= joined
    assert len(results) >= len(told)


@given(st.sampled_from(sorted(WRITERS)), CASES)
def test_tests_that_ran_are_told_apart(writer, cases):
    """As many names as there are tests of one suite; those of two suites may share theirs."""
    in_one = [case for case in cases if case.suite == "orders" and case.classname != "k"]
    names = {(result.suite, result.name) for result in read(report(writer, in_one))}
    by_name = Counter(
        (case.of_class or case.file, case.name) for case in {c.identity: c for c in in_one}.values()
    )
    assert len(names) >= len(by_name)


@given(st.sampled_from(["jest", "unknown"]), CASES)
def test_attempts_of_a_presumed_retry_are_all_there(writer, cases):
    """What a job that is red takes apart again is what the report had, but for skipped repetitions."""
    apart: list[Result] = [one for r in read(report(writer, cases)) for one in r.attempts or (r,)]
    written = Counter(one for outcomes in attempts(cases).values() for one in outcomes)
    found = Counter(one.outcome for one in apart)
    for outcome in (Outcome.PASSED, Outcome.FAILED, Outcome.ERROR):
        assert found[outcome] == written[outcome]
