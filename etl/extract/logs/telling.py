"""The lines that tell what happened: blocks around what the rules find, and what stands before the exit."""

import re
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cache

from etl.extract.logs.line_rules import RULES, LineRule, Weight
from etl.extract.logs.lines import Line

MAX_TOLD = 20
# Lines that a block goes on after the line it was found by, and that stand before it.
_MAX_BLOCK, _MAX_BLOCKS = 40, 200

# A line that no rule can be found in has none of these; most have none.
_SUSPECT = re.compile(
    r"(?i)err|fail|fatal|panic|excep|abort|cannot|can't|could|unable|not |n't|no |unexp|inval|illegal|unde|miss|denied|refus"
    r"|reject|termin|kill|unkn|must|should|expect|alread|confl|warn|assert|crash|segm|sig|core|memory|space|time|limit"
    r"|cancel|\*\*|<<<|✕|✗|✘|✖|×|●|❌|\[-\]|\d\)|exit|curl|http|sc\d|pbp|hbox|:\d+|e:|e  |raise|throw|caused|done|make|ninja|leak|race|lock|conn|but |unm|unsat|unsafe|dirty|linter|reformat|incorr|malform|violat|forbid|unsup|broken|mism|loc|offens|dubious|build|shutdown|lost|runner|unh|unc|diff|prettier|issues"
)


@dataclass(frozen=True, slots=True)
class Told:
    """A line that tells something; `rule` is the name of the rule that found it, empty for its surroundings."""

    line: Line
    rule: str = ""
    category: str = ""


@dataclass(frozen=True, slots=True)
class Block:
    """Lines `start` to `end` (exclusive, places in the sequence) that belong together, and how much they tell."""

    start: int
    end: int
    score: float
