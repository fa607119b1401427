"""Parts of a log that tell something: what rules find, with the lines that belong to it."""

import re
from collections.abc import Iterable, Sequence
from functools import cache
from itertools import islice
from typing import NamedTuple

from etl.extract.logs.lines import likeness
from etl.model.line_rules import RULES, LineRule, Weight

# Characters of a line that rules look at, and lines that a block goes on for.
_MAX_SEEN, _MAX_BLOCK = 400, 60
# Rules look at so many suspect lines from the beginning and from the end, if there are more.
_FIRST_SUSPECTS, _LAST_SUSPECTS = 1_500, 3_500

# A line with none of these is found by no rule that tells something.
_SUSPECT = re.compile(
    r"err|fail|fatal|panic|excep|abort|cannot|can't|could|unable|not |n't|unexp|inval|illegal|unde|miss|denied|refus|reject"
    r"|termin|kill|unkn|must|should|expect|alread|confl|assert|crash|segf|segm|sig[a-z]|core d|memory|space|oom|alloc"
    r"|time|cancel|\*\*|<<<|[✕✗✘✖×●❌⨯]|\[-\]|^ *\d+\) |curl|http|sc\d|pbp|hbox|:\d+:|\(\d+[,)]|e: |^e   |raise|throw|caused|leak|race"
    r"|lock|but |unm|unsa|dirty|lint|format|incorr|malform|violat|forbid|unsup|broken|mism|offens|dubious|shutdown|lost|runner"
    r"|unh|unc|diff|prettier|issue|error|exit|space|limit|nu1|warn\]|^in |no |found|does|disk|token|import|rule|quota|pulling|resol|unava|gateway|too many|slow"
)
_TRACE = re.compile(r'\s+(?:at |from |in |\S+:\d+|File "|\.\.\. )|(?:\s*/|\S+/)\S+:\d+(?::in\b.*)?$|at \S')
_SOURCE_LINE = re.compile(r"(?:[A-Za-z]:)?[\w@+./\\-]+\.\w+:\d+$")
# A file whose problems stand below it by their places in it, as ESLint, stylelint and markdownlint write.
_FILE = re.compile(r"(?:[A-Za-z]:)?[\w@+./\\-]+\.\w+$")
_PLACE_IN_FILE = re.compile(r"\s+\d+:\d+\s")
# What others wrote between the lines of a block, at most.
_MAX_BETWEEN = 3


class Block(NamedTuple):
    """Lines `start` to `end` (exclusive) that belong together, and how much they tell."""

    start: int
    end: int
    weight: int


class Rules:
    """Finds in a line the first rule that matches; what it found of a text it remembers."""

    def __init__(self, rules: Iterable[LineRule] = RULES) -> None:
        self._rules = [(re.compile(rule.pattern), rule) for rule in rules]

    def __call__(self, text: str) -> LineRule | None:
        """The rule, None where none matches."""
        text = text[:_MAX_SEEN]
        return (
            next((rule for pattern, rule in self._rules if pattern.search(text)), None)
            if text.strip()
            else None
        )


# Those of this project; settings may have others. Compiled once, by the first log.
default_rules = cache(Rules)


class Reading:
    """The lines of one log, each looked at once and only when it is asked for."""

    def __init__(self, texts: Sequence[str], rules: Rules) -> None:
        self.texts = texts
        self._rules = rules
        self._known: dict[int, LineRule | None] = {}

    def rule(self, place: int) -> LineRule | None:
        """What found something in the line, None where nothing did."""
        if place not in self._known:
            self._known[place] = self._rules(self.texts[place])
        return self._known[place]

    def weight(self, place: int) -> int:
        """How much the line tells; one that no rule knows stands between a consequence and a hint."""
        rule = self.rule(place)
        return int(Weight.HINT) - 1 if rule is None else int(rule.weight)

    def is_told(self, place: int) -> bool:
        """Whether the line sounds like a failure at least."""
        rule = self.rule(place)
        return rule is not None and rule.weight >= Weight.HINT

    def is_noise(self, place: int) -> bool:
        """Whether the line is said of any failure, or where nothing failed."""
        rule = self.rule(place)
        return rule is not None and rule.weight <= Weight.CONSEQUENCE


def blocks(reading: Reading) -> list[Block]:
    """What rules found, with what belongs to it: the most telling first, of equal ones the first."""
    found: list[Block] = []
    for seed in _suspects(reading.texts):
        free = found[-1].end if found else 0
        if seed >= free and reading.is_told(seed):
            place = _thrown(reading.texts, seed)
            end = _end(reading, place)
            weight = max(reading.weight(at) for at in range(place, min(end, place + 6)))
            found.append(Block(_beginning(reading.texts, place, free), end, weight))
    return sorted(found, key=lambda block: (-block.weight, block.start))


def distinct(reading: Reading, found: Iterable[Block]) -> tuple[list[Block], list[Block]]:
    """Blocks that begin like no other before them, and those that repeat one."""
    first: list[Block] = []
    repeated: list[Block] = []
    known: set[tuple[str, ...]] = set()
    for block in found:
        texts = (reading.texts[place] for place in range(block.start, block.end))
        beginning = tuple(islice((likeness(text) for text in texts if text.strip()), 2))
        (repeated if beginning in known else first).append(block)
        known.add(beginning)
    return first, repeated


def _suspects(texts: Sequence[str]) -> list[int]:
    """Lines that a rule may find something in: all, or of too many the first and the last."""
    suspects = [place for place, text in enumerate(texts) if _SUSPECT.search(text[:_MAX_SEEN].lower())]
    if len(suspects) <= _FIRST_SUSPECTS + _LAST_SUSPECTS:
        return suspects
    return suspects[:_FIRST_SUSPECTS] + suspects[-_LAST_SUSPECTS:]


def _thrown(texts: Sequence[str], place: int) -> int:
    """Of Python's traceback, whose cause stands last, the innermost frame."""
    if not texts[place].lstrip().startswith("Traceback (most"):
        return place
    inner = (
        at
        for at in range(place + 1, min(len(texts), place + 200))
        if _indent(texts[at]) <= _indent(texts[place])
    )
    return max(place, next(inner, place) - 2)


def _beginning(texts: Sequence[str], place: int, first: int) -> int:
    """Where the source stands that an error is about: a place of its own line, up to five lines above."""
    above = range(max(first, place - 5), place)
    if _PLACE_IN_FILE.match(texts[place]):
        file = next((at for at in reversed(above) if not _PLACE_IN_FILE.match(texts[at])), place)
        return file if _FILE.match(texts[file]) else place
    return next((at for at in above if _SOURCE_LINE.match(texts[at])), place)


def _end(reading: Reading, start: int) -> int:
    """Where a block ends: at what is noise, or at a blank line that nothing further to the right follows."""
    texts, place = reading.texts, start + 1
    while place < min(len(texts), start + _MAX_BLOCK):
        is_left = reading.is_noise(place) and _indent(texts[place]) <= _indent(texts[start])
        if texts[place].strip() and not is_left:
            place += 1
            continue
        onward = _after_others(reading, start, place) if is_left else _after_blank(texts, start, place)
        if onward is None:
            break
        place = onward
    return place


def _after_blank(texts: Sequence[str], start: int, place: int) -> int | None:
    """Where a block goes on after a blank line, None where it ends."""
    onward = next((at for at in range(place, min(len(texts), place + 3)) if texts[at].strip()), None)
    if onward is None:
        return None
    goes_on = _indent(texts[onward]) > _indent(texts[start]) or _TRACE.match(texts[onward])
    return onward if goes_on else None


def _after_others(reading: Reading, start: int, place: int) -> int | None:
    """Where a heading's message follows after what others wrote at the same time, None where none does."""
    texts = reading.texts
    if place > start + 1 or not texts[start].endswith(":"):
        return None
    near = range(place, min(len(texts), place + _MAX_BETWEEN + 1))
    onward = next((at for at in near if not reading.is_noise(at)), start)
    return onward if _indent(texts[onward]) > _indent(texts[start]) else None


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
