"""What the synthetic project runs: its workflows, their jobs, and how each behaves."""

from dataclasses import dataclass
from random import Random

from etl.demo.suites import Planned, plan_suite


@dataclass(frozen=True, slots=True)
class Plan:
    """How a job behaves: typical duration in seconds, failure rate, and its failure messages.

    `growth` is the share by which it gets slower each day; with `needs` it waits for all other jobs. With a `log`
    its messages stand in its log alone, in that text.
    """

    name: str
    seconds: int
    failure_rate: float
    messages: tuple[str, ...]
    labels: tuple[str, ...] = ("ubuntu-24.04",)
    growth: float = 0.0  # a day
    steps: tuple[tuple[str, float], ...] = (
        ("Set up job", 0.05),
        ("Checkout", 0.05),
        ("Run", 0.85),
        ("Post", 0.05),
    )
    needs: bool = False
    tests: tuple[Planned, ...] = ()
    retries: int = 0
    log: str = ""


# The tests of all unit jobs: five flaky ones, and one that somebody broke for a day.
UNIT_TESTS = tuple(
    plan_suite(
        Random(7),  # noqa: S311
        "rocket",
        tests=48,
        flaky=(0.004, 0.006, 0.009, 0.013, 0.02),
        broken=(range(16, 17),),
    )
)
_UPLOAD = (
    ("Set up job", 0.05),
    ("Checkout", 0.05),
    ("Run", 0.82),
    ("Upload test results", 0.05),
    ("Post", 0.03),
)
_UNIT_MESSAGES = (
    "No space left on device",
    "panic: runtime error: invalid memory address [0xc000{h}]",
)
_INTEGRATION_MESSAGES = (
    "TestInstall - CheckPods timed-out ({n}m0s)",
    "TestUpgrade - dial tcp 10.0.{n}.7:8443: connect: connection refused",
    "TestGateway - unexpected status 503 from pod gateway-{h}",
    "Failed to pull image registry.local/rocket:{h}{h}: i/o timeout",
)
_LINKED = """[ 98%] Linking CXX executable rocket
/usr/bin/ld: engine.o: in function `ignite':
engine.cc:(.text+0x1f): {message}
collect2: error: ld returned 1 exit status
make: *** [Makefile:12: rocket] Error 1"""
_SOAKED = """=== RUN   TestSoak
    soak_test.go:88: {message}
--- FAIL: TestSoak (5312.40s)
FAIL
FAIL\texample.com/rocket/soak\t5312.519s"""
PLANS: dict[str, tuple[str, tuple[Plan, ...]]] = {
    "CI": (
        ".github/workflows/ci.yml",
        (
            Plan("lint", 95, 0.015, ("ruff: {n} errors in src/app_{n}.py",)),
            *(
                Plan(
                    f"unit ({system}, {version})",
                    240,
                    rate,
                    _UNIT_MESSAGES,
                    (system,),
                    growth,
                    _UPLOAD,
                    tests=UNIT_TESTS,
                    retries=retries,
                )
                for system, version, rate, growth, retries in (
                    ("ubuntu-24.04", "3.12", 0.005, 0.0, 0),
                    ("ubuntu-24.04", "3.13", 0.005, 0.0, 0),
                    ("macos-15", "3.13", 0.01, 0.01, 1),
                    ("windows-2025", "3.13", 0.03, 0.0, 0),
                )
            ),
            Plan("build", 310, 0.01, ("undefined reference to `rocket_{h}'",), growth=0.03, log=_LINKED),
            Plan("publish preview", 40, 0.01, ("deploy of preview {h} refused",), needs=True),
        ),
    ),
    "Integration": (
        ".github/workflows/integration.yml",
        tuple(
            Plan(f"cluster ({name})", 780, rate, _INTEGRATION_MESSAGES, ("self-hosted", "large"))
            for name, rate in (
                ("install", 0.04),
                ("upgrade", 0.16),
                ("gateway", 0.09),
                ("multi-region", 0.12),
            )
        ),
    ),
    "Docs": (".github/workflows/docs.yml", (Plan("site", 70, 0.01, ("dead link in docs/page_{n}.md",)),)),
    "Nightly": (
        ".github/workflows/nightly.yml",
        (
            Plan(
                "soak", 5_400, 0.12, ("{n} requests of 100000 failed",), ("self-hosted", "large"), log=_SOAKED
            ),
            Plan("fuzz", 3_600, 0.05, ("crash-{h}{h}: heap-buffer-overflow at 0x6020{h}",)),
        ),
    ),
}
