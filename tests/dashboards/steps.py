"""What the last steps of a panel's query leave of its question's answer, done by hand to the embedded store's."""

import re
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from dashboards.flux import chosen
from etl.queries import QUESTIONS
from etl.queries.question import MATCHERS, Question

Rows = list[dict[str, Any]]
Shown = Counter[tuple[tuple[str, Any], ...]]

_COMPARISONS = {
    "==": lambda a, b: str(a or "") == b.strip('"'),
    ">=": lambda a, b: a >= int(b),
}


@dataclass(frozen=True)
class Asked:
    """A query of a panel or rule: a question of the catalogue, and steps after it."""

    flux: str

    @cached_property
    def question(self) -> Question:
        """The question that its first line names."""
        (found,) = [
            one for one in QUESTIONS.values() if self.flux.startswith(one.flux.splitlines()[0] + "\n")
        ]
        return found

    @cached_property
    def steps(self) -> str:
        """What comes after the question's own text."""
        own = self.question.flux_after().partition("\ncounted = ")[2]
        head, found, steps = self.flux.partition(own)
        assert head
        assert found
        return steps

    @property
    def most(self) -> int | None:
        """How many rows it lets through."""
        found = re.search(r"limit\(n: (\d+)\)", self.steps)
        return int(found[1]) if found else None

    def parameters(self, values: Mapping[str, str]) -> dict[str, Any]:
        """What the embedded store is to be asked with where these single values are chosen."""
        given: dict[str, Any] = {
            name: values[name]
            for name in self.question.filters
            if name in values and f"{MATCHERS[name]} = {chosen(name)}\n" in self.flux
        }
        if "branches = /^[^(]/\n" in self.flux:
            given["branch"] = "main"
        if found := re.search(r"^most_rows = (\d+)$", self.flux, re.MULTILINE):
            given["most_rows"] = int(found[1])
        if "with_tests = false\n" in self.flux:
            given["with_tests"] = False
        if found := re.search(r'^kinds = "(.*)"$', self.flux, re.MULTILINE):
            given["kinds"] = found[1]
        return given

    def left(self, rows: Rows, values: Mapping[str, str]) -> Rows:
        """Rows of the answer that the steps' filters leave."""
        for name, operator, value in re.findall(r'\br\.(\w+) (==|>=) ("\w*"|\d+)', self.steps):
            rows = [row for row in rows if _COMPARISONS[operator](row[name], value)]
        for name, value in re.findall(r'=> r\.(\w+) != "(\w*)"\)', self.steps):
            rows = [row for row in rows if row[name] != value]
        for missing, name in re.findall(r"(not )?exists r\.(\w+)\)? *\)?$", self.steps, re.MULTILINE):
            rows = [row for row in rows if (row[name] is None) == bool(missing)]
        for name in ("job", "test"):
            if f"r.{name} =~ {MATCHERS[name]}" in self.steps and name in values:
                rows = [row for row in rows if row[name] == values[name]]
        return rows

    def shown(self, rows: Rows) -> Shown:
        """Rows of the answer as the panel has them: renamed, without the columns that it does not keep."""
        if value := re.search(r"_value: r\.(\w+)", self.steps):
            names = {"_time": "time", **{name: name for name in self._kept}, "_value": value[1]}
            if "|> sum()" in self.steps:
                return self._summed(rows, value[1])
            return Counter(tuple((new, row[old]) for new, old in names.items()) for row in rows)
        return Counter(tuple((name, row[name]) for name in self._kept) for row in rows)

    def found(self, rows: Rows) -> Shown:
        """Rows as InfluxDB gave them, in the same form."""
        types = {column.name: column for column in self.question.columns}
        if value := re.search(r"_value: r\.(\w+)", self.steps):
            types |= {"_time": types["time"], "_value": types[value[1]]}
            names = ["_time", *([] if "|> sum()" in self.steps else self._kept), "_value"]
        else:
            names = self._kept
        return Counter(tuple((name, types[name].normalised(row.get(name))) for name in names) for row in rows)

    @property
    def _kept(self) -> list[str]:
        """Columns of the question that the panel keeps as they are."""
        changed = re.findall(r"\{r with\s+(\w+):", self.steps)
        if "_value: r." in self.steps:
            kept = re.findall(r"\b(\w+): r\.\1\b", self.steps)
        else:
            (columns,) = re.findall(r"keep\(columns: \[(.*?)\]\)", self.steps)
            kept = re.findall(r'"(\w+)"', columns)
        known = {column.name for column in self.question.columns}
        return [name for name in kept if name in known and name not in changed]

    def _summed(self, rows: Rows, value: str) -> Shown:
        sums: Counter[Any] = Counter()
        for row in rows:
            sums[row["time"]] += row[value]
        return Counter((("_time", time), ("_value", total)) for time, total in sums.items())
