"""The results of one JUnit report: which of them are of one test, and which of its results stands for it."""

from collections import Counter, defaultdict
from collections.abc import Sequence
from sys import getsizeof

from etl.extract import bazel
from etl.extract.junit_case import short
from etl.extract.junit_retries import join_retries
from etl.extract.junit_suite import Suite
from etl.extract.junit_writers import Repeats
from etl.model.results import CaseName, Result


class Results:
    """Results in the report's order, each with the suite that it stands in."""

    def __init__(self) -> None:
        self._results: list[Result] = []
        self._suites: list[Suite] = []
        # Of few results: the class, a classname that says nothing, and that there is no name, so that nothing
        # repeats it.
        self._classes: dict[int, str] = {}
        self._classnames: dict[int, str] = {}
        self._unnamed: set[int] = set()

    def __len__(self) -> int:
        return len(self._results)

    def add(self, result: Result, suite: Suite, attributes: dict[str, str]) -> None:
        """A result, and the attributes of its case (none where it stands in no case)."""
        get, case = attributes.get, result.case
        if get("name") != case.name or get("classname") != case.suite or "class" in attributes:
            self._add_told(len(self._results), case, attributes)
        self._results.append(result)
        self._suites.append(suite)

    def tell_last(self, printed: str) -> int:
        """Say why the last result failed where only its suite's output says so; how many bytes that takes more."""
        last = self._results[-1]
        told = bazel.reason(last.message, printed) if last.is_red else ""
        if not told:
            return 0
        self._results[-1] = last._replace(message=told)
        return getsizeof(told) - getsizeof(last.message)

    def _add_told(self, place: int, case: CaseName, attributes: dict[str, str]) -> None:
        """What the name of a result leaves out of what its case says."""
        get = attributes.get
        classname, name = get("classname"), get("name")
        if "class" in attributes:
            self._classes[place] = attributes["class"]
        if classname and classname.strip() != case.suite:
            self._classnames[place] = classname
        if not name or name.isspace():
            self._unnamed.add(place)

    def joined(self) -> list[Result]:
        """All of them, tests of equal names told apart, and the attempts of one test as one result."""
        names = [result.case for result in self._results]
        if len(set(names)) == len(names):
            return self._results
        times = Counter(names)
        repeated: dict[CaseName, list[int]] = defaultdict(list)
        for place, name in enumerate(names):
            if times[name] > 1 and place not in self._unnamed:
                repeated[name].append(place)
        groups: dict[tuple[object, ...], list[int]] = defaultdict(list)
        for places in repeated.values():
            for place in places:
                groups[self._identity(place)].append(place)
            self._tell_apart(places)
        return self._without_retries([group for group in groups.values() if len(group) > 1])

    def _tell_apart(self, places: Sequence[int]) -> None:
        """Where equal names are of different classes, files or suites, that is the suite of each."""
        results, suites = self._results, self._suites
        suite = results[places[0]].case.suite
        candidates = [
            [self._classes.get(place, "") for place in places],
            [results[place].path for place in places],
        ]
        if all(suites[place].around.name == suite for place in places):
            candidates.append([suites[place].around.names for place in places])
        for told in candidates:
            if len(set(told)) > 1:
                for place, name in zip(places, told, strict=True):
                    case = results[place].case
                    results[place] = results[place]._replace(
                        case=CaseName(short(name) or case.suite, case.name)
                    )
                return

    def _identity(self, place: int) -> tuple[object, ...]:
        """All that tells a test apart within a report, whatever it is called."""
        result = self._results[place]
        told = (self._classnames.get(place), self._classes.get(place), result.path)
        return id(self._suites[place]), result.case, *told

    def _without_retries(self, groups: Sequence[list[int]]) -> list[Result]:
        """The results, with one for all attempts of a test within its suite."""
        in_suite: dict[int, list[list[int]]] = defaultdict(list)
        for group in groups:
            in_suite[id(self._suites[group[0]])].append(group)
        kept: dict[int, list[Result]] = {}
        for suite_groups in in_suite.values():
            around = self._suites[suite_groups[0][0]]
            # Cases right inside of `<testsuites>` are of all files: node writes those so.
            repeats = Repeats.SEPARATE if around.is_root else around.writer.repeats
            results = [[self._results[place] for place in group] for group in suite_groups]
            for group, joined in zip(suite_groups, join_retries(results, repeats), strict=True):
                kept |= {place: [] for place in group[1:]} | {group[0]: joined}
        return [result for place, own in enumerate(self._results) for result in kept.get(place, [own])]
