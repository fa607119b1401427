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
    return _json(content, indent=2) + "\n"


def to_csv(view: View, rows: Sequence[Row]) -> str:
    """RFC 4180 with a header; an unknown value is an empty cell, and no cell is a formula."""
    objects = [_plain(view, row) for row in rows]
    keys = list(objects[0]) if objects else list(_keys(view, {}))
    return csv_lines([keys, *([item.get(key) for key in keys] for item in objects)])


def csv_lines(rows: Iterable[Sequence[Any]]) -> str:
    """Rows as CSV: None is an empty cell, a truth value `true` or `false`, and no cell is a formula."""
    buffer = io.StringIO(newline="")
    writer = csv.writer(buffer, lineterminator="\r\n")
    writer.writerows(map(_cell, row) for row in rows)
    return buffer.getvalue()


def json_lines(names: Sequence[str], rows: Iterable[Sequence[Any]]) -> str:
    """A JSON object for each row, in ASCII and each on its own line; numbers that are not finite are null."""
    return "".join(_json(dict(zip(names, map(_finite, row), strict=True))) + "\n" for row in rows)


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


def _json(content: Any, indent: int | None = None) -> str:
    return json.dumps(content, indent=indent, allow_nan=False).replace("##[", "#\\u0023[")


def _finite(value: Any) -> Any:
    return None if isinstance(value, float) and not math.isfinite(value) else value


def _cell(value: Any) -> Any:
    if isinstance(value, bool):
        return "true" if value else "false"
    if not isinstance(value, str):
        return _finite(value)
    return harmless(_FORMULA.sub("'", value))
