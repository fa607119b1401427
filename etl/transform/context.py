"""What every point of one attempt of a run shares."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from etl.model.approvals import Span
from etl.model.points import FieldValue
from etl.model.records import Run
from etl.transform.rules import Rules


@dataclass(frozen=True, slots=True)
class Context:
    """An attempt with the tags that its points share: values are ready to be written.

    `executed_before` has the jobs that earlier attempts of the run executed, by the keys of their names;
    `approvals` when jobs waited for an approval, by their ids.
    """

    repository: str
    workflow: str
    branch: str
    run: Run
    rules: Rules
    executed_before: frozenset[bytes] = frozenset()
    approvals: Mapping[int, Span] = field(default_factory=dict)


def present(**fields: Any) -> dict[str, FieldValue]:
    """Fields that are known: None and empty text are absent fields, never zeros."""
    return {name: value for name, value in fields.items() if value is not None and value != ""}
