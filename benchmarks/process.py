"""A real `ci-health` as a process: how long it took, and what it held."""

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from tempfile import TemporaryDirectory

from tests.influxd import Influxd, free_port, set_up
from tests.influxd import serving as influxd_serving


@dataclass(frozen=True, slots=True)
class Cost:
    """Seconds from start to end, seconds of processor, and the most memory in MiB."""

    wall_s: float
    processor_s: float
    peak_mib: float


def ci_health(*arguments: str, **environment: str) -> Cost:
    """Run it to its end; raises CalledProcessError where it fails."""
    command = [str(Path(sys.executable).with_name("ci-health")), *arguments]
    began = time.perf_counter()
    process = subprocess.Popen(  # noqa: S603
        command,
        env={"PATH": os.environ["PATH"], "CI_HEALTH_LOG__LEVEL": "error"} | environment,
        stdout=subprocess.DEVNULL,
    )
    _, status, usage = os.wait4(process.pid, 0)
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, command)
    wall = time.perf_counter() - began
    return Cost(wall, usage.ru_utime + usage.ru_stime, usage.ru_maxrss / 1_024)


@contextmanager
def influxd() -> Iterator[Influxd]:
    """A real InfluxDB with nothing in it."""
    with TemporaryDirectory() as folder:
        port = free_port()
        with influxd_serving(Path(folder), port):
            yield Influxd(port, set_up(port))


def settings_of(url: str, database: Influxd, folder: str, *, bucket: str, since: str) -> dict[str, str]:
    """Settings of a process that reads `acme/r1` from a simulated GitHub into InfluxDB."""
    return {
        "CI_HEALTH_REPOSITORIES": "acme/r1",
        "CI_HEALTH_SINCE": since,
        "CI_HEALTH_DATA_DIR": folder,
        "CI_HEALTH_GITHUB__API_URL": url,
        "CI_HEALTH_GITHUB__TOKEN": "benchmark",
        "CI_HEALTH_INFLUXDB__URL": database.url,
        "CI_HEALTH_INFLUXDB__ORG": database.org,
        "CI_HEALTH_INFLUXDB__BUCKET": bucket,
        "CI_HEALTH_INFLUXDB__TOKEN": database.token,
    }
