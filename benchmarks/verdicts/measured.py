"""Worlds judged, and what that gives: figures with their bars, beside the references."""

from collections.abc import Iterable

from benchmarks.judgements.figure import Figure, share
from benchmarks.verdicts.cases import cases
from benchmarks.verdicts.references import drci, fails_on_base
from benchmarks.verdicts.scores import Reference, Scores, off
from benchmarks.verdicts.world import World
from etl.verdict.verdict import verdict_on

_BASE, _DRCI = "fails on the base, too", "Dr. CI's rules"


def judged(seeds: Iterable[int], days: int = 30) -> tuple[Scores, dict[str, Reference]]:
    """All red runs of the organisations of these seeds, by us and by the references."""
    scores = Scores()
    references = {_BASE: Reference(), _DRCI: Reference()}
    for seed in seeds:
        for case in cases(World(seed, days), seed):
            scores.add(case, verdict_on(case.run, case.known))
            references[_BASE].add(case, fails_on_base(case))
            references[_DRCI].add(case, drci(case))
    return scores, references


def figures(seeds: Iterable[int], days: int = 30) -> list[Figure]:
    """What is asked of verdicts."""
    scores, references = judged(seeds, days)
    name = "verdicts"
    found = [
        Figure(name, "red runs", scores.runs, scores.runs),
        share(name, "own breakage called not yours", scores.own_missed, scores.own, 0.01),
        share(name, "runs with own breakage called not yours", scores.runs_missed, scores.runs_own, 0.01),
        share(name, "failures decided", scores.decided, scores.failures, 0.8, at_least=True),
        share(name, "runs decided", scores.runs_decided, scores.runs, 0.8, at_least=True),
        share(name, "decided rightly, down to the cause", scores.right, scores.decided),
        share(name, "others' failures called yours", scores.blamed, scores.others),
        Figure(name, "probability that it is yours, off by", off(scores.yours), scores.failures, 0.05),
        Figure(name, "probability of the call, off by", off(scores.called), scores.decided, 0.05),
        Figure(name, "probability that a run is yours, off by", off(scores.runs_yours), scores.runs, 0.05),
    ]
    for other, counts in references.items():
        found += [
            share(other, "own breakage called not yours", counts.own_missed, counts.own),
            share(other, "others' failures called yours", counts.blamed, counts.others),
        ]
    return found
