"""The lines that tell what happened: of failing tests, of what rules know, and those before the exit."""

import re
from collections.abc import Iterable, Sequence
from typing import NamedTuple

from etl.model.line_rules import RULES, LineRule, Weight
from etl.model.logs import Line, LoggedTest, Told

MAX_TOLD = 20

# Characters of a line that rules look at, and lines that a block goes on for.
_MAX_SEEN, _MAX_BLOCK = 400, 60
# Rules look at so many suspect lines from the beginning and from the end, if there are more.
_FIRST_SUSPECTS, _LAST_SUSPECTS = 1_500, 3_500
# Lines of the first block, of the second, and so on: of failing tests, and of others.
_OF_TESTS, _OF_BLOCKS = (13, 5, 3, 2, 2), (6, 4, 4, 3, 3, 3)
_KEPT_FOR_OTHERS = 2
# Lines that stand last before the exit, and how far a block goes on while there is room.
_LAST, _MORE = 4, 14

# A line with none of these is found by no rule that tells something.
_SUSPECT = re.compile(
    r"err|fail|fatal|panic|excep|abort|cannot|can't|could|unable|not |n't|unexp|inval|illegal|unde|miss|denied|refus|reject"
    r"|termin|kill|unkn|must|should|expect|alread|confl|assert|crash|segf|segm|sig[a-z]|core d|memory|space|oom|alloc"
    r"|time|cancel|\*\*|<<<|[✕✗✘✖×●❌⨯]|\[-\]|^ *\d+\) |curl|http|sc\d|pbp|hbox|:\d+:|\(\d+[,)]|e: |^e   |raise|throw|caused|leak|race"
    r"|lock|but |unm|unsa|dirty|lint|format|incorr|malform|violat|forbid|unsup|broken|mism|offens|dubious|shutdown|lost|runner"
    r"|unh|unc|diff|prettier|issue|error|exit|space|limit|nu1|warn\]|^in |no |found|does|disk|token|import|rule|quota|pulling|resol"
)
_TRACE = re.compile(r'\s+(?:at |from |in |\S+:\d+|File "|\.\.\. )|(?:\s*/|\S+/)\S+:\d+(?::in\b.*)?$|at \S')
_SOURCE_LINE = re.compile(r"(?:[A-Za-z]:)?[\w@+./\\-]+\.\w+:\d+$")


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


_rules = Rules()


class _Reading:
    """The lines of one log, each looked at once and only when it is asked for."""

    def __init__(self, texts: Sequence[str], rules: Rules) -> None:
        self.texts = texts
        self._rules = rules
        self._known: dict[int, LineRule | None] = {}

    def rule(self, place: int) -> LineRule | None:
        if place not in self._known:
            self._known[place] = self._rules(self.texts[place])
        return self._known[place]

    def weight(self, place: int) -> int:
        rule = self.rule(place)
        return int(Weight.HINT) - 1 if rule is None else int(rule.weight)

    def is_told(self, place: int) -> bool:
        rule = self.rule(place)
        return rule is not None and rule.weight >= Weight.HINT

    def is_noise(self, place: int) -> bool:
        rule = self.rule(place)
        return rule is not None and rule.weight <= Weight.CONSEQUENCE


def tell(
    lines: Sequence[Line],
    tests: Sequence[LoggedTest] = (),
    *,
    texts: Sequence[str] | None = None,
    limit: int = MAX_TOLD,
    rules: Rules = _rules,
) -> list[Told]:
    """At most `limit` lines, in the order of the log.

    `tests` are what failed in these very lines; `texts` are the lines without a wrapper's prefix.
    """
    reading = _Reading([line.text for line in lines] if texts is None else texts, rules)
    chosen: set[int] = set()
    exits = [place for place in range(max(0, len(lines) - 400), len(lines)) if _is_exit(reading, place)]
    chosen.update(exits[-1:])
    _take_tests(reading, tests, chosen, limit - _KEPT_FOR_OTHERS)
    blocks = _blocks(reading)
    strong = [block for block in blocks if block.weight >= Weight.ERROR]
    end = exits[-1] if exits else len(lines)
    for rank, block in enumerate(strong):
        _take(reading, range(block.start, block.end), chosen, limit, _share(_OF_BLOCKS, rank))
    _take_last(reading, end, chosen, min(limit, len(chosen) + _LAST))
    for block in strong:
        _take(reading, range(block.start, block.end), chosen, limit, _MORE)
    for block in reversed(blocks):
        if block.weight < Weight.ERROR:
            _take(reading, range(block.start, block.end), chosen, limit, 2)
    _take_last(reading, end, chosen, limit)
    return [_told(lines[place], reading.rule(place)) for place in sorted(chosen)]


def _is_exit(reading: _Reading, place: int) -> bool:
    rule = reading.rule(place) if "exit" in reading.texts[place] or "FAIL" in reading.texts[place] else None
    return rule is not None and rule.name == "exit"


def _told(line: Line, rule: LineRule | None) -> Told:
    if rule is None or rule.weight < Weight.HINT:
        return Told(line)
    return Told(line, rule.name, rule.category, int(rule.weight))


def _share(shares: Sequence[int], rank: int) -> int:
    return shares[rank] if rank < len(shares) else 2


def _take(reading: _Reading, part: range, chosen: set[int], limit: int, most: int) -> None:
    """The first lines of a part of the log, `most` of them, as long as there is room."""
    for place in part:
        if len(chosen) >= limit or most <= 0:
            break
        if reading.texts[place].strip() and place not in chosen:
            chosen.add(place)
            most -= 1


def _take_tests(reading: _Reading, tests: Sequence[LoggedTest], chosen: set[int], limit: int) -> None:
    ordered = sorted(tests, key=lambda test: test.first)
    for rank, test in enumerate(ordered):
        _take(reading, range(test.first, test.last + 1), chosen, limit, _share(_OF_TESTS, rank))
    for test in ordered:
        _take(reading, range(test.first, test.last + 1), chosen, limit, limit)


def _take_last(reading: _Reading, end: int, chosen: set[int], limit: int) -> None:
    """What stands before the exit and is no noise."""
    for place in range(end - 1, max(-1, end - 400), -1):
        if len(chosen) >= limit:
            break
        if reading.texts[place].strip() and reading.weight(place) > Weight.NOISE:
            chosen.add(place)


def _blocks(reading: _Reading) -> list[Block]:
    """What rules found, with what belongs to it: the most telling first, of equal ones the first."""
    blocks: list[Block] = []
    for seed in _suspects(reading.texts):
        free = blocks[-1].end if blocks else 0
        if seed >= free and reading.is_told(seed):
            place = _thrown(reading.texts, seed)
            end = _end(reading, place)
            weight = max(reading.weight(at) for at in range(place, min(end, place + 6)))
            blocks.append(Block(_beginning(reading.texts, place, free), end, weight))
    return sorted(blocks, key=lambda block: (-block.weight, block.start))


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
    above = (at for at in range(max(first, place - 5), place) if _SOURCE_LINE.match(texts[at]))
    return next(above, place)


def _end(reading: _Reading, start: int) -> int:
    """Where a block ends: at what is noise, or at a blank line that nothing further to the right follows."""
    texts, place = reading.texts, start + 1
    while place < min(len(texts), start + _MAX_BLOCK):
        if not texts[place].strip():
            onward = next((at for at in range(place, min(len(texts), place + 3)) if texts[at].strip()), None)
            if onward is None or not (
                _indent(texts[onward]) > _indent(texts[start]) or _TRACE.match(texts[onward])
            ):
                break
            place = onward
        elif reading.is_noise(place) and _indent(texts[place]) <= _indent(texts[start]):
            break
        else:
            place += 1
    return place


def _indent(text: str) -> int:
    return len(text) - len(text.lstrip())
