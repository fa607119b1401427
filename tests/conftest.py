"""What every test has: the parts of other modules, and a check that it leaves the log as it was."""

import signal
from collections.abc import Iterator

import pytest
import structlog
from hypothesis import HealthCheck, settings

# A machine may be ten times slower for a while: no limit is of wall-clock time.
settings.register_profile("patient", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("patient")

# A shell's background job ignores Ctrl-C, and so would every command that a test interrupts.
if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
    signal.signal(signal.SIGINT, signal.default_int_handler)

pytest_plugins = [
    "tests.selection",
    "tests.influxd",
    "tests.gitea",
    "tests.postgres",
    "tests.load.stores",
    "tests.load.faults",
    "tests.played",
]


@pytest.fixture(autouse=True)
def _log_left_alone() -> Iterator[None]:
    """A log that one test sets up for itself hides what the next one waits for."""
    before = structlog.get_config()
    yield
    after = structlog.get_config()
    structlog.configure(**before)
    assert after == before, "this test left structlog changed for those after it"
