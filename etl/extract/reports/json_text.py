"""JSON from strangers: bounded in size, depth and memory; whole, or an object a line."""

import codecs
import json
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import Any, Final

from etl.errors import DataError
from etl.extract.reports.sink import Sink

# Characters of a line; longer ones are output of tests, of which the beginning is nothing without its end.
_LONGEST_LINE: Final = 4 << 20
# Bytes that Python takes for an object, an array and any other value, roughly.
_OBJECT, _ARRAY, _VALUE = 250, 90, 60


def text_of(data: bytes) -> str:
    """Text in UTF-8, or in what its first bytes say."""
    for mark, encoding in ((codecs.BOM_UTF16_LE, "utf-16"), (codecs.BOM_UTF16_BE, "utf-16")):
        if data.startswith(mark):
            return data.decode(encoding, "replace")
    return data.decode("utf-8-sig", "replace")


@contextmanager
def read_document(chunks: Iterable[bytes], sink: Sink) -> Iterator[Any]:
    """A whole document, which counts as held as long as it is open."""
    data = bytearray()
    for chunk in chunks:
        data += chunk
        if 3 * len(data) > sink.limits.held:
            break
    size = 3 * len(data) + _OBJECT * data.count(b"{") + _ARRAY * data.count(b"[") + _VALUE * data.count(b",")
    if sink.content.held + size > sink.limits.held:
        sink.content.needed = sink.content.held + size
        raise DataError(
            f"JSON that takes more than {sink.limits.held} bytes of memory: it is left out (tests.largest_run)"
        )
    sink.content.held += size
    try:
        yield parsed(text_of(bytes(data)))
    finally:
        sink.content.held -= size


def parsed(text: str) -> Any:
    """A JSON value; raises DataError for what is none, or nested too deep."""
    try:
        return json.loads(text)
    except RecursionError:
        raise DataError("JSON that is nested too deep") from None
    except ValueError as error:
        raise DataError(f"not well-formed JSON: {error}") from None


def decoded_lines(chunks: Iterable[bytes]) -> Iterator[str]:
    """Lines without their ends. Raises DataError for one that is too long."""
    decoder: codecs.IncrementalDecoder | None = None
    rest = ""
    for chunk in chunks:
        if decoder is None:
            wide = chunk.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
            decoder = codecs.getincrementaldecoder("utf-16" if wide else "utf-8-sig")("replace")
        *lines, rest = (rest + decoder.decode(chunk)).split("\n")
        yield from (line.rstrip("\r") for line in lines)
        if len(rest) > _LONGEST_LINE:
            raise DataError(f"a line is longer than {_LONGEST_LINE} characters")
    if rest:
        yield rest.rstrip("\r")


def objects(lines: Iterable[str]) -> Iterator[dict[str, Any]]:
    """Objects that stand on a line each; other lines, such as a compiler's, are passed over."""
    for line in lines:
        found = _object(line)
        if found is not None:
            yield found


def first_objects(head: str, most: int = 20) -> list[dict[str, Any]]:
    """The objects that are on the first lines, each on its own."""
    found = (_object(line) for line in head.splitlines()[: 10 * most])
    return [one for one in found if one is not None][:most]


def _object(line: str) -> dict[str, Any] | None:
    if not line.lstrip().startswith("{"):
        return None
    try:
        value = json.loads(line)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None


def text(value: Any) -> str:
    """A string; the empty one for anything else."""
    return value if isinstance(value, str) else ""


def number(value: Any) -> float | None:
    """A number; None for anything else."""
    try:
        return float(value) if isinstance(value, int | float) and not isinstance(value, bool) else None
    except OverflowError:
        return None


def items(value: Any) -> list[Any]:
    """A list; an empty one for anything else."""
    return value if isinstance(value, list) else []


def mapping(value: Any) -> dict[str, Any]:
    """An object; an empty one for anything else."""
    return value if isinstance(value, dict) else {}


def milliseconds(value: Any) -> float | None:
    """Seconds of a number of milliseconds."""
    known = number(value)
    return None if known is None else known / 1000
