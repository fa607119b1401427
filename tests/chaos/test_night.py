"""Two weeks in a night, and the night in minutes: what `ci-health run` must come through without a scratch."""

import asyncio
import os
import shutil
import time
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import partial
from pathlib import Path
from random import Random

import pytest

from etl.demo.history import ending
from etl.demo.server import SimulatedGitHub
from etl.demo.synthetic import synthetic
from tests.chaos.machine_clock import MachineClock
from tests.chaos.night import DAY_S, SECRET, FastClock, Happening, Mail, Night, Server, at_moments, cancelled
from tests.chaos.process import Process
from tests.chaos.sound import STOPPED, equal
from tests.chaos.world import GITHUB_TOKEN, points_of
from tests.influxd import Influxd, free_port
from tests.pipeline.test_lies import ANYWHERE, ENTRIES
from tests.pipeline.test_open_pieces import LIES, OF_STORAGE

DAYS, SPEED, PUSHES = 14, 1_000, 20
# A day is at least that much longer than a start: on a busy machine the night is a longer one.
_STARTS_A_DAY = 3.0
_LOST = 0.1
HOUR_S = 3_600
# What is told while GitHub lies.
OF_LIES = {
    "anomaly",
    "sync failed",
    "a day of the past could not be verified",
    "webhooks told of runs that cannot be read yet",
}
# A process that holds ever more would double within days.
_FLAT = 1.25


def environment(github: SimulatedGitHub, influxd: Influxd, bucket: str, **more: str) -> dict[str, str]:
    return {
        "CI_HEALTH_REPOSITORIES": "acme/rocket",
        "CI_HEALTH_GITHUB__API_URL": github.url,
        "GITHUB_TOKEN": GITHUB_TOKEN,
        "CI_HEALTH_INFLUXDB__URL": influxd.url,
        "CI_HEALTH_INFLUXDB__ORG": influxd.org,
        "CI_HEALTH_INFLUXDB__BUCKET": bucket,
        "CI_HEALTH_INFLUXDB__TOKEN": influxd.token,
        **more,
    }


@pytest.mark.thorough
@pytest.mark.timeout(3_600)
@pytest.mark.skipif(
    not shutil.which("faketime") and "CI" not in os.environ,
    reason="no libfaketime: `make faketime` installs it",
)
async def test_nothing_is_lost_and_nothing_grows(
    tmp_path: Path, record_property: Callable[[str, object], None]
) -> None:
    history = ending(synthetic(days=DAYS, pushes=PUSHES), datetime.now(UTC).date() - timedelta(days=2))
    end = datetime.now(UTC).replace(hour=0, minute=0, second=0, microsecond=0).timestamp()
    start = end - (DAYS + 1) * DAY_S
    server = Server(tmp_path / "influxd")
    server.start()
    try:
        influxd = server.set_up()
        clock = FastClock(start, SPEED, MachineClock(tmp_path / "clock"))
        github = SimulatedGitHub(history, clock=clock, rate_limit=1_000_000, signed_s=60 * SPEED)
        async with github:
            clock.begin(
                _STARTS_A_DAY * await _start_s(tmp_path, environment(github, influxd, "start"), clock)
            )
            night, mail = await _lived(tmp_path, clock, github, influxd, server)
            clock.stopped_at = end
            once = Process(tmp_path, environment(github, influxd, "once", CI_HEALTH_DATA_DIR="once"))
            await once.start("backfill", "--since", f"{datetime.fromtimestamp(start, UTC):%F}")
            assert await once.end() == 0, once.text
        found, wanted = (points_of(influxd, bucket) for bucket in ("night", "once"))
    finally:
        server.stop()

    equal(found, wanted)
    assert wanted["workflow_run"]
    assert mail.refused == 0
    assert min(mail.sent, mail.lost) > 0
    _explained(night)
    _flat(night)
    record_property("figures", _figures(night, mail, wanted))


async def _start_s(folder: Path, variables: dict[str, str], clock: FastClock) -> float:
    """How long a process takes, on this machine as it is now, until it has synced for the first time."""
    began = time.monotonic()
    first = Process(folder, variables | clock.variables() | {"CI_HEALTH_DATA_DIR": "start"})
    await first.start("sync")
    assert await first.end() == 0, first.text
    return time.monotonic() - began


async def _lived(
    folder: Path, clock: FastClock, github: SimulatedGitHub, influxd: Influxd, server: Server
) -> tuple[Night, Mail]:
    port = free_port()
    variables = environment(
        github, influxd, "night",
        CI_HEALTH_INTERVAL="1s",
        CI_HEALTH_SINCE=f"{datetime.fromtimestamp(clock.start, UTC):%F}",
        CI_HEALTH_HTTP__PORT=str(port),
        CI_HEALTH_HTTP__WEBHOOKS__SECRET=SECRET,
    )  # fmt: skip
    random = Random(8)  # noqa: S311
    night = Night(folder, clock, variables)
    mail = Mail(github, clock, f"http://127.0.0.1:{port}/webhooks/github", _LOST, random)

    def restart() -> None:
        server.stop()
        server.start()

    span = (DAYS + 1) * DAY_S
    restarts = [(clock.start + span * share, restart) for share in (0.3, 0.7)]
    happens = [*restarts, *lies(clock, github, random), *jumps(clock)]
    beside = [asyncio.create_task(mail.run()), asyncio.create_task(at_moments(clock, happens))]
    await night.live(clock.start + span)
    await cancelled(*beside)
    # What the last day's process had no time for, the next one would do first.
    last = Process(folder, variables | clock.variables())
    await last.start("sync")
    assert await last.end() == 0, last.text
    night.days.append(last)
    return night, mail


def lies(clock: FastClock, github: SimulatedGitHub, random: Random) -> list[Happening]:
    """Once a day GitHub lies for some hours: each time about something else, in another way."""
    happens: list[Happening] = []
    for day in range(1, DAYS - 2):
        where = random.sample([*ANYWHERE], 2)

        def lie(where: list[str] = where) -> None:
            for one in where:
                ways = OF_STORAGE if one == "storage" else LIES
                way = random.choice([way for way in ways if one != "zip" or way not in ENTRIES])
                github.faults.add(ANYWHERE[one], ways[way](), times=None)

        began = clock.start + (day + random.random() / 2) * DAY_S
        happens += [(began, lie), (began + random.uniform(1, 9) * HOUR_S, github.faults.clear)]
    return happens


def jumps(clock: FastClock) -> list[Happening]:
    """The clock of the machine is set, both ways, and right again some hours later."""
    span = (DAYS + 1) * DAY_S
    offs = (3 * HOUR_S, -3 * HOUR_S, 45 * DAY_S, -45 * DAY_S)
    happens: list[Happening] = []
    for number, off in enumerate(offs):
        at = clock.start + span * (0.1 + 0.7 * number / len(offs))
        happens += [(at, partial(clock.jump, off)), (at + DAY_S / 3, partial(clock.jump, 0.0))]
    return happens


def _explained(night: Night) -> None:
    """Nothing complains but of what was done to it, and nothing that went wrong stays unsolved."""
    complaints = [event for process in night.days for event in process.complaints()]
    # Of clocks that hurry, one answer that takes a moment is minutes old, and a second is half an hour.
    hurry = {"this machine's clock is wrong", "the machine's clock was set: the next sync is planned anew"}
    assert set(complaints) <= {STOPPED, *OF_LIES, *hurry}, "\n".join(
        process.text for process in night.days if process.complaints()
    )
    assert not any("Traceback" in process.text for process in night.days)


def _flat(night: Night) -> None:
    """The last days' processes hold no more than the first ones."""
    peaks = [process.peak_kb for process in night.days[:-1] if process.peak_kb]
    half = len(peaks) // 2
    assert max(peaks[half:]) <= _FLAT * max(peaks[: half or 1]), peaks


def _figures(night: Night, mail: Mail, points: Mapping[str, Sequence[object]]) -> str:
    peaks = [process.peak_kb // 1024 for process in night.days[:-1]]
    syncs = sum(len(process.events("synced")) for process in night.days)
    return (
        f"{DAYS} days, {sum(map(len, points.values()))} points, {syncs} syncs, {mail.sent} webhooks, "
        f"{mail.lost} lost, {mail.unheard} while nobody listened; memory by day, MiB: {peaks}"
    )
