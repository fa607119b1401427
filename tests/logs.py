"""Real logs with marked lines, from `../shared/data`, and recordings of real test runners."""

import gzip
import json
import re
from collections.abc import Iterator
from pathlib import Path
from typing import NamedTuple

DATA = Path(__file__).parents[2] / "shared" / "data"
RECORDINGS = Path(__file__).parent / "extract" / "logs" / "recordings"

_COLOURS = re.compile(
    r"\x1b(?:\[[0-?]*[ -/]*[@-~]|[()][0-9A-B]|[@-Z\\-_=>])|\[[\d;]*[mK]|[\x00-\x08\x0b-\x1f\x7f]"
)
_MARK = "#=MATCH=# "


class Recording(NamedTuple):
    """Output of a runner, and the tests that failed in it: pairs of suite and name."""

    runner: str
    name: str
    tests: frozenset[tuple[str, str]]

    @property
    def text(self) -> str:
        return (RECORDINGS / self.runner / f"{self.name}.txt").read_text("utf-8")


class Marked(NamedTuple):
    """A log, the numbers of its marked lines, and how many lines are marked (some cannot be found again)."""

    name: str
    content: bytes
    lines: frozenset[int]
    count: int


class Pair(NamedTuple):
    """A failing and a passing log, and the numbers of the failing one's marked lines."""

    name: str
    failing: bytes
    passing: bytes
    lines: frozenset[int]


def recordings() -> list[Recording]:
    known = json.loads((RECORDINGS / "expected.json").read_text("utf-8"))
    return [
        Recording(runner, name, frozenset(map(tuple, group["tests"])))
        for runner, kind in known.items()
        for group in kind["failing"]
        for name in group["recordings"]
    ]


def logchunks(every: int = 1, first: int = 0) -> Iterator[Marked]:
    folder = DATA / "logchunks"
    labels = json.loads((folder / "labels.json").read_text("utf-8")) if folder.exists() else []
    for label in labels[first::every]:
        content = gzip.decompress((folder / label["log"]).read_bytes())
        chunk = [line for line in map(_bare, label["chunk"].split("\n")) if line not in {"", "nl"}]
        lines = [_bare(line) for line in content.decode("utf-8", "replace").split("\n")]
        yield Marked(label["log"], content, frozenset(_places(lines, chunk)), len(chunk))


def pytorch() -> Iterator[Marked]:
    for path in sorted((DATA / "pytorch-logs").glob("*.gz")):
        lines = gzip.decompress(path.read_bytes()).decode("utf-8", "replace").split("\n")
        marked = frozenset(place for place, line in enumerate(lines) if _MARK in line)
        text = "\n".join(lines).replace(_MARK, "").replace("\u2039", "").replace("\u203a", "")
        yield Marked(path.stem, text.encode(), marked, len(marked))


def cidiff() -> Iterator[Pair]:
    for folder in sorted((DATA / "cidiff").glob("*")):
        failing, passing, truth = (
            _unix(gzip.decompress((folder / f"{name}.gz").read_bytes()))
            for name in ("fail.log", "pass.log", "groundtruth")
        )
        marked: set[int] = set()
        for first, last in re.findall(r"^E (\d+)(?:-(\d+))?$", truth.decode(), re.MULTILINE):
            marked.update(range(int(first) - 1, int(last or first)))
        yield Pair(folder.name, failing, passing, frozenset(marked))


def _unix(content: bytes) -> bytes:
    """The labels count a carriage return as the end of a line."""
    return content.replace(b"\r\n", b"\n").replace(b"\r", b"\n")


def _bare(text: str) -> str:
    """What the labels and the log have in common: the labels lost angle brackets and parts of colours."""
    return re.sub(r"[\s<>]+|&(?:lt|gt|amp|quot|apos);|&", "", _COLOURS.sub("", text))


def _places(lines: list[str], chunk: list[str]) -> list[int]:
    """Where the lines of a chunk stand: the longest run of them, with at most twelve lines between two."""
    begins = [at for at, line in enumerate(lines) if line and chunk and chunk[0] in line]
    begins = begins or [at for at, line in enumerate(lines) if len(line) > 8 and line in chunk[0]]
    best: list[int] = []
    for begin in begins[:2_000]:
        found = _run(lines, chunk, begin)
        best = max(best, found, key=len)
        if len(best) == len(chunk):
            break
    return best


def _run(lines: list[str], chunk: list[str], begin: int) -> list[int]:
    found, at = [], begin
    for part in chunk:
        near = range(at, min(len(lines), at + 12))
        place = next((place for place in near if _same(lines[place], part)), None)
        if place is not None:
            found.append(place)
            at = place + 1
    return found


def _same(line: str, part: str) -> bool:
    return line == part or (len(part) > 3 and part in line) or (len(line) > 8 and line in part)
