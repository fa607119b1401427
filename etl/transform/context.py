"""What every point of one attempt of a run shares."""

from dataclasses import dataclass
from typing import Any

from etl.model.points import FieldValue
from etl.model.records import Run
from etl.transform.rules import Rules


@dataclass(frozen=True, slots=True)
class Context:
    """An attempt with the tags that its points share: values are ready to be written.

    `executed_before` has the jobs that earlier attempts of the run executed, by the keys of their names.
    """

    repository: str
    workflow: str
    branch: str
    run: Run
    rules: Rules
    executed_before: frozenset[bytes] = frozenset()


def present(**fields: Any) -> dict[str, FieldValue]:
    """Fields that are known: None and empty text are absent fields, never zeros."""
    return {name: value for name, value in fields.items() if value is not None and value != ""}
