# ruff: noqa: RUF001

import pytest
from hypothesis import given
from hypothesis import strategies as st

from etl.transform.failures.annotated_tests import AnnotatedTests
from tests import linkerd
from tests.waiting import assert_linear

PLAYWRIGHT = "  1) [chromium] › tests/a.spec.ts:3:5 › login › works ─────"
DORNY = "Failed test found in:\n  junit.xml\nError:\n  AssertionError"

TELLING = [
    # title, message → suite, test, message
    ("", "--- FAIL: TestX (0.1s)", "", "TestX", "--- FAIL: TestX (0.1s)"),
    ("", "--- FAIL: TestX/a=1 (0.10s)\n    x_test.go:4: boom", "", "TestX/a=1", "x_test.go:4: boom"),
    ("", "=== RUN   TestX\n--- FAIL: TestX (0.1s)\n  boom", "", "TestX", "boom"),
    ("", "TestInject - CheckPods timed-out", "", "TestInject", "CheckPods timed-out"),
    ("pkg/client.TestFoo", "boom", "pkg/client", "TestFoo", "boom"),
    ("", "FAILED tests/test_a.py::test_b - AssertionError", "tests/test_a.py", "test_b", "AssertionError"),
    (
        "",
        "FAILED a_test.py::TestC::test_b[x y-1] - assert 0",
        "a_test.py",
        "TestC::test_b[x y-1]",
        "assert 0",
    ),
    ("tests/test_a.py::test_b", "assert 0", "tests/test_a.py", "test_b", "assert 0"),
    ("", "TestC.test_b[a-b]\n\nassert 0", "", "TestC.test_b[a-b]", "assert 0"),
    ("", "● Cart › adds", "Cart", "adds", "● Cart › adds"),
    ("", "● Cart › adds\n\nboom", "Cart", "adds", "boom"),
    ("Cart › totals › adds", "Error: expect(received)", "Cart › totals", "adds", "Error: expect(received)"),
    (PLAYWRIGHT, "Error: timeout", "tests/a.spec.ts", "login › works", "Error: timeout"),
    ("", f"{PLAYWRIGHT}\n\n  Error: late", "tests/a.spec.ts", "login › works", "Error: late"),
    ("src/a.test.ts > math > adds", "AssertionError: x", "src/a.test.ts", "math > adds", "AssertionError: x"),
    ("tests/test_a.py ► test_b", DORNY, "tests/test_a.py", "test_b", "AssertionError"),
    ("test_b (acme.A) failed", "/junit.xml [took 4s]", "acme.A", "test_b", "/junit.xml [took 4s]"),
    ("1 out of 2 runs failed: b (A)", "/junit.xml [took 4s]", "A", "b", "/junit.xml [took 4s]"),
    ("", "com.acme.FooTest.bar: expected 1", "com.acme.FooTest", "bar", "expected 1"),
    ("", "[ERROR]   FooTest.bar:42 expected:<1>", "FooTest", "bar", "expected:<1>"),
    ("", "com.acme.FooTest > bar() FAILED\n  boom", "com.acme.FooTest", "bar()", "boom"),
    ("FooTest.should add numbers", "expected 1", "FooTest", "should add numbers", "expected 1"),
    ("ItemServiceIT.creates", "boom", "ItemServiceIT", "creates", "boom"),
]


@pytest.mark.parametrize(("title", "message", "suite", "test", "told"), TELLING)
def test_an_annotation_reports_a_failing_test(title, message, suite, test, told):
    found = AnnotatedTests()(title, message)
    assert found is not None
    assert (found.suite, found.test, found.message) == (suite, test, told)


@pytest.mark.parametrize(
    ("title", "message"),
    [
        ("", ""),
        ("", "Process completed with exit code 1."),
        ("mypy", "src/app.py: error: Name 'x' is not defined"),
        ("", "src/app.py:3: error: Name 'x' is not defined"),
        ("", "tests/test_a.py:3: AssertionError"),
        ("", "FooTest.java:12: error: ';' expected"),
        ("", "FooTest.java: uses unchecked operations"),
        ("", "java.lang.NullPointerException: boom"),
        ("", "https://acme.example/FooTest.bar: gone"),
        ("", "This is a Test: it failed"),
        ("", "Test: it failed"),
        ("", "TestFlight: upload failed"),
        ("", "Tests failed: 3, passed: 4"),
        ("", "Settings › Actions › disabled"),
        ("Build (linux) failed", "see the log"),
        ("TS2322", "type a > b is wrong"),
        ("Unexpected input", "valid inputs are ['test_a']"),
    ],
)
def test_other_annotations_tell_of_none(title, message):
    assert AnnotatedTests()(title, message) is None


def test_patterns_of_ones_own_replace_the_default_ones():
    own = AnnotatedTests([r"^not ok \d+ (?P<test>.+)$"])
    found = own("", "not ok 3 adds")
    assert found is not None
    assert (found.suite, found.test, found.message) == ("", "adds", "not ok 3 adds")
    assert own("", "TestInject - CheckPods timed-out") is None


def test_the_message_comes_before_the_title():
    found = AnnotatedTests()("Cart › adds", "TestInject - CheckPods timed-out")
    assert found is not None
    assert found.test == "TestInject"


def test_linkerds_failing_tests_are_found():
    tests = [AnnotatedTests()("", note["Message"]) for note in linkerd.annotations()]
    prefixed = [note["Message"].partition(" - ")[0] for note in linkerd.annotations()]
    expected = [name if name.startswith("Test") else None for name in prefixed]
    assert [test and test.test for test in tests] == expected


@given(
    st.text(alphabet="Test_a.py:[]()/ -\n›►>●1x", max_size=80),
    st.text(alphabet="Test_a.py:/ -\n›>", max_size=40),
)
def test_any_text_is_read(message, title):
    found = AnnotatedTests()(title, message)
    assert found is None or found.test


HOSTILE = (
    "a", "a.", "Test", "a.Test", "Test.", "Test/", "a.testA/", "a.testA[", "[a", "(a", " (", "\n", " ", "\t", " - ", "::",
    "a.py::", "a.py::a[", " › ", "1) ", ":1", "─", "a ─", " > ", "a.ts > ", " ► ", "\nError:", "--- FAIL: ", "--- FAIL: a",
    "\n--- FAIL: ", " FAILED", "a > ", "test_a[", "A.test_", "1) [a] › ", "$", "-", "A.b(", "A.b[", "FooTest.a(",
)  # fmt: skip


@pytest.mark.parametrize("begin", ["", "FooTest.", "1) [a] \u203a ", "a.py::"])
def test_no_default_pattern_is_quadratic(begin):
    find = AnnotatedTests()
    for piece in HOSTILE:

        def text_of(size, piece=piece):
            return begin + piece * (size // len(piece))

        assert_linear(lambda text: find("", text), text_of, 50_000)
        assert_linear(lambda text: find(text, "b" * len(text)), text_of, 50_000)
