"""What an organisation is like: drawn anew for each seed, from wide ranges, so that no table fits it by itself."""

from dataclasses import dataclass, field
from math import exp, log
from random import Random
from typing import Final

from etl.judge.history import Level, Subject

REPOSITORY: Final = "acme/rocket"
WORKFLOW: Final = "CI"
# What machinery says, and of which category that is.
MACHINERY: Final = (
    ("network", 0.4), ("infrastructure", 0.2), ("timeout", 0.1), ("disk", 0.08), ("out_of_memory", 0.08),
    ("dependency", 0.09), ("credentials", 0.05),
)  # fmt: skip
_GENERIC: Final = 6


@dataclass(frozen=True, slots=True)
class Flaking:
    """How a job or test flakes: its rate, and the messages it fails with."""

    rate: float
    messages: tuple[str, ...]
    category: str


@dataclass(frozen=True, slots=True)
class Nature:
    """Chances and frequencies of an organisation; those in days are means."""

    commits_a_day: float
    requests_a_day: float
    pushes: float
    change_breaks: float
    break_days: float
    repair_days: float
    outage_days: float
    outage_hours: float
    outage_hits: float
    upstream_days: float
    machinery: float
    says_nothing: float
    miscategorised: float
    says_known: float
    rerun: float
    has_path: float
    touched: float
    touched_by_chance: float
    authors: int
    stacked: float


@dataclass(frozen=True, slots=True)
class Organisation:
    """Its jobs, tests and flakes, and what happens to them how often."""

    nature: Nature
    variants: tuple[str, ...]
    tests: int
    integration: tuple[str, ...]
    flakes: dict[Subject, Flaking] = field(default_factory=dict)

    @property
    def jobs(self) -> tuple[str, ...]:
        """The jobs of a run."""
        return ("lint", "build", *self.variants, *self.integration)

    def test(self, variant: str, number: int) -> Subject:
        """One of the tests."""
        return Subject(REPOSITORY, Level.TEST, WORKFLOW, variant, "suite", f"test {number}")


def job(name: str) -> Subject:
    """A job."""
    return Subject(REPOSITORY, Level.JOB, WORKFLOW, name)


def likely(random: Random, chance: float) -> bool:
    """True with this chance."""
    return random.random() < chance


def generic(random: Random) -> str:
    """A message that many causes have."""
    return f"generic {min(int(random.expovariate(0.7)), _GENERIC)}"


def drawn(random: Random) -> Organisation:
    """An organisation."""
    variants = tuple(f"unit ({name})" for name in ("3.11", "3.12", "3.13", "3.14")[: random.randint(1, 4)])
    integration = tuple(f"cluster {number}" for number in range(random.randint(2, 6)))
    tests = round(exp(random.uniform(log(80), log(2_000))))
    found = Organisation(_nature(random), variants, tests, integration)
    share = exp(random.uniform(log(0.005), log(0.05)))
    for number in range(tests):
        if likely(random, share):
            flaking = _flaking(random, f"flake {number}", 0.002, 0.35, "test")
            # Some flake on one variant alone.
            hit = variants if likely(random, 0.7) else (random.choice(variants),)
            found.flakes.update((found.test(variant, number), flaking) for variant in hit)
    for name in integration:
        if likely(random, 0.7):
            category = random.choice(("test", "test", "timeout", "network", "unknown"))
            found.flakes[job(name)] = _flaking(random, f"flake {name}", 0.003, 0.15, category)
    return found


def _flaking(random: Random, name: str, low: float, high: float, category: str) -> Flaking:
    messages = tuple(
        generic(random) if likely(random, 0.3) else f"{name} {place}" for place in range(random.randint(1, 3))
    )
    return Flaking(exp(random.uniform(log(low), log(high))), messages, category)


def _nature(random: Random) -> Nature:
    between = random.uniform
    return Nature(
        commits_a_day=between(6, 24),
        requests_a_day=between(5, 14),
        pushes=between(1.5, 4),
        change_breaks=between(0.08, 0.35),
        break_days=between(4, 20),
        repair_days=between(0.1, 1.2),
        outage_days=between(5, 20),
        outage_hours=between(0.7, 5),
        outage_hits=between(0.15, 0.9),
        upstream_days=between(10, 40),
        machinery=exp(between(log(0.0005), log(0.01))),
        says_nothing=between(0, 0.25),
        miscategorised=between(0.02, 0.25),
        says_known=between(0.05, 0.3),
        rerun=between(0.1, 0.5),
        has_path=between(0.2, 0.9),
        touched=between(0.3, 0.7),
        touched_by_chance=between(0.005, 0.08),
        authors=random.randint(3, 20),
        stacked=between(0, 0.1),
    )
