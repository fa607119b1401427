"""What a failing log has that a passing one of the same job has not: its errors and what belongs to them."""

import re
from collections.abc import Collection, Sequence

from etl.extract.logs.blocks import Rules, default_rules
from etl.extract.logs.lines import likeness
from etl.model.line_rules import Weight
from etl.model.logs import Line

_TRACE = re.compile(r"\s+(?:at |from |in |\S+:\d+|File \"|\.\.\. \d+ (?:more|elided))|Caused by: ")
_LABEL = re.compile(r"\[?(?:ERROR|FATAL|SEVERE|error|E)\]?(?=[\s:]|$)")


def new_lines(failing: Sequence[Line], passing: Collection[str], rules: Rules | None = None) -> list[Line]:
    """Errors that no line of the passing log is like, with the lines that belong to them.

    `passing` are the likenesses of the passing log's lines. Where no new line is an error, these are the
    new lines that sound like one; else all that are new.
    """
    rules = rules or default_rules()
    new = {
        place
        for place, line in enumerate(failing)
        if line.text.strip() and likeness(line.text) not in passing
    }
    found = {place: rules(failing[place].text) for place in new}
    weights = {place: Weight.HINT - 1 if rule is None else rule.weight for place, rule in found.items()}
    for least in (Weight.ERROR, Weight.HINT):
        seeds = [place for place in sorted(new) if weights[place] >= least]
        if seeds:
            return [failing[place] for place in _with_belongings(failing, seeds, new, rules)]
    return [failing[place] for place in sorted(new) if found[place] is None]


def _with_belongings(lines: Sequence[Line], seeds: Sequence[int], new: set[int], rules: Rules) -> list[int]:
    kept: list[int] = []
    for seed in seeds:
        if not kept or seed > kept[-1]:
            kept.extend(range(seed, _end(lines, seed, new, rules)))
    return kept


def _end(lines: Sequence[Line], seed: int, new: set[int], rules: Rules) -> int:
    """After the last line that belongs to an error: stack, label of an error, or new and no noise."""
    end = place = seed + 1
    while place < len(lines):
        text = lines[place].text
        if _belongs(text, place, new, rules):
            end = place + 1
        elif text.strip() or place - end > 1:
            break
        place += 1
    return end


def _belongs(text: str, place: int, new: set[int], rules: Rules) -> bool:
    if _TRACE.match(text) or _LABEL.match(text):
        return True
    rule = rules(text) if place in new else None
    return place in new and (rule is None or rule.weight > Weight.CONSEQUENCE)
