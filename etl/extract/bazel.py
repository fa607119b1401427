"""What Bazel adds to JUnit: a file for each earlier attempt of a target, and reports of its own.

The last attempt of a target is `test.xml`; each one that failed before it is `test_attempts/attempt_N.xml` beside
it. For a test that writes no report, Bazel writes one whose only case is the target; the reason is in what the
suite printed. Seen in files of Bazel 4.2.3.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count
from typing import NamedTuple

from etl.extract.junit_retries import last_of
from etl.model.results import CaseName, Outcome, Result

_ATTEMPT = re.compile(r"(?:(?P<target>.*)/)?test_attempts/attempt_(?P<number>[0-9]{1,6})\.xml(?:\.gz)?")
_LAST = re.compile(r"(?:(?P<target>.*)/)?test\.xml(?:\.gz)?")
# The end of the name of a target's shard, and of its folder's path; a folder may be of one of several runs.
_SHARD = re.compile(r"_shard_[0-9]+/[0-9]+\Z")
_PART = re.compile(r"(?:\A|/)(?:shard_[0-9]+_of_[0-9]+)?_?(?:run_[0-9]+_of_[0-9]+)?\Z")
_EXIT = re.compile(r"exited with error code [0-9]+")
# What Bazel puts before a test's own output.
_PREAMBLE = re.compile(
    r"\A\s*(?:Generated test\.log[^\n]*\n)?(?:exec \$\{PAGER[^\n]*\n)?Executing tests from [^\n]*\n-{60,}(?:\n|\Z)"
)


def reason(message: str, printed: str) -> str:
    """What a target printed, where its message is Bazel's own, which says no more than the exit code."""
    return _PREAMBLE.sub("", printed).strip() if _EXIT.fullmatch(message) else ""


class _Last(NamedTuple):
    """Where the results of a target's last attempt stand among all, and whether its file was read to the end."""

    first: int
    after: int
    is_whole: bool


class SeparateAttempts:
    """Takes earlier attempts out of an artifact's results, and joins them with the last ones at the end."""

    def __init__(self, results: list[Result]) -> None:
        self._results = results
        self._earlier: dict[str, list[tuple[int, list[Result]]]] = defaultdict(list)
        self._last: dict[str, _Last] = {}

    @contextmanager
    def file(self, name: str) -> Iterator[None]:
        """Within this context the results of the file of this name are added to the artifact's."""
        before, path = len(self._results), name.replace("\\", "/")
        is_whole = False
        try:
            yield
            is_whole = True
        finally:
            if (attempt := _ATTEMPT.fullmatch(path)) is not None:
                own = self._results[before:]
                del self._results[before:]
                self._earlier[attempt["target"] or ""].append((int(attempt["number"]), own))
            elif (last := _LAST.fullmatch(path)) is not None:
                self._last[last["target"] or ""] = _Last(before, len(self._results), is_whole)

    def join(self) -> None:
        """Make one result of all attempts of a test."""
        end = len(self._results)
        last = {target: self._last.get(target, _Last(end, end, False)) for target in self._earlier}
        # From the end, so that the places before stay what they are.
        for target in sorted(last, key=last.__getitem__, reverse=True):
            first, after, is_whole = last[target]
            attempts = [own for _, own in sorted(self._earlier[target], key=lambda numbered: numbered[0])]
            attempts.append(self._results[first:after])
            self._results[first:after] = joined(attempts, target, is_whole=is_whole)


def joined(attempts: Sequence[Sequence[Result]], target: str, *, is_whole: bool = True) -> list[Result]:
    """One result for each test of a target's attempts, the last of which comes last.

    A test is what it came to in the last attempt in which it ran, and healed if it failed before and passed
    then. A failure that the last attempt does not name stays, unless that attempt passed as a whole and
    either of the two is Bazel's own report of the target: for tests that crash it has no other.
    """
    tests: dict[tuple[CaseName, int], list[tuple[Result, bool]]] = {}
    for attempt in attempts:
        of_target = _is_of_target(attempt, target)
        times: dict[CaseName, Iterator[int]] = defaultdict(count)
        for result in attempt:
            tests.setdefault((result.case, next(times[result.case])), []).append((result, of_target))
    last = attempts[-1]
    passed = is_whole and bool(last) and not any(result.is_red for result in last)
    last_of_target = _is_of_target(last, target)
    return [
        _one([result for result, _ in told], healed=passed and (last_of_target or told[-1][1]))
        for told in tests.values()
    ]


def _is_of_target(attempt: Sequence[Result], folder: str) -> bool:
    """Whether an attempt's report is Bazel's own: its only case and suite are called as the folder's target."""
    if len(attempt) != 1 or attempt[0].suite != attempt[0].name:
        return False
    name, folder = f"/{_SHARD.sub('', attempt[0].name)}", f"/{_PART.sub('', folder)}"
    return name.endswith(folder) or folder.endswith(name)


def _one(results: Sequence[Result], *, healed: bool) -> Result:
    ran = [result for result in results if result.outcome is not Outcome.SKIPPED] or results
    last = last_of(ran)._replace(attempts=())
    if healed and last.is_red:
        return last._replace(outcome=Outcome.PASSED, message="", retried_message=last.message)
    return last
