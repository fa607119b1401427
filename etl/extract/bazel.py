"""What Bazel adds to JUnit: files of their own for a target's earlier attempts, and reports that it makes itself.

The last attempt of a target is `test.xml`, each one that failed before it `test_attempts/attempt_N.xml` beside
it. Of a test that writes no report, Bazel writes one with the target as its only case; why it failed stands in
what the suite printed. Seen in files of Bazel 4.2.3.
"""

import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import count

from etl.model.results import CaseName, Outcome, Result

_ATTEMPT = re.compile(r"(?P<target>.*?)/?test_attempts/attempt_(?P<number>[0-9]{1,6})\.xml(?:\.gz)?")
_LAST = re.compile(r"(?P<target>.*?)/?test\.xml(?:\.gz)?")
_EXIT = re.compile(r"exited with error code [0-9]+")
# The end of the name of a target's shard, and of its folder's path; a folder may be of one of several runs.
_SHARD = re.compile(r"_shard_[0-9]+/[0-9]+\Z")
_PART = re.compile(r"(?:\A|/)(?:shard_[0-9]+_of_[0-9]+)?_?(?:run_[0-9]+_of_[0-9]+)?\Z")
# What stands before a test's own output in the log that Bazel makes of it.
_PREAMBLE = re.compile(r"\A.*^-{60,}$", re.DOTALL | re.MULTILINE)


def reason(message: str, printed: str) -> str:
    """Why a target failed: what it printed, where its report's message is Bazel's own, which tells the exit code."""
    return _PREAMBLE.sub("", printed).strip() if _EXIT.fullmatch(message) else ""


class SeparateAttempts:
    """Takes earlier attempts out of an artifact's results, and joins them with the last ones at the end."""

    def __init__(self, results: list[Result]) -> None:
        self._results = results
        self._earlier: dict[str, list[tuple[int, list[Result]]]] = defaultdict(list)
        # Where the results of each last attempt stand among all.
        self._last: dict[str, tuple[int, int]] = {}

    @contextmanager
    def file(self, name: str) -> Iterator[None]:
        """Within this context the results of the file of this name are added to the artifact's."""
        before = len(self._results)
        path = name.replace("\\", "/")
        try:
            yield
        finally:
            if (attempt := _ATTEMPT.fullmatch(path)) is not None:
                own = self._results[before:]
                del self._results[before:]
                self._earlier[attempt["target"]].append((int(attempt["number"]), own))
            elif (last := _LAST.fullmatch(path)) is not None:
                self._last[last["target"]] = (before, len(self._results))

    def join(self) -> None:
        """Make one result of all attempts of a test."""
        end = len(self._results)
        places = {target: self._last.get(target, (end, end)) for target in self._earlier}
        # From the end, so that the places before stay what they are.
        for target in sorted(places, key=places.__getitem__, reverse=True):
            first, after = places[target]
            attempts = [own for _, own in sorted(self._earlier[target], key=lambda numbered: numbered[0])]
            self._results[first:after] = joined([*attempts, self._results[first:after]], target)


def joined(attempts: Sequence[Sequence[Result]], target: str) -> list[Result]:
    """The results of a target's attempts, the last of them last: one for each test.

    A test is what it came to in its last attempt, and healed where it failed before and passed then. One
    that the last attempt does not name keeps what it came to, unless that attempt passed and one of the two
    tells of the target as a whole, as Bazel does for tests that crash.
    """
    tests: dict[tuple[CaseName, int], list[Result]] = {}
    for attempt in attempts:
        times: dict[CaseName, Iterator[int]] = defaultdict(count)
        for result in attempt:
            tests.setdefault((result.case, next(times[result.case])), []).append(result)
    last = attempts[-1]
    passed = bool(last) and not any(result.is_red for result in last)
    tells_of_all = all(_is_target(result.name, target) for result in last)
    return [
        _one(results, healed=passed and (tells_of_all or _is_target(results[-1].name, target)))
        for results in tests.values()
    ]


def _is_target(name: str, folder: str) -> bool:
    """Whether a case is called as the target that its folder is named after."""
    name, folder = f"/{_SHARD.sub('', name)}", f"/{_PART.sub('', folder)}"
    return name.endswith(folder) or folder.endswith(name)


def _one(results: Sequence[Result], *, healed: bool) -> Result:
    ran = [result for result in results if result.outcome is not Outcome.SKIPPED] or results
    *earlier, last = ran
    red = [result.message for result in earlier if result.is_red]
    if healed and last.is_red:
        return last._replace(outcome=Outcome.PASSED, message="", retried_message=last.message)
    if red and last.outcome is Outcome.PASSED:
        return last._replace(retried_message=red[-1])
    return last
