"""Tests whose process died or was ended: which ran then, what is said of it, and of which category it is."""

import pytest

from etl.extract.logs.failing_tests import failing_tests
from etl.extract.logs.lines import read_lines
from etl.extract.logs.reading import read_log
from etl.model.logs import LoggedTest, LogReading
from tests.logs import RECORDINGS

_EXIT = "\n##[error]Process completed with exit code 1.\n"


def read(recording: str) -> LogReading:
    """The reading of a recording as the runner's log ends."""
    text = (RECORDINGS / f"{recording}.txt").read_text("utf-8").rstrip("\n")
    return read_log([(text + _EXIT).encode()])


def found(text: str) -> list[LoggedTest]:
    return failing_tests([line.text for line in read_lines(text)])


def named(text: str) -> list[str]:
    return [test.full_name for test in found(text)]


def message(recording: str, name: str) -> str:
    return next(test.message for test in read(recording).tests if test.name == name)


@pytest.mark.parametrize(
    ("recording", "category"),
    [
        ("bats/killed", "out_of_memory"),
        ("cargo/abort", "test"),
        ("cargo/exit-no-fail-fast", "test"),
        ("ginkgo/exits", "test"),
        ("ginkgo/goroutine", "test"),
        ("googletest/brief-crash", "build"),  # it names no runner
        ("gradle/crash", "test"),
        ("jest/exits", "test"),
        ("minitest/exit", "test"),
        ("mocha/aborts", "test"),
        ("phpunit/fatal", "out_of_memory"),
        ("phpunit/segfault", "test"),
        ("pytest/exit", "test"),
        ("pytest/quit", "test"),
        ("robot/dotted-exits", "test"),
        ("rspec/crash", "test"),
        ("rspec/exit", "unknown"),  # it tells of two examples that passed
        ("rspec/killed", "out_of_memory"),
        ("vitest/late", "test"),
    ],
)
def test_a_crash_that_names_no_test_has_a_category(recording, category):
    reading = read(recording)
    assert not reading.tests
    assert reading.category == category


@pytest.mark.parametrize(
    ("recording", "line"),
    [
        ("jest/exits", "at Object.exit (exits.test.js:3:33)"),
        ("mocha/aborts", "1: /home/runner/work/shop/aborts.spec.js:3:32"),
        ("rspec/crash", "/home/runner/work/shop/crash_spec.rb:3:in `block (2 levels) in <top (required)>'"),
        ("cargo/exit-no-fail-fast", "error: test failed, to rerun pass `--lib`"),
        ("vitest/aborts", "Error: [vitest-pool]: Worker forks emitted error."),
        ("playwright/timeout", "Timed out waiting 5s for the test suite to run"),
    ],
)
def test_the_lines_of_a_crash_are_shown(recording, line):
    assert line in [told.line.text.strip() for told in read(recording).lines]


@pytest.mark.parametrize(
    ("recording", "name", "said"),
    [
        ("pytest/killed-verbose", "test_killed", "Killed"),
        ("pytest/exit-verbose", "TestServer::test_exits[3]", "did not end"),
        ("minitest/crash", "test_b_segfaults", "Segmentation fault at 0x00000000000062f0"),
        ("googletest/segfault", "Segfaults", "Segmentation fault"),
        ("go/crash-verbose", "TestKilled", "signal: killed"),
        ("go/timeout-outside", "TestHangs/a/b", "did not end"),
        ("gotestsum/timeout", "TestHangs/a/b", ""),
        ("ctest/crash", "server segfault", "Exception: SegFault"),
        ("ctest/crash-output", "server hang", "Timeout\nstarted"),
        ("ctest/verbose-crash", "server abort", "Subprocess aborted"),
        ("prove/crash", "t/kill.t", "t/kill.t (Wstat: 9 (Signal: KILL) Tests: 2 Failed: 1)"),
        (
            "playwright/exits",
            "server › exits",  # noqa: RUF001
            "Error: worker process exited unexpectedly (code=3, signal=null)",
        ),
        ("surefire/timeout-2.22.2", "com.example.SlowTest", "There was a timeout or other error in the fork"),
    ],
)
def test_a_test_is_told_by_how_it_ended(recording, name, said):
    assert message(recording, name) == said


def test_a_stack_of_python_tells_where_its_test_was():
    (test,) = read("pytest/abort-verbose").tests
    assert (test.full_name, test.path, test.line) == (
        "test_abort.py.TestServer::test_aborts",
        "test_abort.py",
        5,
    )
    assert test.message.splitlines()[:2] == [
        "Aborted",
        '  File "/home/runner/work/shop/test_abort.py", line 3 in helper',
    ]


def test_a_thread_that_panics_again_is_told_by_its_first_panic():
    (test,) = read("cargo/panics-twice").tests
    assert (test.path, test.line) == ("src/lib.rs", 22)
    assert test.message.splitlines()[1] == "once"


@pytest.mark.parametrize(
    "log",
    [
        pytest.param(
            "=== test session starts ===\ncollected 2 items\n\na.py::test_a\n=== 2 passed in 0.01s ===",
            id="pytest, the end of a test is lost",
        ),
        pytest.param(
            "collected 2 items\na.py::test_a\na.py::test_b\n2 tests collected in 0.01s", id="collected"
        ),
        pytest.param(
            "=== test session starts ===\ncollected 1 item\na.py Timeout (0:00:01)!\n"
            'Thread 0x1 (most recent call first):\n  File "/w/a.py", line 6 in test_a\n.\n=== 1 passed in 2.00s ===',
            id="a dump of a slow test",
        ),
        pytest.param("test (3.11)\ntest (unit)\nrequests (2.31.0)\n) ... \n", id="jobs and packages"),
        pytest.param("test_a (m.C.test_a) ... \nRan 2 tests in 0.1s\n\nOK", id="unittest"),
        pytest.param(
            "=== RUN   TestA\n=== RUN   TestB\n--- PASS: TestB (0.00s)\nPASS\nok  \tx/y\t0.01s", id="go"
        ),
        pytest.param(
            "=== RUN   TestA\nx--- PASS: TestA (0.00s)\nFAIL\nexit status 1\nFAIL\tx/y\t0.01s\nFAIL",
            id="go, a test leaves a line open",
        ),
        pytest.param("running 2 tests\ntest a ... printed\nok\ntest result: ok. 2 passed", id="cargo"),
        pytest.param(
            "running 1 test\ntest a has been running for over 60 seconds\ntest a ... ok\ntest result: ok. 1 passed",
            id="cargo, slow",
        ),
        pytest.param("# Running:\nATest#test_a = \nFinished in 0.1s, 2 runs/s", id="minitest"),
        pytest.param("  * test adds [L#3]\nFinished in 0.1 seconds\n1 test, 0 failures", id="ExUnit"),
        pytest.param("PHPUnit 9.6.7\nTest 'A::testB' started\nTime: 00:00.1", id="PHPUnit"),
        pytest.param("com.A > b STARTED\n\nBUILD SUCCESSFUL in 9s", id="Gradle"),
        pytest.param(
            "Test project /x\n    Start 1: a\n100% tests passed, 0 tests failed out of 1", id="CTest"
        ),
        pytest.param("[INFO] Running com.example.ATest\n[INFO] Results:\n", id="Surefire"),
    ],
)
def test_what_closed_leaves_no_test_running(log):
    assert named(log) == []


def test_of_lost_ends_only_the_last_test_can_have_run():
    log = "=== RUN   TestA\n=== RUN   TestB\n=== RUN   TestB/sub\nsignal: killed\nFAIL\tx/y\t0.01s\nFAIL"
    assert named(log) == ["x/y.TestB", "x/y.TestB/sub"]


def test_parallel_tests_of_go_run_on_beside_others():
    log = "\n".join(
        f"=== {line}"
        for line in ("RUN   TestA", "PAUSE TestA", "RUN   TestB", "PAUSE TestB", "CONT  TestA", "CONT  TestB")
    )
    assert named(log + "\n--- PASS: TestB (0.00s)\nsignal: killed\nFAIL\tx/y\t0.01s") == ["x/y.TestA"]


def test_a_session_that_died_is_told_apart_from_the_next():
    start = "=== test session starts ===\ncollected 1 item\n"
    log = f"{start}a.py::test_a \n{start}b.py::test_b PASSED [100%]\n=== 1 passed in 0.01s ==="
    assert named(log) == ["a.py.test_a"]


def test_what_crashed_elsewhere_is_of_the_build():
    reading = read_log([("make: x.sh: line 3: 42 Segmentation fault   ./generate" + _EXIT).encode()])
    assert reading.category == "build"


def test_tests_that_closed_before_a_crash_are_not_its_place():
    passed = "=== test session starts ===\ncollected 1 item\na.py .\n=== 1 passed in 0.01s ===\n"
    reading = read_log([(passed + "x.sh: line 3: 42 Segmentation fault   ./generate" + _EXIT).encode()])
    assert reading.category == "build"
