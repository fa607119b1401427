"""What each writer means by its report: what is one test, what is a retry, and what failed."""

import io

import pytest

from etl.extract.archive import read_artifact
from tests.extract.reports import case, read, rows, suite, zipped

F = "<failure message='boom'/>"


def told(xml: str) -> list[tuple[str, str, str, str, str | None]]:
    """Suite, name, outcome, message and what was healed, of each result."""
    return [(s, name, outcome, message, healed) for s, name, outcome, _, message, healed in rows(read(xml))]


def outcomes(xml: str) -> list[tuple[str, str | None]]:
    return [(outcome, healed) for _, _, outcome, _, healed in told(xml)]


PYTEST = "<testsuites name='pytest tests'><testsuite name='pytest'>{}</testsuite></testsuites>"
TEARDOWN = "<error message='failed on teardown with &quot;E&quot;'/>"


@pytest.mark.parametrize(
    ("attempts", "expected"),
    [
        (("", "", F), [("failed", None)]),
        (("", ""), [("passed", None)]),
        (("", "", "<skipped/>"), [("passed", None)]),
        ((F, ""), [("passed", "boom")]),
        ((F, TEARDOWN), [("failed", None)]),
        (("", F, TEARDOWN), [("failed", None)]),
        ((F, TEARDOWN, ""), [("passed", "boom")]),
    ],
)
def test_pytest_writes_a_case_for_each_attempt_and_tells_of_the_last(attempts, expected):
    assert outcomes(PYTEST.format("".join(case("t", one) for one in attempts))) == expected


def test_a_call_that_failed_tells_more_than_its_teardown():
    ((*_, message, _),) = told(PYTEST.format(case("t", F) + case("t", TEARDOWN)))
    assert message == "boom"


@pytest.mark.parametrize(
    "xml",
    [
        # node:test: top-level tests of all files.
        "<testsuites>{}</testsuites>",
        "<testsuites name='jest tests'><testsuite name='s'>{}</testsuite></testsuites>",
        "<testsuites name='vitest tests'><testsuite name='a.test.ts'>{}</testsuite></testsuites>",
        "<testsuites name='Mocha Tests'><testsuite name='s'>{}</testsuite></testsuites>",
        "<testsuites name='bun test'><testsuite name='s'>{}</testsuite></testsuites>",
        "<testsuite name='rspec'>{}</testsuite>",
        "<testsuite name='cucumber-js'>{}</testsuite>",
        "<testsuite name='s'><properties><property name='boost' value='1.83'/></properties>{}</testsuite>",
        "<testsuite xmlns:xsi='x' xsi:noNamespaceSchemaLocation='https://…/surefire-test-report.xsd'>{}</testsuite>",
    ],
)
def test_writers_whose_equal_names_are_different_tests(xml):
    assert outcomes(xml.format(case("t", F) + case("t"))) == [("failed", None), ("passed", None)]


@pytest.mark.parametrize("attribute", ["assertions='1'", "feature='f'", "useCase='u'", "result='completed'"])
def test_writers_that_are_known_by_their_cases(attribute):
    assert outcomes(suite(case("t", F, more=attribute), case("t", more=attribute)))[0] == ("failed", None)


def test_a_suite_in_which_something_else_repeats_did_not_retry():
    assert outcomes(suite(case("t", F), case("t"), case("u"), case("u"))) == [
        ("failed", None),
        ("passed", None),
        ("passed", None),
        ("passed", None),
    ]


GO = "<testsuite name='acme.io/x'><properties><property name='go.version' value='go1.26'/></properties>{}</testsuite>"


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        (case("T", F) + case("U") + case("T"), [("passed", "boom"), ("passed", None)]),
        (case("T", F) + case("U", F) + case("T") + case("U", F), [("passed", "boom"), ("failed", None)]),
        # `go test -count=2` repeats everything.
        (
            case("T", F) + case("U") + case("T") + case("U"),
            [("failed", None), ("passed", None)] + [("passed", None)] * 2,
        ),
        (
            case("T", F) + case("S", "<skipped/>") * 2 + case("T"),
            [("failed", None), ("skipped", None), ("skipped", None), ("passed", None)],
        ),
    ],
)
def test_gotestsum_reruns_what_failed(cases, expected):
    assert sorted(outcomes(GO.format(cases)), key=str) == sorted(expected, key=str)


TESTNG = """<testsuite name='a.X' xmlns:xsi='x' xsi:noNamespaceSchemaLocation='…/surefire-test-report-3.0.xsd'>
<properties><property name='surefire.test.class.path' value='/m2/testng-7.10.2.jar:'/></properties>{}</testsuite>"""
RETRIED = "<skipped message='not yet'/>"


@pytest.mark.parametrize(
    ("cases", "expected"),
    [
        (case("t", RETRIED) + case("t"), [("passed", "not yet")]),
        (case("t", RETRIED) * 2 + case("t", F), [("failed", None)]),
        (case("t", "<skipped/>") + case("t"), [("passed", None)]),
        # Rows of data under one name.
        (case("t", RETRIED) + case("t") + case("t", F), [("passed", None), ("failed", None)]),
    ],
)
def test_surefire_writes_what_testng_retries_as_skipped(cases, expected):
    assert outcomes(TESTNG.format(cases)) == expected


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        ("<failure type='flaky failure'/><flakyFailure message='boom'/>", ("failed", "boom", "boom")),
        ("<failure type='test failure'/><flakyFailure message='boom'/>", ("failed", "test failure", None)),
        ("<failure type='flaky failure'/>", ("failed", "flaky failure", None)),
        ("<flakyFailure message='boom'/>", ("passed", "", "boom")),
    ],
)
def test_nextest_may_count_what_passed_on_a_retry_as_failed(inside, expected):
    ((_, _, *found),) = told(f"<testsuites name='nextest-run'>{suite(case('t', inside))}</testsuites>")
    assert tuple(found) == expected


GINKGO = "<testsuite name='E2E'><properties><property name='SuiteSucceeded' value='true'/></properties>{}</testsuite>"
TIMELINE = """> Enter [It] heals
[FAILED] Failure recorded during attempt 1:
Expected 1 to equal 2
In [It] at: /x_test.go:8
Attempt #1 Failed.  Retrying \N{ANTICLOCKWISE OPEN CIRCLE ARROW} @ 11/27/26
> Enter [It] heals"""


@pytest.mark.parametrize(
    ("inside", "expected"),
    [
        (f"<system-err>{TIMELINE}</system-err>", ("passed", "Expected 1 to equal 2")),
        (f"<failure message='x'/><system-err>{TIMELINE}</system-err>", ("failed", None)),
        ("<system-err>Attempt #1 Failed.  Retrying</system-err>", ("passed", None)),
        (f"<system-out>{TIMELINE.partition('Attempt')[0]}</system-out>", ("passed", None)),
    ],
)
def test_ginkgo_reports_retries_in_what_it_prints(inside, expected):
    assert outcomes(GINKGO.format(case("heals", inside))) == [expected]
    assert outcomes(suite(case("heals", inside)))[0][1] is None


def test_class_and_file_tell_tests_apart():
    php = "<testcase name='a' class='{0}' file='{0}.php'>{1}</testcase>"
    assert told(suite(php.format("X", F), php.format("Y", ""))) == [
        ("X", "a", "failed", "boom", None),
        ("Y", "a", "passed", "", None),
    ]
    same = "<testcase name='a' classname='acc' {0}>{1}</testcase>"
    for attribute in ("class", "file"):
        xml = suite(same.format(f"{attribute}='X'", F), same.format(f"{attribute}='Y'", ""))
        assert [row[:3] for row in told(xml)] == [("X", "a", "failed"), ("Y", "a", "passed")]


def test_where_the_classname_says_nothing_the_suites_around_do():
    inner = suite(case("saves", classname="test"), name="draft")
    xml = f"<testsuites>{suite(inner, case('saves', F, 'test'), name='orders')}{suite(inner, name='users')}</testsuites>"
    assert [row[:3] for row in told(xml)] == [
        ("orders \u203a draft", "saves", "passed"),
        ("orders", "saves", "failed"),
        ("users \u203a draft", "saves", "passed"),
    ]


def test_a_module_that_is_called_test_stays_so():
    assert told(PYTEST.format(case("t", classname="test")))[0][0] == "test"


def test_suites_of_one_name_in_others_are_told_apart():
    inner = suite("<testcase name='t'/>", name="x")
    xml = f"<testsuites>{suite(inner, name='a')}{suite(inner, name='b')}</testsuites>"
    assert [row[0] for row in told(xml)] == ["a \u203a x", "b \u203a x"]


@pytest.mark.parametrize(
    ("attributes", "inside", "expected"),
    [
        ("errors='1'", "<error message='no class' type='E'/>", [("D", "D", "error", "no class")]),
        ("failures='1'", "<failure>said</failure>", [("D", "D", "failed", "said")]),
        ("errors='1'", "<system-err>no\nclass</system-err>", [("D", "D", "error", "no\nclass")]),
        ("errors='1'", "", [("D", "D", "error", "")]),
        (
            "errors='1'",
            case("t") + "<error message='exit 2'/>",
            [("c", "t", "passed", ""), ("D", "D", "error", "exit 2")],
        ),
        (
            "errors='1'",
            case("t") + "<system-err>exit 2</system-err>",
            [("c", "t", "passed", ""), ("D", "D", "error", "exit 2")],
        ),
        # What a suite claims counts only where no case shows it.
        ("errors='1'", case("t", F) + "<system-err>x</system-err>", [("c", "t", "failed", "boom")]),
        ("failures='1'", case("t") + "<system-err>x</system-err>", [("c", "t", "passed", "")]),
        ("errors='0'", "<system-err>x</system-err>", []),
    ],
)
def test_a_failure_outside_of_any_case_is_a_result(attributes, inside, expected):
    xml = f"<testsuites {attributes}><testsuite name='D' {attributes}>{inside}</testsuite></testsuites>"
    assert [row[:4] for row in told(xml)] == expected


@pytest.mark.parametrize(
    ("attributes", "inside", "outcome"),
    [
        ("", "<skipped type='todo'/><failure/>", "skipped"),
        ("", "<skipped type='pytest.skip'/><failure/>", "failed"),
        ("status='run' result='skipped'", "", "skipped"),
        ("status='notrun' result='suppressed'", "", "skipped"),
        ("status='run' result='completed'", "", "passed"),
        ("status='run' result='completed'", F, "failed"),
        ("status='failed' result='completed'", "", "failed"),
    ],
)
def test_how_a_case_ended(attributes, inside, outcome):
    assert [row[2] for row in told(suite(case("t", inside, more=attributes)))] == [outcome]


@pytest.mark.parametrize(
    ("inside", "message"),
    [
        ("<failure message=''/><system-out>started\nx != y</system-out>", "started\nx != y"),
        ("<failure message='Failed'/><system-err>x != y</system-err>", "x != y"),
        ("<error message='exception'>std::runtime_error</error>", "std::runtime_error"),
        ("<failure message='' type='AssertionError'/>", "AssertionError"),
        ("<failure message='Failed' type='AssertionError'/>", "AssertionError"),
        ("<failure message='t failed' type=''/>", "t failed"),
        ("<failure message='why'>text</failure><system-out>x</system-out>", "why"),
    ],
)
def test_the_message_is_the_best_text_there_is(inside, message):
    assert told(suite(case("t", inside)))[0][3] == message


@pytest.mark.parametrize(
    "other",
    [
        "<?xml version='1.0'?><!DOCTYPE report PUBLIC '-//JACOCO//DTD Report 1.1//EN' 'report.dtd'><report/>",
        "<!DOCTYPE coverage SYSTEM 'http://cobertura.sourceforge.net/xml/coverage-04.dtd'><coverage/>",
        "<checkstyle version='10'/>",
        "<phpunit bootstrap='x.php'/>",
        "<!DOCTYPE suite SYSTEM 'https://testng.org/testng-1.0.dtd'><suite name='Failed suite'/>",
    ],
)
def test_other_xml_beside_a_report_is_passed_over(other):
    content = read_artifact(io.BytesIO(zipped({"a.xml": suite(case("t")), "other.xml": other})), "junit")
    assert (len(content.results), content.anomalies) == (1, [])
    assert content.passed_over[0].startswith("other.xml (<")


def test_a_report_with_a_dtd_is_refused_beside_others():
    evil = "<!DOCTYPE testsuite [<!ENTITY x 'y'>]><testsuite/>"
    content = read_artifact(io.BytesIO(zipped({"a.xml": suite(case("t")), "evil.xml": evil})), "junit")
    assert "has a DTD" in content.anomalies[0].detail
