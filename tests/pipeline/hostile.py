"""Artifacts that mean harm, and a process that syncs some of them and tells what it took."""

import asyncio
import io
import json
import resource
import struct
import sys
import zipfile
from collections.abc import Callable, Iterable
from pathlib import Path

import structlog

from etl.demo import faults
from etl.demo.history import Artifact, Attempt, Job, Run
from etl.demo.suites import Case, Planned, archive, report
from tests.pipeline.world import HOUR, NOON, World, simulated

MIB = 1 << 20
HEAD, FOOT = b"<testsuite><testcase name='t'/>", b"</testsuite>"
DTD = b"<?xml version='1.0'?><!DOCTYPE testsuite [%b]>" + HEAD + FOOT
LAUGHS = b"".join(
    b"<!ENTITY l%d '%b'>" % (number, b"&l%d;" % (number - 1) * 10 if number else b"ha")
    for number in range(12)
)


def packed(chunks: Iterable[bytes], name: str = "junit.xml") -> bytes:
    """A zip whose entry is written piece by piece: what it unpacks to is never held."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as target, target.open(name, "w") as entry:
        for chunk in chunks:
            entry.write(chunk)
    return buffer.getvalue()


def lying(size: int) -> bytes:
    """A zip whose list of entries says another size than the entry has."""
    data = packed([HEAD, FOOT])
    at = data.rindex(b"PK\x01\x02") + 24
    return data[:at] + struct.pack("<I", size) + data[at + 4 :]


# Name → content, and what the anomaly says.
CONTENT: dict[str, tuple[Callable[[], bytes], str]] = {
    "billion-laughs": (lambda: packed([DTD % LAUGHS]), "has a DTD"),
    "external-entity": (lambda: packed([DTD % b"<!ENTITY x SYSTEM 'file:///etc/passwd'>"]), "has a DTD"),
    "dtd": (lambda: packed([DTD % b""]), "has a DTD"),
    "nested": (
        lambda: packed([HEAD, b"<testsuite>" * 10_000, b"</testsuite>" * 10_000, FOOT]),
        "nested more",
    ),
    "attribute": (
        lambda: packed([b"<testsuite name='", *[b"a" * MIB] * 200, b"'/>"]),
        "attribute or comment is larger",
    ),
    "bomb": (lambda: packed([HEAD, *[b" " * MIB] * 2_000, FOOT]), "a zip bomb"),
    "lies-small": (lambda: lying(5), "Bad CRC"),
    "leads-out": (lambda: packed([HEAD, FOOT], "../../etc/passwd"), "leads out of the archive"),
    "truncated": (lambda: packed([HEAD, FOOT])[:-30], "not a zip file"),
    "expired": (lambda: b"", "has expired"),
}
# Name → where the API redirects to in place of its storage (nowhere: 410), and what the anomaly says.
ANSWERS = {
    "gone": ("", "has expired (410)"),
    "to-ftp": ("ftp://127.0.0.1/x?sig=secret", "'ftp', not https"),
    "to-file": ("file:///etc/passwd?sig=secret", "'file', not https"),
    "to-http": ("http://example.com/x?sig=secret", "'http', not https"),
    "to-inside": ("https://10.0.0.1/x?sig=secret", "no public address"),
    "too-late": ("STORAGE/artifacts/1?se=1&sig=simulated", "also by a fresh URL"),
}
REASONS = {name: reason for kind in (CONTENT, ANSWERS) for name, (_, reason) in kind.items()}


def good() -> bytes:
    """A report of two tests."""
    cases = [Case(Planned("suite", name), red=name == "bad", seconds=0.1) for name in ("good", "bad")]
    return archive([("junit.xml", report(cases))])


def add(world: World, names: Iterable[str]) -> None:
    """A run for each, with a job whose artifact is good and one whose artifact is not."""
    for number, name in enumerate(names, 1):
        begun = NOON - 20 * HOUR + 600 * number
        content = CONTENT[name][0]() if name in CONTENT else good()
        evil = Artifact(number, f"junit-{name}", begun + 50, content, expired=name == "expired")
        fine = Artifact(1_000 + number, "junit-fine", begun + 50, good())
        jobs = tuple(
            Job(10 * number + place, job, begun, begun, begun + 60, artifacts=(artifact,))
            for place, (job, artifact) in enumerate({name: evil, "fine": fine}.items())
        )
        world.add(Run(5_000 + number, number, 7, begun, (Attempt(begun, jobs),)))
        if name in ANSWERS:
            location = ANSWERS[name][0].replace("STORAGE", world.github.storage_url)
            answer = faults.status(302 if location else 410, headers={"location": location})
            world.github.faults.add(f"/actions/artifacts/{number}/zip", answer, times=None)


async def take(folder: Path, names: Iterable[str]) -> None:
    """Sync them, and print the anomalies, what was stored, and the most memory it took (KiB)."""
    with structlog.testing.capture_logs() as logs:
        async with simulated(folder) as world:
            add(world, names)
            summary = await world.sync_well()
    stored = [(point["job"], point["total"]) for point in world.points("test_report")]
    anomalies = [entry["detail"] for entry in logs if entry["event"] == "anomaly"]
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    told = {"runs": summary.runs, "anomalies": anomalies, "stored": stored, "peak": peak, "logs": repr(logs)}
    print(json.dumps(told))  # noqa: T201


if __name__ == "__main__":
    asyncio.run(take(Path(sys.argv[1]), sys.argv[2:]))
