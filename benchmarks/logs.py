"""Reading logs: what is found in marked logs of others, failing tests of real runners, and time and memory of hostile logs.

Logs of others are read from `../shared/data`; where they are absent, only the rest is measured.
"""

import resource
import time
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from statistics import mean
from zlib import crc32

from benchmarks.measure import Outcome, Size
from etl.extract.logs.differences import new_lines
from etl.extract.logs.failing_tests import failing_tests
from etl.extract.logs.lines import likeness, read_lines
from etl.extract.logs.reading import read_log
from tests.logs import cidiff, logchunks, pytorch, recordings

_MIB = 1_048_576
_CHUNK = 65_536
_BYTES_PER_S, _MOST_MIB = 40_000_000, 64.0


def run(size: Size) -> list[Outcome]:
    """Shares against their bars; seconds of processor against those of 40 MB/s; MiB against 64."""
    outcomes = [*_logchunks(size.of(1, 40)), *_cidiff(), *_pytorch(), *_runners()]
    megabytes = size.of(500, 4)
    for name in HOSTILE:
        outcomes += _alone(name, megabytes)
    return outcomes


def _share(what: str, bar: float, measured: float, note: str = "") -> Outcome:
    notes = (f"measured {measured:.3f}", *([note] if note else []))
    return Outcome("logs", what, f"{bar:g}", (bar,), (measured,), "share", 1.0, at_least=True, notes=notes)


def half_of(name: str) -> int:
    """Which half of the projects a log is of: the rules were tuned on half 0."""
    return crc32(name.split("__failed", maxsplit=1)[0].encode()) % 2


def _logchunks(every: int) -> Iterator[Outcome]:
    """Of the marked lines of each log those among the lines shown, at most 20."""
    shares: dict[int, list[float]] = {0: [], 1: []}
    for marked in logchunks(every):
        shown = {told.line.number for told in read_log([marked.content]).lines}
        shares[half_of(marked.name)].append(len(shown & marked.lines) / max(1, marked.number))
    both = [*shares[0], *shares[1]]
    if both:
        halves = [(mean(map(bool, half)), mean(half)) for half in shares.values() if half]
        note = "halves of the projects, tuned and not: " + " and ".join(
            f"{a:.3f}, {b:.3f}" for a, b in halves
        )
        yield _share(
            "LogChunks: logs of which a marked line is among 20 shown", 0.90, mean(map(bool, both)), note
        )
        yield _share("LogChunks: marked lines among 20 shown, mean over the logs", 0.75, mean(both), note)


def _cidiff() -> Iterator[Outcome]:
    precision, recall = [], []
    for pair in cidiff():
        passing = {likeness(line.text) for line in read_lines(pair.passing.decode("utf-8", "replace"))}
        failing = list(read_lines(pair.failing.decode("utf-8", "replace")))
        new = {line.number for line in new_lines(failing, passing)}
        precision.append(len(new & pair.lines) / max(1, len(new)))
        recall.append(len(new & pair.lines) / len(pair.lines))
    if precision:
        yield _share("cidiff: precision of what is new, mean over the pairs", 0.75, mean(precision))
        yield _share("cidiff: recall of what is new, mean over the pairs", 0.90, mean(recall))


def _pytorch() -> Iterator[Outcome]:
    found = [
        bool(marked.lines & {told.line.number for told in read_log([marked.content]).lines})
        for marked in pytorch()
    ]
    if found:
        yield _share("PyTorch: logs of which the marked line is among 20 shown", 17 / 20, mean(found))


def _runners() -> Iterator[Outcome]:
    named = expected = right = 0
    passing = 0
    for recording in recordings():
        tests = failing_tests([line.text for line in read_lines(recording.text)])
        names = {(test.suite, test.name) for test in tests}
        named, expected, right = (
            named + len(names),
            expected + len(recording.tests),
            right + len(names & recording.tests),
        )
        passing += len(names) if not recording.tests else 0
    note = f"{expected} tests of {len({one.runner for one in recordings()})} kinds of output, {passing} named of passing ones"
    yield _share("recordings of real runners: recall of failing tests", 0.97, right / expected, note)
    yield _share("recordings of real runners: precision of failing tests", 0.99, right / named, note)


def _repeated(line: bytes) -> Callable[[int], Iterator[bytes]]:
    def chunks(size: int) -> Iterator[bytes]:
        block = line * (_CHUNK // len(line) + 1)
        for _ in range(size // len(block) + 1):
            yield block

    return chunks


def _one_line(size: int) -> Iterator[bytes]:
    for _ in range(size // _CHUNK):
        yield b"error " * (_CHUNK // 6)


# Logs of any size that are written to be slow or large to read.
HOSTILE: dict[str, Callable[[int], Iterator[bytes]]] = {
    "a real kind of log": _repeated(b"2026-07-30T10:39:20.7140484Z some/file.c:12: all is well with error handling\n" * 9 + b"--- FAIL: TestIt (0.00s)\n"),
    "one line": _one_line,
    "short lines": _repeated(b"a line\n"),
    "empty lines": _repeated(b"\n"),
    "terminal codes": _repeated(b"\x1b[31m\x1b[1mFAIL\x1b[0m\x1b]0;title\x07\x1b[2K\r\x1b[1G\x1b[\x1b[ \n"),
    "forged commands": _repeated(b"::error file=a,line=1::x\n##[group]Run x\n##[error]x\n::set-env name=A::b\n##[endgroup]\n"),
    "NUL and broken UTF-8": _repeated(b"\x00\xff\xfe\xc3\x28 error \xf0\x28\x8c\xbc\n"),
    "quadratic traps": _repeated(b" " * 900 + b"- " * 200 + b"(((((" + b"a:" * 300 + b"error" * 90 + b"_" * 300 + b"\n"),
    "failing tests": _repeated(b"--- FAIL: TestIt (0.00s)\n    x_test.go:1: no\nnot ok 1 - x\n  1) a\nFAILED a.py::b - c\n"),
}  # fmt: skip


def _alone(name: str, megabytes: int) -> Iterator[Outcome]:
    with ProcessPoolExecutor(1, get_context("spawn")) as executor:
        seconds, mebibytes, shown = executor.submit(_measured, name, megabytes).result()
    what = f"{megabytes} MB of {name}"
    reference = megabytes * 1_000_000 / _BYTES_PER_S
    notes = (f"{megabytes / seconds:.0f} MB/s, {mebibytes:.1f} MiB above rest, {shown} lines shown",)
    yield Outcome("logs", f"{what}: time", "40 MB/s a core", (seconds,), (reference,), "s", 1.0, notes=notes)
    yield Outcome("logs", f"{what}: memory", "64 MiB", (mebibytes,), (_MOST_MIB,), "MiB", 1.0, notes=notes)


def _measured(name: str, megabytes: int) -> tuple[float, float, int]:
    """Seconds of processor, MiB above rest, lines shown; in a process that did nothing else."""
    read_log([b"a\nerror: b\n"])
    rest = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    began = time.process_time()
    reading = read_log(HOSTILE[name](megabytes * 1_000_000))
    seconds = time.process_time() - began
    most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    return seconds, (most - rest) * 1024 / _MIB, len(reading.lines)
