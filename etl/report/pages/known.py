"""What has a page of its own in the report: the most important things of each kind. Pure functions."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

from etl.model.writes import Row
from etl.report.addresses import FAILURE, JOB, TEST, WORKFLOW, Key, key_of
from etl.report.rank import least_reliable, most_common, most_failing

# Things beyond these have no page: the report of an organisation stays a few megabytes.
MOST: Final = {WORKFLOW: 500, JOB: 2_000, TEST: 10_000, FAILURE: 500}


@dataclass(frozen=True)
class Known:
    """The things with a page, the most important of each kind first, and how many of each were left out.

    `several` is whether they are of several repositories.
    """

    keys: Mapping[Key, Row]
    several: bool
    left_out: Mapping[str, int]

    def link(self, row: Row) -> int | None:
        """The place of the page of what a row is about; None if it has none."""
        key = key_of(row)
        return None if key is None else self._places.get(key)

    @cached_property
    def _places(self) -> Mapping[Key, int]:
        places = {key: place for place, key in enumerate(self.keys)}
        return {**{other: places[key] for other, key in self._otherwise_named.items()}, **places}

    @cached_property
    def _otherwise_named(self) -> Mapping[Key, Key]:
        """Tests by their suite and name in one, as durations have them, and by name alone, as messages do."""
        found: dict[Key, Key] = {}
        for key in self.keys:
            if key[0] == TEST:
                _, repository, workflow, suite, test = key
                found.setdefault((TEST, repository, workflow, "", test), key)
                found[TEST, repository, workflow, "", f"{suite}::{test}"] = key
        return found


def known(answers: Mapping[str, Sequence[Row]]) -> Known:
    """What has a page, by the answers of a report."""
    flaky = answers.get("flaky", ())
    found = {
        WORKFLOW: _keys(WORKFLOW, _reliable(answers.get("workflows", ()))),
        JOB: _keys(JOB, _reliable(answers.get("jobs", ()))),
        # Those that flake first: what failed most often is often one outage.
        TEST: _keys(TEST, [*flaky, *most_failing(answers.get("tests", ()))]),
        FAILURE: _keys(FAILURE, most_common(answers.get("failures", ()))),
    }
    kept = {key: row for kind, own in found.items() for key, row in list(own.items())[: MOST[kind]]}
    left_out = {kind: max(0, len(own) - MOST[kind]) for kind, own in found.items()}
    return Known(kept, len({key[1] for key in kept}) > 1, left_out)


def _reliable(rows: Sequence[Row]) -> list[Row]:
    """The least reliable first, then those of which nothing counts."""
    return [*least_reliable(rows), *(row for row in rows if row["success_rate"] is None)]


def _keys(kind: str, rows: Iterable[Row]) -> dict[Key, Row]:
    found: dict[Key, Row] = {}
    for row in rows:
        key = key_of(row)
        if key is not None and key[0] == kind:
            found.setdefault(key, row)
    return found
