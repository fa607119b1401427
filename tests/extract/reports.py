"""Samples of reports as tools write them, and builders of hostile ones."""

import io
import zipfile
from collections.abc import Iterable, Iterator

from etl.extract.junit import Limits, read_report
from etl.model.results import Content, Result

Row = tuple[str, str, str, float | None, str, str | None]


def read(xml: str | bytes, limits: Limits | None = None) -> list[Result]:
    data = xml.encode() if isinstance(xml, str) else xml
    read_report([data], content := Content(), limits)
    return content.results


def rows(results: Iterable[Result]) -> list[Row]:
    return [(r.suite, r.name, r.outcome.value, r.duration_s, r.message, r.retried_message) for r in results]


def suite(*cases: str, name: str = "s") -> str:
    return f'<testsuite name="{name}">{"".join(cases)}</testsuite>'


def case(name: str, inside: str = "", classname: str = "c", more: str = "") -> str:
    return f"<testcase classname='{classname}' name='{name}' {more}>{inside}</testcase>"


def made_by_bazel(target: str, code: int = 0, printed: str = "") -> str:
    """A report as Bazel 4.2.3 makes it of a test that writes none."""
    error = f'<error message="exited with error code {code}"></error>' if code else ""
    return f"""<?xml version="1.0" encoding="UTF-8"?>
<testsuites>
  <testsuite name="{target}" tests="1" failures="0" errors="{int(code != 0)}">
    <testcase name="{target}" status="run" duration="0" time="0">{error}</testcase>
      <system-out>
Generated test.log (if the file is not UTF-8, then this may be unreadable):
<![CDATA[exec ${{PAGER:-/usr/bin/less}} "$0" || exit 1
Executing tests from //shop:test
-----------------------------------------------------------------------------
{printed}]]>
      </system-out>
    </testsuite>
</testsuites>
"""


def zipped(entries: dict[str, str | bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, content in entries.items():
            archive.writestr(name, content)
    return file.getvalue()


def endless(head: bytes, filler: bytes, size: int) -> Iterator[bytes]:
    """`size` bytes after `head`, never all in memory."""
    yield head
    piece = filler * ((1 << 16) // len(filler))
    for _ in range(size // len(piece)):
        yield piece


# By tool: a report, and its results as `rows` gives them.
DIALECTS: dict[str, tuple[str, list[Row]]] = {
    "pytest": (
        """<?xml version="1.0" encoding="utf-8"?><testsuites name="pytest tests"><testsuite name="pytest"
        errors="0" failures="1" skipped="1" tests="3" time="0.14" hostname="runner">
        <testcase classname="tests.test_api.TestLogin" name="test_ok[admin-1]" time="0.002" />
        <testcase classname="tests.test_api" name="test_sum" time="0.010"><failure
        message="AssertionError: assert 3 == 4">def test_sum():&#10;&gt; assert add(1, 2) == 4</failure></testcase>
        <testcase classname="tests.test_api" name="test_gpu" time="0.000"><skipped type="pytest.skip"
        message="no GPU">tests/test_api.py:9: no GPU</skipped></testcase></testsuite></testsuites>""",
        [
            ("tests.test_api.TestLogin", "test_ok[admin-1]", "passed", 0.002, "", None),
            ("tests.test_api", "test_sum", "failed", 0.01, "AssertionError: assert 3 == 4", None),
            ("tests.test_api", "test_gpu", "skipped", 0.0, "no GPU", None),
        ],
    ),
    "gotestsum": (
        """<testsuites tests="4" failures="1" errors="0"><testsuite tests="3" failures="2" time="1.250"
        name="acme.io/rocket/fuel"><properties><property name="go.version" value="go1.24"></property></properties>
        <testcase classname="acme.io/rocket/fuel" name="TestBurn" time="0.400000"><failure message="Failed"
        type="">=== RUN   TestBurn&#xA;    burn_test.go:17: got 3, want 4&#xA;</failure></testcase>
        <testcase classname="acme.io/rocket/fuel" name="TestPump/cold" time="0.1"><failure message="Failed"
        type="">pump_test.go:8: too cold</failure></testcase>
        <testcase classname="acme.io/rocket/fuel" name="TestPump/cold" time="0.2"></testcase>
        </testsuite></testsuites>""",
        [
            (
                "acme.io/rocket/fuel",
                "TestBurn",
                "failed",
                0.4,
                "=== RUN   TestBurn\n    burn_test.go:17: got 3, want 4",
                None,
            ),
            ("acme.io/rocket/fuel", "TestPump/cold", "passed", 0.2, "", "pump_test.go:8: too cold"),
        ],
    ),
    "surefire": (
        """<?xml version="1.0" encoding="UTF-8"?><testsuite
        xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance" xsi:noNamespaceSchemaLocation="https://maven/x.xsd"
        name="io.acme.OrbitTest" time="1,234.5" tests="9">
        <properties><property name="user.dir" value="/home"/></properties>
        <testcase name="decays" classname="io.acme.OrbitTest" time="1,234.5"><flakyFailure
        message="expected: &lt;1&gt; but was: &lt;2&gt;" type="org.opentest4j.AssertionFailedError"><stackTrace>
        <![CDATA[at io.acme.OrbitTest.decays]]></stackTrace><system-out>noise</system-out></flakyFailure></testcase>
        <testcase name="burns" classname="io.acme.OrbitTest" time="0.2"><failure message="too hot" type="Hot">
        at x</failure><rerunFailure message="still hot" type="Hot"><stackTrace>at y</stackTrace></rerunFailure>
        <system-err>noise</system-err></testcase>
        <testcase name="docks" classname="io.acme.OrbitTest" time="0.3"><error type="java.io.IOException">
        <![CDATA[java.io.IOException: broken <pipe>]]></error><rerunError type="java.io.IOException"/></testcase>
        <testcase name="lands" classname="io.acme.OrbitTest" time="0.1"><flakyError
        type="java.net.ConnectException"><stackTrace>refused</stackTrace></flakyError></testcase></testsuite>""",
        [
            ("io.acme.OrbitTest", "decays", "passed", 1234.5, "", "expected: <1> but was: <2>"),
            ("io.acme.OrbitTest", "burns", "failed", 0.2, "too hot", None),
            ("io.acme.OrbitTest", "docks", "error", 0.3, "java.io.IOException: broken <pipe>", None),
            ("io.acme.OrbitTest", "lands", "passed", 0.1, "", "refused"),
        ],
    ),
    "gradle": (
        """<?xml version="1.0" encoding="UTF-8"?><testsuite name="acme.PumpTest" tests="2" skipped="1"
        timestamp="2026-01-05T12:00:00" hostname="h" time="0.02"><properties/>
        <testcase name="pumps()" classname="acme.PumpTest" time="0.015"><failure message="boom"
        type="org.opentest4j.AssertionFailedError">boom at PumpTest.kt:9</failure></testcase>
        <testcase name="pumps()" classname="acme.PumpTest" time="0.013"/>
        <testcase name="later()" classname="acme.PumpTest" time="0.0"><skipped/></testcase>
        <system-out><![CDATA[]]></system-out></testsuite>""",
        [
            ("acme.PumpTest", "pumps()", "passed", 0.013, "", "boom"),
            ("acme.PumpTest", "later()", "skipped", 0.0, "", None),
        ],
    ),
    "jest": (
        """<testsuites name="jest tests" tests="2" time="2.1"><testsuite name="login" errors="0">
        <testcase classname="login shows a form" name="login shows a form" time="0.03"></testcase>
        <testcase classname="login fails" name="login fails" time="0.05"><failure>Error: &#x1b;[2mexpect(
&#x1b;[31mreceived&#x1b;[39m)</failure></testcase></testsuite></testsuites>""",
        [
            ("login shows a form", "login shows a form", "passed", 0.03, "", None),
            ("login fails", "login fails", "failed", 0.05, "Error: expect(\nreceived)", None),
        ],
    ),
    "mocha": (
        """<testsuites name="Mocha Tests"><testsuite name="Root Suite" file="/app/test/a.js" tests="0"/>
        <testsuite name="Cart" file="/app/test/cart.js"><testcase name="Cart adds" classname="adds" time="0.0010">
        <failure message="expected 1 to equal 2" type="AssertionError"><![CDATA[AssertionError: expected
        + expected - actual]]></failure></testcase></testsuite></testsuites>""",
        [("adds", "Cart adds", "failed", 0.001, "expected 1 to equal 2", None)],
    ),
    "vitest": (
        """<?xml version="1.0" encoding="UTF-8" ?><testsuites name="vitest tests" tests="1" time="0.4">
        <testsuite name="src/a.test.ts" timestamp="2026-01-05T12:00:00.000Z" hostname="h" tests="1">
        <testcase classname="src/a.test.ts" name="math &gt; adds" time="0.0041"><failure type="AssertionError"
        message="expected 2 to be 3 // Object.is equality">AssertionError: expected 2 to be 3
        </failure></testcase></testsuite></testsuites>""",
        [
            (
                "src/a.test.ts",
                "math > adds",
                "failed",
                0.0041,
                "expected 2 to be 3 // Object.is equality",
                None,
            )
        ],
    ),
    "playwright": (
        """<testsuites id="" name="" tests="2" failures="1"><testsuite name="shop.spec.ts" hostname="chromium">
        <testcase name="pays" classname="shop.spec.ts" time="1.5"></testcase></testsuite>
        <testsuite name="shop.spec.ts" hostname="firefox"><testcase name="pays" classname="shop.spec.ts"
        time="2.5"><failure message="shop.spec.ts:3:1 pays" type="FAILURE"><![CDATA[timed out]]></failure>
        <system-out><![CDATA[[[ATTACHMENT|trace.zip]]]]></system-out></testcase></testsuite></testsuites>""",
        [
            ("shop.spec.ts", "pays", "passed", 1.5, "", None),
            ("shop.spec.ts", "pays", "failed", 2.5, "shop.spec.ts:3:1 pays", None),
        ],
    ),
    "nextest": (
        """<?xml version="1.0" encoding="UTF-8"?><testsuites name="nextest-run" uuid="1" time="0.3">
        <testsuite name="acme::it" tests="2"><testcase name="flaky" classname="acme::it"
        timestamp="2026-01-05T12:00:00Z" time="0.005"><flakyFailure timestamp="2026-01-05T12:00:00Z" time="0.004"
        message="thread 'flaky' panicked" type="test failure with exit code 101">panicked at src/lib.rs:4
        <system-out>running 1 test</system-out></flakyFailure></testcase>
        <testcase name="red" classname="acme::it" time="0.005"><failure type="test failure with exit code 101"/>
        <rerunFailure type="test failure"><system-out>x</system-out></rerunFailure></testcase>
        </testsuite></testsuites>""",
        [
            ("acme::it", "flaky", "passed", 0.005, "", "thread 'flaky' panicked"),
            ("acme::it", "red", "failed", 0.005, "test failure with exit code 101", None),
        ],
    ),
    "ctest": (
        """<?xml version="1.0" encoding="UTF-8"?><testsuite name="(empty)" tests="4" failures="1" disabled="1">
        <testcase name="unit" classname="unit" time="0.02" status="run"><system-out>ok</system-out></testcase>
        <testcase name="io" classname="io" time="0.5" status="fail"><failure message="Failed"/>
        <system-out>bad</system-out></testcase>
        <testcase name="net" classname="net" time="0.5" status="fail"/>
        <testcase name="gone" classname="gone" time="0" status="notrun"><skipped message="Unable to find exe"/>
        </testcase><testcase name="off" classname="off" time="0" status="disabled"/></testsuite>""",
        [
            ("unit", "unit", "passed", 0.02, "", None),
            ("io", "io", "failed", 0.5, "bad", None),
            ("net", "net", "failed", 0.5, "", None),
            ("gone", "gone", "skipped", 0.0, "Unable to find exe", None),
            ("off", "off", "skipped", 0.0, "", None),
        ],
    ),
    "bazel": (
        made_by_bazel("pkg/run_test", 1, "total is 3, not 4"),
        [("pkg/run_test", "pkg/run_test", "error", 0.0, "total is 3, not 4", None)],
    ),
    "ginkgo": (
        """<testsuites tests="3" disabled="1" errors="1"><testsuite name="E2E" package="/e2e" tests="3">
        <testcase name="[It] drains [slow]" classname="E2E" status="timedout" time="60.2"><error
        message="A spec timeout occurred" type="timedout">node.go:7</error></testcase>
        <testcase name="[It] cordons" classname="E2E" status="panicked" time="1"/>
        <testcase name="[It] later" classname="E2E" status="pending" time="0"><skipped message="pending"/>
        </testcase></testsuite></testsuites>""",
        [
            ("E2E", "[It] drains [slow]", "error", 60.2, "A spec timeout occurred", None),
            ("E2E", "[It] cordons", "error", 1.0, "", None),
            ("E2E", "[It] later", "skipped", 0.0, "pending", None),
        ],
    ),
    "phpunit": (
        """<testsuites><testsuite name="/app/phpunit.xml"><testsuite name="Unit"><testsuite
        name="Tests\\CartTest" file="/app/tests/CartTest.php"><testcase name="testAdds"
        file="/app/tests/CartTest.php" line="12" class="Tests\\CartTest" classname="Tests.CartTest"
        assertions="1" time="0.003"><failure type="PHPUnit\\ExpectationFailedException">Tests\\CartTest::testAdds
Failed asserting that 1 is 2.</failure></testcase><testsuite name="Tests\\CartTest::testMany"><testcase
        name="testMany with data set #0" time="0,001"/></testsuite></testsuite></testsuite></testsuite>
        </testsuites>""",
        [
            (
                "Tests.CartTest",
                "testAdds",
                "failed",
                0.003,
                "Tests\\CartTest::testAdds\nFailed asserting that 1 is 2.",
                None,
            ),
            ("Tests\\CartTest::testMany", "testMany with data set #0", "passed", 0.001, "", None),
        ],
    ),
    "rspec": (
        """<?xml version="1.0" encoding="UTF-8"?><testsuite name="rspec" tests="1" failures="1">
        <properties><property name="seed" value="1"/></properties><testcase classname="spec.cart_spec"
        name="Cart adds" file="./spec/cart_spec.rb" time="0.01"><failure message="expected: 2&#10;got: 1"
        type="RSpec::Expectations::ExpectationNotMetError">Failure/Error</failure></testcase></testsuite>""",
        [("spec.cart_spec", "Cart adds", "failed", 0.01, "expected: 2\ngot: 1", None)],
    ),
    "xunit": (
        """<?xml version="1.0" encoding="utf-16"?><testsuites><testsuite name="Acme.Tests.dll" tests="1">
        <testcase name="Adds(x: 1)" classname="Acme.CartTests" time="0.0050000"><failure type="Xunit.EqualException"
        message="Assert.Equal() Failure">   at Acme.CartTests</failure></testcase></testsuite></testsuites>""",
        [("Acme.CartTests", "Adds(x: 1)", "failed", 0.005, "Assert.Equal() Failure", None)],
    ),
}
