"""Fields and reports of a request, from multipart/form-data (RFC 7578) or JSON; pure."""

import json
from email import message_from_bytes
from email.message import Message
from typing import Any, Final

from etl.errors import DataError
from etl.extract.given_reports import Given

REPORT: Final = "report"
_MOST_PARTS: Final = 1_000

# Fields by name, and the reports.
Form = tuple[dict[str, str], list[Given]]


def form_of(content_type: str, body: bytes) -> Form:
    """What a body of this type holds; raises DataError where it is broken or of another type."""
    header = Message()
    header["Content-Type"] = content_type
    match header.get_content_type():
        case "multipart/form-data":
            boundary = header.get_param("boundary")
            if not isinstance(boundary, str) or not boundary:
                raise DataError("the content type has no boundary")
            return _multipart(boundary.encode("utf-8", "replace"), body)
        case "application/json":
            return _json(body)
        case other:
            raise DataError(f"content type {other!r} is neither multipart/form-data nor application/json")


def _multipart(boundary: bytes, body: bytes) -> Form:
    fields: dict[str, str] = {}
    reports: list[Given] = []
    preamble, *parts = (b"\r\n" + body).split(b"\r\n--" + boundary, _MOST_PARTS + 1)
    if not parts or not parts[-1].startswith(b"--") or preamble.strip():
        raise DataError(f"the body is cut off, no multipart, or has more than {_MOST_PARTS} parts")
    for part in parts[:-1]:
        head, is_whole, content = part.partition(b"\r\n\r\n")
        if not is_whole:
            raise DataError("a part has no content")
        about = message_from_bytes(head.lstrip(b"\r\n"))
        name = about.get_param("name", header="content-disposition")
        if not isinstance(name, str):
            raise DataError("a part has no name")
        if name == REPORT:
            reports.append((about.get_filename() or f"report {len(reports) + 1}", content))
        else:
            _add(fields, name, _text(name, content))
    return fields, reports


def _json(body: bytes) -> Form:
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        raise DataError("the body is no JSON") from None
    if not isinstance(told, dict):
        raise DataError("the body is no JSON object")
    given = told.pop("reports", [])
    if not isinstance(given, list):
        raise DataError("reports is no list")
    reports = [_report(number, one) for number, one in enumerate(given, 1)]
    fields: dict[str, str] = {}
    for name, value in told.items():
        if value is None:
            continue
        if isinstance(value, bool) or not isinstance(value, str | int):
            raise DataError(f"{name[:50]!r} is neither text nor a whole number")
        fields[name] = str(value)
    return fields, reports


def _report(number: int, told: Any) -> Given:
    """A report's content, or an object with its `name` and `content`."""
    name, content = f"report {number}", told
    if isinstance(told, dict):
        name, content = told.get("name", name), told.get("content")
    if not isinstance(content, str) or not isinstance(name, str):
        raise DataError(f"report {number} is neither text nor an object with `name` and `content`")
    return name, content.encode("utf-8", "surrogatepass")


def _add(fields: dict[str, str], name: str, text: str) -> None:
    if name in fields:
        raise DataError(f"{name[:50]!r} is given twice")
    fields[name] = text


def _text(name: str, content: bytes) -> str:
    try:
        return content.decode()
    except UnicodeDecodeError:
        raise DataError(f"{name[:50]!r} is no UTF-8 text") from None
