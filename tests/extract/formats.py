"""Reports of other formats than JUnit's, made here after what the tools write, and what is read of them.

By tool: file name, content, and its results as suite, name, outcome, message and what a retry healed.
"""

import json
from typing import Any

Row = tuple[str, str, str, str, str | None]


def lines(*events: dict[str, Any]) -> str:
    return "".join(json.dumps(event) + "\n" for event in events)


def go(action: str, test: str = "", **more: Any) -> dict[str, Any]:
    event = {"Action": action, "Package": "acme.io/fuel", **more}
    return {**event, "Test": test} if test else event


GO_FIRST = (
    go("start"),
    go("run", "TestBurn"),
    go("output", "TestBurn", Output="=== RUN   TestBurn\n"),
    go("output", "TestBurn", Output="    burn_test.go:7: got 3, want 4\n"),
    go("output", "TestBurn", Output="--- FAIL: TestBurn (0.50s)\n"),
    go("fail", "TestBurn", Elapsed=0.5),
    go("run", "TestPump"),
    go("pass", "TestPump", Elapsed=0.25),
    go("run", "TestGauge"),
    go("output", "TestGauge", Output="    gauge_test.go:3: no gauge\n"),
    go("skip", "TestGauge", Elapsed=0),
    go("fail", Elapsed=1),
)
BURNED: list[Row] = [
    ("acme.io/fuel", "TestBurn", "failed", "burn_test.go:7: got 3, want 4", None),
    ("acme.io/fuel", "TestPump", "passed", "", None),
    ("acme.io/fuel", "TestGauge", "skipped", "gauge_test.go:3: no gauge", None),
]

PLAYWRIGHT_PASSED = {"status": "passed", "duration": 16, "errors": [], "retry": 1}


def playwright_failed(message: str) -> dict[str, Any]:
    return {
        "status": "failed",
        "duration": 58,
        "errors": [{"message": f"\x1b[31m{message}\x1b[0m"}],
        "retry": 0,
    }


def spec(title: str, status: str, *results: dict[str, Any], project: str = "chromium") -> dict[str, Any]:
    test = {"projectName": project, "expectedStatus": "passed", "status": status, "results": list(results)}
    return {"title": title, "file": "shop.spec.ts", "line": 3, "tests": [test]}


PLAYWRIGHT = {
    "config": {"version": "1.65"},
    "suites": [
        {
            "title": "shop.spec.ts",
            "specs": [],
            "suites": [
                {
                    "title": "cart",
                    "specs": [
                        spec("heals", "flaky", playwright_failed("boom"), PLAYWRIGHT_PASSED),
                        spec("fails", "unexpected", playwright_failed("bang"), playwright_failed("bang")),
                        spec("later", "skipped"),
                        spec("wrong", "unexpected", PLAYWRIGHT_PASSED),
                    ],
                }
            ],
        }
    ],
    "errors": [{"message": "no web server"}],
    "stats": {"flaky": 1},
}


def jest_test(title: str, status: str, **more: Any) -> dict[str, Any]:
    return {
        "ancestorTitles": ["cart"],
        "fullName": f"cart {title}",
        "title": title,
        "status": status,
        "duration": 8,
    } | more


JEST = {
    "numTotalTests": 5,
    "testResults": [
        {
            "name": "/home/runner/work/shop/shop/src/cart.test.js",
            "status": "failed",
            "message": "all of it",
            "assertionResults": [
                jest_test("heals", "passed", invocations=2, retryReasons=["boom"]),
                jest_test("heals silently", "passed", invocations=2, failureMessages=[]),
                # Vitest's way.
                jest_test("heals loudly", "passed", failureMessages=["bang"]),
                jest_test("same", "failed", failureMessages=["Error: 1"]),
                jest_test("same", "passed", failureMessages=[], invocations=1),
                jest_test("later", "pending"),
                jest_test("some day", "todo"),
            ],
        },
        {
            "name": "src/broken.test.js",
            "status": "failed",
            "message": "Cannot find module",
            "assertionResults": [],
        },
    ],
}
_CART = "src/cart.test.js"


def mocha(title: str, retry: int = 0, **error: str) -> dict[str, Any]:
    return {
        "title": title,
        "fullTitle": f"cart {title}",
        "file": "a.js",
        "duration": 3,
        "currentRetry": retry,
        "err": error,
    }


MOCHA = {
    "stats": {"tests": 3},
    "tests": [],
    "passes": [mocha("heals", 1), mocha("same")],
    "failures": [mocha("same", message="1 == 2"), mocha('"before all" hook', message="no database")],
    "pending": [mocha("later")],
}


def step(status: str, **more: str) -> dict[str, Any]:
    return {
        "keyword": "Given ",
        "name": "a cart",
        "result": {"status": status, "duration": 1_000_000, **more},
    }


CUCUMBER = [
    {
        "keyword": "Feature",
        "name": "orders",
        "uri": "orders.feature",
        "elements": [
            {"type": "background", "keyword": "Background", "name": "", "steps": [step("passed")]},
            {"type": "scenario", "keyword": "Scenario", "name": "ok", "line": 4, "steps": [step("passed")]},
            {
                "type": "scenario",
                "keyword": "Scenario",
                "name": "fails",
                "steps": [step("failed", error_message="1 == 2"), step("skipped")],
            },
            {"type": "scenario", "keyword": "Scenario", "name": "unknown", "steps": [step("undefined")]},
            {
                "type": "scenario",
                "keyword": "Scenario",
                "name": "later",
                "steps": [step("pending"), step("skipped")],
            },
        ],
    }
]


def attempt(identity: str, status: str, *, again: bool = False) -> tuple[dict[str, Any], ...]:
    at = {"seconds": 1_795_741_797, "nanos": 0}
    return (
        {"testCaseStarted": {"id": identity, "testCaseId": "case", "timestamp": at}},
        {
            "testStepFinished": {
                "testCaseStartedId": identity,
                "testStepResult": {"status": status, "message": "boom"},
            }
        },
        {"testCaseFinished": {"testCaseStartedId": identity, "timestamp": at, "willBeRetried": again}},
    )


CUCUMBER_MESSAGES = lines(
    {"meta": {"protocolVersion": "32.2.0"}},
    {"gherkinDocument": {"uri": "orders.feature", "feature": {"name": "orders"}}},
    {"pickle": {"id": "p", "uri": "orders.feature", "name": "heals"}},
    {"testCase": {"id": "case", "pickleId": "p"}},
    *attempt("one", "FAILED", again=True),
    *attempt("two", "PASSED"),
)

CTRF = {
    "reportFormat": "CTRF",
    "results": {
        "tool": {"name": "playwright"},
        "summary": {"tests": 5},
        "tests": [
            {
                "name": "heals",
                "status": "passed",
                "duration": 16,
                "suite": ["shop.spec.ts", "cart"],
                "flaky": True,
                "retries": 1,
                "retryAttempts": [{"attempt": 1, "status": "failed", "message": "boom"}],
            },
            {"name": "heals silently", "status": "passed", "suite": "cart", "flaky": True},
            {"name": "fails", "status": "failed", "suite": "cart", "message": "bang", "trace": "at x"},
            {"name": "later", "status": "pending", "filePath": "a.ts"},
            {"name": "other", "status": "other", "suite": "cart"},
        ],
    },
}

TRX = """<?xml version="1.0" encoding="utf-8"?>
<TestRun id="1" xmlns="http://microsoft.com/schemas/VisualStudio/TeamTest/2010"><Results>
<UnitTestResult testId="a" testName="Acme.CartTests.Adds" outcome="Passed" duration="00:01:02.5000000" />
<UnitTestResult testId="b" testName="Fails" outcome="Failed"><Output><StdOut>noise</StdOut><ErrorInfo>
<Message>Assert.Equal() Failure</Message><StackTrace>at Acme</StackTrace></ErrorInfo></Output></UnitTestResult>
<UnitTestResult testId="c" testName="Later" outcome="NotExecuted"><Output><ErrorInfo><Message>no GPU</Message>
</ErrorInfo></Output></UnitTestResult>
<UnitTestResult testId="d" testName="Rows" outcome="Failed"><InnerResults>
<UnitTestResult testId="d" testName="Rows (1)" outcome="Passed" />
<UnitTestResult testId="d" testName="Rows (2)" outcome="Timeout"><Output><ErrorInfo><Message>60 s</Message></ErrorInfo>
</Output></UnitTestResult></InnerResults></UnitTestResult></Results>
<TestDefinitions><UnitTest id="a" name="Adds"><TestMethod className="Acme.CartTests, Acme" name="Adds" /></UnitTest>
<UnitTest id="b"><TestMethod className="Acme.CartTests" name="Fails" /></UnitTest>
<UnitTest id="d"><TestMethod className="Acme.CartTests" name="Rows" /></UnitTest></TestDefinitions>
<ResultSummary outcome="Failed"><RunInfos><RunInfo outcome="Error"><Text>The host crashed</Text></RunInfo></RunInfos>
</ResultSummary></TestRun>"""

NUNIT = """<?xml version="1.0" encoding="utf-8"?><test-run id="2" result="Failed">
<test-suite type="Assembly" name="Acme.dll" fullname="Acme.dll" result="Failed" site="Child"><failure><message>
<![CDATA[One or more child tests had errors]]></message></failure>
<test-suite type="TestFixture" name="Cart" fullname="Acme.Cart" result="Failed" label="Error" site="TearDown">
<failure><message><![CDATA[TearDown : no disk]]></message></failure>
<test-case name="Adds" fullname="Acme.Cart.Adds" classname="Acme.Cart" result="Passed" duration="0.015" />
<test-case name="Fails" classname="Acme.Cart" result="Failed"><failure><message><![CDATA[  Expected: 2]]></message>
<stack-trace><![CDATA[at Acme]]></stack-trace></failure></test-case>
<test-case name="Throws" classname="Acme.Cart" result="Failed" label="Error"><failure><message>gone</message></failure>
</test-case><test-case name="Later" classname="Acme.Cart" result="Skipped" label="Ignored"><reason><message>no GPU
</message></reason></test-case></test-suite></test-suite>
<test-suite type="Assembly" name="Gone.dll" fullname="/x/Gone.dll" result="Failed" label="Invalid"><failure><message>
not found</message></failure></test-suite></test-run>"""

XUNIT = """<?xml version="1.0" encoding="utf-8"?><assemblies><assembly name="Acme.dll"><errors>
<error type="collection-cleanup" name="Database"><failure exception-type="X"><message>still open</message></failure>
</error></errors><collection name="c">
<test name="Acme.CartTests.Adds(x: 1)" type="Acme.CartTests" method="Adds" time="0.0050000" result="Pass" />
<test name="Acme.CartTests.Fails" type="Acme.CartTests" method="Fails" time="0.1" result="Fail">
<failure exception-type="Xunit.EqualException"><message><![CDATA[Assert.Equal() Failure]]></message>
<stack-trace><![CDATA[at Acme]]></stack-trace></failure></test>
<test name="Acme.CartTests.Later" type="Acme.CartTests" method="Later" time="0" result="Skip"><reason>no GPU</reason>
</test></collection></assembly></assemblies>"""

_MERGED = (
    "*HTML* &lt;span class='merge'&gt;Test has been re-executed and results merged.&lt;/span&gt;&lt;hr&gt;"
    "&lt;span class='new-status'&gt;New status:&lt;/span&gt; &lt;span class='pass'&gt;PASS&lt;/span&gt;&lt;br&gt;&lt;hr&gt;"
    "&lt;span class='old-status'&gt;Old status:&lt;/span&gt; &lt;span class='fail'&gt;FAIL&lt;/span&gt;&lt;br&gt;"
    "&lt;span class='old-message'&gt;Old message:&lt;/span&gt; no file&lt;br&gt;"
)
ROBOT = f"""<?xml version="1.0" encoding="UTF-8"?><robot generator="Robot 7.5"><suite id="s1" name="Shop">
<suite id="s1-s1" name="Cart"><test id="t1" name="Adds" line="4"><kw name="x"><status status="FAIL">no</status></kw>
<status status="PASS" start="2026-11-27T01:14:31" elapsed="0.25"/></test>
<test id="t2" name="Fails" line="6"><status status="FAIL" starttime="20261127 01:14:31.000"
endtime="20261127 01:14:32.500">404 != 200</status></test>
<test id="t3" name="Later"><status status="SKIP" elapsed="0">no GPU</status></test>
<test id="t4" name="Heals"><status status="PASS" elapsed="0">{_MERGED}</status></test>
<status status="FAIL"/></suite><status status="FAIL"/></suite></robot>"""

TAP = """TAP version 14
1..4
ok 1 - adds
not ok 2 - fails
  ---
  duration_ms: 1500
  error: |-
    Expected values to be equal:

    1 !== 2
  stack: |-
    at x
  ...
ok 3 - later # SKIP no GPU
# Subtest: cart
    # Subtest: deep
        ok 1 - saves
        1..1
    ok 1 - deep
    not ok 2 - some day # TODO not yet
    1..2
ok 4 - cart
"""


def dart(kind: str, time: int = 0, **more: Any) -> dict[str, Any]:
    return {"type": kind, "time": time, **more}


def dart_test(number: int, name: str) -> dict[str, Any]:
    return dart("testStart", 100, test={"id": number, "name": name, "suiteID": 0, "line": 7})


DART = lines(
    dart("start", protocolVersion="0.1.1"),
    dart("suite", suite={"id": 0, "platform": "vm", "path": "test/cart_test.dart"}),
    dart_test(1, "loading test/cart_test.dart"),
    dart("testDone", 200, testID=1, result="success", hidden=True, skipped=False),
    dart_test(2, "cart adds"),
    dart("testDone", 350, testID=2, result="success", hidden=False, skipped=False),
    dart_test(3, "cart fails"),
    dart("error", 400, testID=3, error="Expected: <2>", stackTrace="x", isFailure=True),
    dart("testDone", 400, testID=3, result="failure", hidden=False, skipped=False),
    dart_test(4, "cart heals"),
    dart("error", 400, testID=4, error="boom", stackTrace="x", isFailure=True),
    dart("testDone", 400, testID=4, result="success", hidden=False, skipped=False),
    dart_test(5, "cart later"),
    dart("testDone", 400, testID=5, result="success", hidden=False, skipped=True),
    dart("done", 500, success=False),
)

FORMATS: dict[str, tuple[str, str, list[Row]]] = {
    "go test -json": ("test.json", "# compiler's noise\n" + lines(*GO_FIRST), BURNED),
    "gotestsum --jsonfile": (
        "gotestsum.jsonl",
        lines(*GO_FIRST, go("start"), go("run", "TestBurn"), go("pass", "TestBurn", Elapsed=0.5), go("pass")),
        [("acme.io/fuel", "TestBurn", "passed", "", "burn_test.go:7: got 3, want 4"), *BURNED[1:]],
    ),
    "go test -json, twice on purpose": (
        "twice.json",
        lines(*GO_FIRST, go("start"), go("pass", "TestBurn"), go("pass", "TestPump"), go("pass")),
        [*BURNED, ("acme.io/fuel", "TestBurn", "passed", "", None), BURNED[1]],
    ),
    "go test -json, a build that fails": (
        "build.json",
        lines(
            {"Action": "build-output", "ImportPath": "acme.io/fuel.test", "Output": "x.go:3: undefined: y\n"},
            {"Action": "build-fail", "ImportPath": "acme.io/fuel.test"},
            go("start"),
            go("output", Output="FAIL\tacme.io/fuel [build failed]\n"),
            go("fail", Elapsed=0, FailedBuild="acme.io/fuel.test"),
        ),
        [("acme.io/fuel", "acme.io/fuel", "error", "x.go:3: undefined: y", None)],
    ),
    "go test -json, a panic": (
        "panic.log",
        lines(
            go("start"), go("run", "TestBurn"), go("output", "TestBurn", Output="panic: boom\n"), go("fail")
        ),
        [("acme.io/fuel", "TestBurn", "error", "panic: boom", None)],
    ),
    "Playwright": (
        "results.json",
        json.dumps(PLAYWRIGHT),
        [
            ("shop.spec.ts", "cart \u203a heals", "passed", "", "boom"),
            ("shop.spec.ts", "cart \u203a fails", "failed", "bang", None),
            ("shop.spec.ts", "cart \u203a later", "skipped", "", None),
            ("shop.spec.ts", "cart \u203a wrong", "failed", "passed, and was expected to be passed", None),
            ("playwright", "playwright", "error", "no web server", None),
        ],
    ),
    "Jest and Vitest": (
        "jest.json",
        json.dumps(JEST),
        [
            (_CART, "cart heals", "passed", "", "boom"),
            (_CART, "cart heals silently", "passed", "", ""),
            (_CART, "cart heals loudly", "passed", "", "bang"),
            (_CART, "cart same", "failed", "Error: 1", None),
            (_CART, "cart same", "passed", "", None),
            (_CART, "cart later", "skipped", "", None),
            (_CART, "cart some day", "skipped", "", None),
            ("src/broken.test.js", "src/broken.test.js", "error", "Cannot find module", None),
        ],
    ),
    "Mocha": (
        "mocha.json",
        json.dumps(MOCHA),
        [
            ("a.js", "cart heals", "passed", "", ""),
            ("a.js", "cart same", "passed", "", None),
            ("a.js", "cart same", "failed", "1 == 2", None),
            ("a.js", 'cart "before all" hook', "failed", "no database", None),
            ("a.js", "cart later", "skipped", "", None),
        ],
    ),
    "Cucumber": (
        "cucumber.json",
        json.dumps(CUCUMBER),
        [
            ("orders", "ok", "passed", "", None),
            ("orders", "fails", "failed", "1 == 2", None),
            ("orders", "unknown", "error", "undefined: Given a cart", None),
            ("orders", "later", "skipped", "", None),
        ],
    ),
    "Cucumber's messages": (
        "messages.ndjson",
        CUCUMBER_MESSAGES,
        [("orders", "heals", "passed", "", "boom")],
    ),
    "CTRF": (
        "ctrf-report.json",
        json.dumps(CTRF),
        [
            ("shop.spec.ts \u203a cart", "heals", "passed", "", "boom"),
            ("cart", "heals silently", "passed", "", ""),
            ("cart", "fails", "failed", "bang", None),
            ("a.ts", "later", "skipped", "", None),
            ("cart", "other", "skipped", "", None),
        ],
    ),
    "TRX": (
        "results.trx",
        TRX,
        [
            ("Acme.CartTests", "Adds", "passed", "", None),
            ("Acme.CartTests", "Fails", "failed", "Assert.Equal() Failure", None),
            ("Later", "Later", "skipped", "no GPU", None),
            ("Acme.CartTests", "Rows (1)", "passed", "", None),
            ("Acme.CartTests", "Rows (2)", "error", "60 s", None),
            ("TestRun", "TestRun", "error", "The host crashed", None),
        ],
    ),
    "NUnit 3": (
        "TestResult.xml",
        NUNIT,
        [
            ("Acme.Cart", "Acme.Cart", "error", "TearDown : no disk", None),
            ("Acme.Cart", "Adds", "passed", "", None),
            ("Acme.Cart", "Fails", "failed", "Expected: 2", None),
            ("Acme.Cart", "Throws", "error", "gone", None),
            ("Acme.Cart", "Later", "skipped", "no GPU", None),
            ("/x/Gone.dll", "/x/Gone.dll", "error", "not found", None),
        ],
    ),
    "xUnit.net": (
        "xunit.xml",
        XUNIT,
        [
            ("Database", "Database", "error", "still open", None),
            ("Acme.CartTests", "Adds(x: 1)", "passed", "", None),
            ("Acme.CartTests", "Fails", "failed", "Assert.Equal() Failure", None),
            ("Acme.CartTests", "Later", "skipped", "no GPU", None),
        ],
    ),
    "Robot Framework": (
        "output.xml",
        ROBOT,
        [
            ("Shop.Cart", "Adds", "passed", "", None),
            ("Shop.Cart", "Fails", "failed", "404 != 200", None),
            ("Shop.Cart", "Later", "skipped", "no GPU", None),
            ("Shop.Cart", "Heals", "passed", "", "no file"),
        ],
    ),
    "TAP": (
        "results.tap",
        TAP,
        [
            ("adds", "adds", "passed", "", None),
            ("fails", "fails", "failed", "Expected values to be equal:\n\n1 !== 2", None),
            ("later", "later", "skipped", "no GPU", None),
            ("cart \u203a deep", "saves", "passed", "", None),
            ("cart", "some day", "skipped", "not yet", None),
        ],
    ),
    "Dart": (
        "dart.jsonl",
        DART,
        [
            ("test/cart_test.dart", "cart adds", "passed", "", None),
            ("test/cart_test.dart", "cart fails", "failed", "Expected: <2>", None),
            ("test/cart_test.dart", "cart heals", "passed", "", "boom"),
            ("test/cart_test.dart", "cart later", "skipped", "", None),
        ],
    ),
}
