"""Answers for programs: JSON and CSV, byte-identical from either store."""

import csv
import io
import json
import math
import re
from collections.abc import Iterable, Sequence
from datetime import datetime
from decimal import Decimal
from typing import Any

from etl.model.writes import Row
from etl.report.formats import Kind, harmless, instant
from etl.report.view import BEFORE, View

# Characters that start a formula in spreadsheets, including full-width forms: at the start of a cell or
# after a semicolon, which separates cells in locales with a decimal comma.
_FORMULA = re.compile(r"^(?=[=+\-@\t\r\n＝＋－＠])|(?<=;)(?=[=+\-@＝＋－＠])")  # noqa: RUF001


def to_json(view: View, rows: Sequence[Row]) -> str:
    """A list of objects, or one object for a single answer; ASCII, with a newline at the end.

    `##[`, which GitHub Actions would execute, is escaped without changing the parsed values.
    """
    objects = [_plain(view, row) for row in rows]
    content = (objects[0] if objects else _plain(view, {})) if view.single else objects
    return json.dumps(content, indent=2, allow_nan=False).replace("##[", "#\\u0023[") + "\n"


def to_csv(view: View, rows: Sequence[Row]) -> str:
    """RFC 4180 with a header; an unknown value is an empty cell, and no cell is a formula."""
    objects = [_plain(view, row) for row in rows]
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    keys = list(objects[0]) if objects else list(_keys(view, {}))
    writer.writerow(keys)
    writer.writerows([_cell(item.get(key)) for key in keys] for item in objects)
    return buffer.getvalue()


def _plain(view: View, row: Row) -> dict[str, Any]:
    """The row with the view's keys first, in their order, and values that JSON can represent."""
    kinds = {column.key: column.kind for column in view.columns}
    return {key: _value(row.get(key), kinds.get(key.removesuffix(BEFORE))) for key in _keys(view, row)}


def _keys(view: View, row: Row) -> Iterable[str]:
    suffixes = ("", BEFORE) if view.single else ("",)
    own = [column.key + suffix for column in view.columns for suffix in suffixes]
    return dict.fromkeys([*own, *sorted(row)])


def _value(value: Any, kind: Kind | None) -> Any:
    """Convert numbers to the kind's type, because stores return 3 or 3.0, which print differently."""
    if isinstance(value, int | float | Decimal) and not isinstance(value, bool):
        return _number(value, kind)
    if kind is Kind.TIME or isinstance(value, datetime):
        moment = instant(value)
        return value if moment is None else f"{moment:%Y-%m-%dT%H:%M:%SZ}"
    return value


def _number(value: float | Decimal, kind: Kind | None) -> float | None:
    if not math.isfinite(value):
        return None
    if kind is Kind.COUNT or (isinstance(value, int) and not (kind and kind.is_number)):
        return int(value)
    return round(float(value), 6) + 0.0  # no negative zero


def _cell(value: Any) -> Any:
    if not isinstance(value, str):
        return value
    return harmless(_FORMULA.sub("'", value))
