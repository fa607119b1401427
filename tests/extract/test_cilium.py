"""Real reports, read a second time by other means."""

from collections import Counter
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from etl.model.results import Outcome
from tests.extract.reports import read

REPORTS = sorted((Path(__file__).parents[3] / "shared/data/cilium-junit").glob("*.xml"))
RED = {"failure": Outcome.FAILED, "error": Outcome.ERROR, "skipped": Outcome.SKIPPED}


@pytest.mark.skipif(not REPORTS, reason="cilium's reports are not here")
def test_reports_are_there():
    assert len(REPORTS) == 9


@pytest.mark.parametrize("path", REPORTS, ids=lambda path: path.stem)
def test_counts_and_names_equal_an_independent_reading(path):
    results = read(path.read_bytes())
    # ElementTree is safe on files that we brought ourselves.
    cases = list(ET.parse(path).iter("testcase"))  # noqa: S314
    outcomes = [
        next((RED[child.tag] for child in case if child.tag in RED), Outcome.PASSED) for case in cases
    ]
    assert len(results) == len(cases)
    assert Counter(result.outcome for result in results) == Counter(outcomes)
    assert [(r.suite, r.name, r.outcome) for r in results] == [
        (case.get("classname"), case.get("name"), outcome)
        for case, outcome in zip(cases, outcomes, strict=True)
    ]
    assert {r.name for r in results if r.outcome.is_red} == {
        case.get("name")
        for case in cases
        if case.find("failure") is not None or case.find("error") is not None
    }
    assert all(result.message for result in results if result.outcome.is_red)
