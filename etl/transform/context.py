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
    """An attempt with the tags that its points share, already as tag values.

    `executed_before` has the name keys of jobs that earlier attempts of the run executed; `approvals` when
    jobs waited for an approval, by job id.
    """

    repository: str
    workflow: str
    branch: str
    run: Run
    rules: Rules
    executed_before: frozenset[bytes] = frozenset()
    approvals: Mapping[int, Span] = field(default_factory=dict)


def present(**fields: Any) -> dict[str, FieldValue]:
    """The fields that have a value: None and empty text become absent fields, never zeros."""
    return {name: value for name, value in fields.items() if value is not None and value != ""}
