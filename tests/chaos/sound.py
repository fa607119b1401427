"""What must hold after every scenario, whatever the fault was."""

import re
import stat
from collections import Counter

from etl.model.points import Point
from tests.chaos.process import Process
from tests.chaos.world import GITHUB_TOKEN, Points, World

STOPPED = "the store takes nothing, points wait in the outbox"
GOES_ON = "the store takes points again"

# An undisturbed `run` over the same history holds about 110 MiB.
_MAX_MEMORY_KB = 220 * 1024
_SIGNATURE = re.compile(r"[?&](sig|signature|se|X-Amz-\w+)=", re.IGNORECASE)


def equal(found: Points, wanted: Points) -> None:
    """The same points: none lost, none made up; tells the first few that differ."""
    for name, points in wanted.items():
        there, expected = Counter(map(_content, found[name])), Counter(map(_content, points))
        lost, extra = list(expected - there), list(there - expected)
        assert (lost[:3], extra[:3]) == ([], []), f"{name}: {len(lost)} lost, {len(extra)} made up"


def _content(point: Point) -> tuple[object, ...]:
    return point.time, *sorted(point.tags.items()), *sorted(point.fields.items())


def told_once(process: Process) -> None:
    """One line says what is wrong, one that it is over, and no other complains."""
    assert process.complaints() == [STOPPED], process.text
    assert len(process.events(GOES_ON)) == 1, process.text


def sound(world: World, *, most_memory_kb: int = _MAX_MEMORY_KB) -> None:
    """Memory was bounded, nothing secret was printed or kept, nobody else can read what is kept."""
    for process in world.processes:
        assert process.peak_kb < most_memory_kb
        assert "Traceback" not in process.text
    keeps_secrets(world)
    for file in world.data.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600, file


def keeps_secrets(world: World, *more: str) -> None:
    """No token and no signed address in what was printed, or in any file below the scenario's folder."""
    secrets = [GITHUB_TOKEN, world.influxd.token, *more]
    texts = [world.printed().encode()]
    texts += [file.read_bytes() for file in world.folder.rglob("*") if file.is_file()]
    for text in texts:
        for secret in secrets:
            assert secret.encode() not in text
        assert not _SIGNATURE.search(text.decode("utf-8", "replace"))


def without(points: Points, measurement: str) -> dict[str, list[Point]]:
    """The points but those of one measurement."""
    return {name: [] if name == measurement else found for name, found in points.items()}
