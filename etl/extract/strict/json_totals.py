"""Whether a JSON report of Jest, Vitest, CTRF or Mocha holds what its totals say."""

import json
from collections import Counter
from collections.abc import Iterable
from typing import Any, Final

from etl.errors import DataError
from etl.extract.reports import ctrf, jest, mocha
from etl.extract.reports.json_text import items, mapping, text, text_of

_JEST: Final = {"passed", "failed", "pending", "skipped", "todo", "disabled", "focused"}
_CTRF: Final = {"passed", "failed", "skipped", "pending", "other"}


def unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """An object, for `json.loads`; ValueError where a name comes twice."""
    found = dict(pairs)
    if len(found) < len(pairs):
        raise ValueError("a name comes twice in an object")
    return found


def check(data: bytes) -> None:
    """Raise DataError where the report is damaged, contradicts its totals, or has none."""
    try:
        document = json.loads(text_of(data), object_pairs_hook=unique)
    except RecursionError:
        raise DataError("JSON that is nested too deep") from None
    except ValueError as error:
        raise DataError(f"not well-formed JSON: {error}") from None
    if ctrf.is_report(document):
        _check_ctrf(document)
    elif jest.is_report(document):
        _check_jest(document)
    elif mocha.is_report(document):
        _check_mocha(document)
    else:
        raise DataError(
            "JSON that is no report whose completeness can be checked (Jest, Vitest, CTRF, Mocha)"
        )


def _check_jest(document: dict[str, Any]) -> None:
    files = [mapping(file) for file in items(document["testResults"])]
    tests = [mapping(test) for file in files for test in items(file.get("assertionResults"))]
    counted = _counted((text(test.get("status")) for test in tests), _JEST)
    _compare("tests", document.get("numTotalTests"), len(tests))
    _compare("failures", document.get("numFailedTests"), counted["failed"])
    _compare("passes", document.get("numPassedTests"), counted["passed"] + counted["focused"])
    for file in files:
        red = any(mapping(test).get("status") == "failed" for test in items(file.get("assertionResults")))
        if (file.get("status") == "failed") != red:
            raise DataError(f"a failure outside of any test, in {text(file.get('name'))[:200]!r}")
    if document.get("success") is not (counted["failed"] == 0):
        raise DataError("a failure outside of any test: `success` is not what the tests say")
    _need_names(text(test.get("fullName")) for test in tests)


def _check_ctrf(document: dict[str, Any]) -> None:
    results = document["results"]
    tests, summary = [mapping(test) for test in items(results["tests"])], mapping(results.get("summary"))
    counted = _counted((text(test.get("status")) for test in tests), _CTRF)
    _compare("tests", summary.get("tests"), len(tests))
    for status in ("passed", "failed"):
        _compare(f"{status} tests", summary.get(status), counted[status])
    if counted["other"]:
        raise DataError(f"{counted['other']} tests ended neither passed nor failed nor skipped")
    _need_names(text(test.get("name")) for test in tests)


def _check_mocha(document: dict[str, Any]) -> None:
    stats = mapping(document.get("stats"))
    failures, passes = items(document.get("failures")), items(document.get("passes"))
    _compare("tests", stats.get("tests"), len(items(document.get("tests"))))
    _compare("failures", stats.get("failures"), len(failures))
    _compare("passes", stats.get("passes"), len(passes))
    titles = {text(mapping(test).get("fullTitle")) for test in items(document.get("tests"))}
    for failure in map(mapping, failures):
        # A hook's failure is in this list alone.
        if text(failure.get("fullTitle")) not in titles or '" hook' in text(failure.get("title")):
            raise DataError(f"a failure outside of any test: {text(failure.get('fullTitle'))[:200]!r}")
    _need_names(titles)


def _counted(statuses: Iterable[str], known: set[str]) -> Counter[str]:
    counted = Counter(statuses)
    unknown = sorted(set(counted) - known)
    if unknown:
        raise DataError(f"a test has the status {unknown[0][:50]!r}, which nobody knows")
    return counted


def _compare(what: str, claimed: Any, counted: int) -> None:
    if isinstance(claimed, bool) or claimed != counted:
        raise DataError(f"says that it has {str(claimed)[:20]} {what}, and holds {counted}")


def _need_names(names: Iterable[str]) -> None:
    if not all(name.strip() for name in names):
        raise DataError("a test without a name")
