"""The rules of the transformation, compiled once from the settings."""

import difflib
import re
from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from typing import Self

from etl.errors import ConfigurationError
from etl.memo import Memo
from etl.model.evidence import EvidenceLimits
from etl.model.line_rules import RULES as LINE_RULES
from etl.model.results import CaseName
from etl.settings import Settings
from etl.transform.failures.annotated_tests import AnnotatedTests
from etl.transform.failures.categories import CATEGORIES, Categories
from etl.transform.failures.template_rules import RULES
from etl.transform.failures.templates import Templates
from etl.transform.flakes.outage import OutageGuard
from etl.transform.names import MASKS, Masks
from etl.transform.results.identity import KnownTest, known_tests

_NO_SHARD = re.compile(r"(?!)")


@dataclass(frozen=True, slots=True)
class Rules:
    """Rules for masks, templates, categories, tests in annotations, and flake evidence."""

    masks: Masks = field(default_factory=Masks)
    templates: Templates = field(default_factory=Templates)
    annotated_tests: AnnotatedTests = field(default_factory=AnnotatedTests)
    categories: Categories = field(default_factory=Categories)
    shard: re.Pattern[str] = _NO_SHARD
    guard: OutageGuard = field(default_factory=OutageGuard)
    limits: EvidenceLimits = field(default_factory=EvidenceLimits)
    failed_only: bool = False
    tests: Memo[CaseName, KnownTest] = field(init=False)

    def __post_init__(self) -> None:
        """Start with an empty cache of tests."""
        object.__setattr__(self, "tests", known_tests(self.masks))

    @classmethod
    def of(cls, settings: Settings) -> Self:
        """Compile the rules in the settings; raises ConfigurationError for a rule name that does not exist."""
        masks, failures, flakes = settings.masks, settings.failures, settings.flakes
        _require("masks.disabled", masks.disabled, MASKS)
        _require("failures.disabled", failures.disabled, RULES)
        categories = failures.categories
        known = [rule.name for rule in LINE_RULES if rule.category]
        _require("failures.categories.disabled", categories.disabled, known)
        for rule in categories.extra:
            _require("failures.categories.extra", [rule.category], CATEGORIES, what="a category")
        return cls(
            Masks(disabled=masks.disabled, extra=[(rule.pattern, rule.placeholder) for rule in masks.extra]),
            Templates(
                disabled=failures.disabled,
                extra=[(rule.pattern, rule.placeholder) for rule in failures.extra],
            ),
            AnnotatedTests(settings.tests.annotations) if settings.tests.annotations else AnnotatedTests(),
            Categories(categories.disabled, [(rule.pattern, rule.category) for rule in categories.extra]),
            re.compile(flakes.shard, re.IGNORECASE),
            OutageGuard(flakes.outage_share, flakes.outage_min_tests),
            EvidenceLimits(int(flakes.rerun.total_seconds()), int(flakes.same_sha.total_seconds())),
            settings.tests.points == "failed",
        )


def _require(setting: str, names: Iterable[str], known: Collection[str], *, what: str = "a rule") -> None:
    for name in names:
        if name not in known:
            nearest = difflib.get_close_matches(name, known, n=1)
            hint = f"did you mean {nearest[0]!r}?" if nearest else f"there are {', '.join(known)}"
            raise ConfigurationError(f"{setting} names {what} {name!r} that does not exist: {hint}")
