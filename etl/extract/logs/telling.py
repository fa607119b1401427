"""The lines that tell what happened: of failing tests, of what rules know, and those before the exit."""

from collections.abc import Sequence
from itertools import pairwise

from etl.extract.logs.blocks import Reading, Rules, blocks, default_rules, distinct
from etl.model.line_rules import LineRule, Weight
from etl.model.logs import Line, LoggedTest, Told

MAX_TOLD = 20

# Lines of the first block, of the second, and so on: of failing tests, and of others.
_OF_TESTS, _OF_BLOCKS = (16, 4, 3, 2), (6, 6, 4, 4)
_KEPT_FOR_OTHERS = 2
# Lines that stand last before the exit, and how far a block goes on while there is room.
_LAST, _MORE = 2, 14
# Lines before the end among which the exit is looked for, and what stands before it.
_NEAR_END = 400
# Rules of what a tool says where a command that it had called failed: what stands above explains why.
_FOOTERS = frozenset({"npm-footer", "yarn-footer", "maven-footer", "gradle-footer", "make", "ninja", "exit"})


def tell(
    lines: Sequence[Line],
    tests: Sequence[LoggedTest] = (),
    *,
    texts: Sequence[str] | None = None,
    limit: int = MAX_TOLD,
    rules: Rules | None = None,
) -> list[Told]:
    """At most `limit` lines, in the order of the log.

    `tests` are what failed in these very lines; `texts` are the lines without a wrapper's prefix.
    """
    reading = Reading([line.text for line in lines] if texts is None else texts, rules or default_rules())
    chosen: set[int] = set()
    exits = [place for place in range(max(0, len(lines) - _NEAR_END), len(lines)) if _is_exit(reading, place)]
    chosen.update(exits[-1:])
    _take_tests(reading, tests, chosen, limit - _KEPT_FOR_OTHERS)
    found = blocks(reading)
    strong, repeated = distinct(reading, [block for block in found if block.weight >= Weight.ERROR])
    end = exits[-1] if exits else len(lines)
    for rank, block in enumerate(strong):
        _take(reading, range(block.start, block.end), chosen, limit, _share(_OF_BLOCKS, rank))
    for place in _given_up(reading, end):
        _take_last(reading, place, chosen, min(limit, len(chosen) + 1))
    _take_last(reading, end, chosen, min(limit, len(chosen) + _LAST))
    for block in [*strong, *repeated]:
        _take(reading, range(block.start, block.end), chosen, limit, _MORE)
    for block in reversed(found):
        if block.weight < Weight.ERROR:
            _take(reading, range(block.start, block.end), chosen, limit, 2)
    _take_last(reading, end, chosen, limit)
    return [_told(lines[place], reading.rule(place)) for place in sorted(chosen)]


def _is_exit(reading: Reading, place: int) -> bool:
    rule = reading.rule(place) if "exit" in reading.texts[place] or "FAIL" in reading.texts[place] else None
    return rule is not None and rule.name == "exit"


def _given_up(reading: Reading, end: int) -> list[int]:
    """Where a tool began to say that what it had called failed: the last three such places before the exit."""
    written = [place for place in range(max(0, end - _NEAR_END), end) if reading.texts[place].strip()]
    return [
        place
        for above, place in pairwise(written)
        if _is_footer(reading, place) and not _is_footer(reading, above)
    ][-3:]


def _is_footer(reading: Reading, place: int) -> bool:
    rule = reading.rule(place)
    return rule is not None and rule.name in _FOOTERS


def _told(line: Line, rule: LineRule | None) -> Told:
    if rule is None or rule.weight < Weight.HINT:
        return Told(line)
    return Told(line, rule.name, rule.category, int(rule.weight))


def _share(shares: Sequence[int], rank: int) -> int:
    return shares[rank] if rank < len(shares) else 2


def _take(reading: Reading, part: range, chosen: set[int], limit: int, most: int) -> None:
    """The first lines of a part of the log, `most` of them, as long as there is room."""
    for place in part:
        if len(chosen) >= limit or most <= 0:
            break
        if reading.texts[place].strip() and place not in chosen:
            chosen.add(place)
            most -= 1


def _take_tests(reading: Reading, tests: Sequence[LoggedTest], chosen: set[int], limit: int) -> None:
    ordered = sorted(tests, key=lambda test: test.first)
    for rank, test in enumerate(ordered):
        _take(reading, range(test.first, test.last + 1), chosen, limit, _share(_OF_TESTS, rank))
    for test in ordered:
        _take(reading, range(test.first, test.last + 1), chosen, limit, limit)


def _take_last(reading: Reading, end: int, chosen: set[int], limit: int) -> None:
    """What stands before the exit and is no noise."""
    for place in range(end - 1, max(-1, end - _NEAR_END), -1):
        if len(chosen) >= limit:
            break
        if reading.texts[place].strip() and reading.weight(place) > Weight.NOISE:
            chosen.add(place)
