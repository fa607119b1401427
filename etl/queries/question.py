"""A question: its parameters, columns and order, and its query text for each store."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from math import inf
from typing import Any, Final

from etl.errors import ConfigurationError
from etl.model.schema import COUNTED
from etl.queries.columns import Column

Row = dict[str, Any]

GITHUB: Final = "https://github.com"

# Names of the expressions that match names in a question's Flux, by parameter.
MATCHERS: Final = {
    "repository": "repositories",
    "workflow": "workflows",
    "job": "jobs_asked",
    "branch": "branches",
    "test": "tests_asked",
    "category": "categories_asked",
}
# Parameters that every question accepts; a question ignores those that do not apply to it.
USUAL: Final = ("repository", "workflow", "branch")
WITH_JOB: Final = (*USUAL, "job")
_EXACTLY: Final = (
    'exactly = (name) => regexp.compile(v: if name == "" then "" else "^" + regexp.quoteMeta(v: name) + "$")'
)


@dataclass(frozen=True)
class Question:
    """A question; both stores return `columns`, in the total order given by `order`.

    `order` has column names; with a leading `-` the greatest number comes first. `options` are the
    additional parameters with their defaults. The answer to a `single` question is one row. `text` names
    the files of the query where it is another question's, with other defaults.
    """

    name: str
    doc: str
    columns: tuple[Column, ...]
    order: tuple[str, ...] = ()
    options: Mapping[str, Any] | None = None
    filters: tuple[str, ...] = USUAL
    single: bool = False
    text: str = ""

    @cached_property
    def flux(self) -> str:
        """The query for InfluxDB, which takes its parameters as `extern` options."""
        return self.flux_after(
            _EXACTLY, *(f"{MATCHERS[name]} = exactly(name: {name})" for name in self.filters)
        )

    def flux_after(self, *assignments: str) -> str:
        """The question's own Flux after these assignments, which must define all its parameters.

        These are `bucket`, `start`, `stop`, the options, and regular expressions named as in MATCHERS.
        """
        lines = self._text("flux").splitlines()
        imports = sorted({'import "regexp"', *(line for line in lines if line.startswith("import "))})
        body = [line for line in lines if not line.startswith("import ")]
        counted = f"counted = /^({'|'.join(COUNTED)})$/"
        first = f"// {self.name}: {body[0].removeprefix('// ')}" if self.text else body[0]
        return "\n".join((first, *imports, "", *assignments, counted, *body[1:])) + "\n"

    @cached_property
    def sql(self) -> str:
        """The query for DuckDB."""
        return self._text("sql")

    def _text(self, language: str) -> str:
        return files("etl.queries").joinpath(f"{self.text or self.name}.{language}").read_text("utf-8")

    def bound(self, parameters: Mapping[str, Any]) -> dict[str, Any]:
        """All parameters of the question, with defaults for those that are not given.

        Raises ConfigurationError for an unknown parameter, or if `start` or `stop` is missing.
        """
        defaults = {**dict.fromkeys(self.filters, ""), **(self.options or {})}
        known = {"start", "stop", *USUAL, *defaults}
        if not {"start", "stop"} <= parameters.keys() <= known:
            raise ConfigurationError(
                f"question {self.name!r} takes start, stop and {sorted(known - {'start', 'stop'})}, "
                f"not {sorted(parameters)}"
            )
        names = ("start", "stop", *defaults)
        return {name: parameters.get(name, defaults.get(name)) for name in names}

    def normalised(self, rows: Iterable[Mapping[str, Any]]) -> list[Row]:
        """Rows in the form common to all stores: only the columns, plain values, in the total order."""
        answer = [{c.name: c.normalised(row.get(c.name)) for c in self.columns} for row in rows]
        if self.single and not answer:
            answer = [{c.name: c.normalised(None) for c in self.columns}]
        return sorted(answer, key=self._rank)

    def _rank(self, row: Row) -> tuple[Any, ...]:
        return tuple(_place(row[name.removeprefix("-")], name.startswith("-")) for name in self.order)


def _place(value: Any, greatest_first: bool) -> Any:
    """The sort key of a value: unknown values come last."""
    if greatest_first:
        return inf if value is None else -value
    return "" if value is None else value
