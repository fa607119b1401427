"""XML from strangers as a stream of elements: no DTD, no entities, bounded in depth and memory.

The bytes are decoded here and handed to expat as UTF-8, so that every encoding that Python knows is
read, and what XML forbids but tools write (control characters, above all) is replaced, not refused.
"""

import codecs
import re
import sys
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import NoReturn
from xml.parsers import expat

from etl.errors import DataError
from etl.extract.xml_repair import NEXT_DOCUMENT, Repair

_PIECE = 1 << 16
_HEAD = 1024

_BOMS = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
    (b"<\0\0\0", "utf-32-le"),
    (b"\0\0\0<", "utf-32-be"),
    (b"<\0", "utf-16-le"),
    (b"\0<", "utf-16-be"),
)
_DECLARED = re.compile(rb"""^\s*<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z0-9._:-]{1,40})["']""")
# Python calls these text, but no XML is written in them; some take quadratic time.
_NO_XML = {"idna", "punycode", "undefined", "unicode-escape", "raw-unicode-escape", "utf-7", "utf7"}

_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff\ud800-\udfff]")
# The bytes of them that stand alone, and with which the others begin.
_CONTROLS = bytes({*range(0x20)} - {*b"\t\n\r"})
_SUSPICIOUS = (b"\xed", b"\xef\xbf")
_REFERENCE = re.compile("&#(?:x([0-9a-fA-F]{1,10})|([0-9]{1,10}));")
_CUT_REFERENCE = re.compile("&(?:#(?:x?[0-9a-fA-F]{0,10})?)?$")
_REPLACEMENT = "\N{REPLACEMENT CHARACTER}"


@dataclass(frozen=True, slots=True)
class XmlLimits:
    """Bounds of a document: bytes of one tag or comment, distinct names of elements and attributes."""

    token: int = 4 << 20
    names: int = 10_000


class NotWellFormedError(DataError):
    """Not XML, or broken: it may be read again and repaired."""


class XmlStream:
    """Feeds a document to `start(tag, attributes)` and `end(tag)`; `local` takes a namespace's prefix from a tag.

    `collect` takes a function for the text that follows, None to pass over it. `doctype` is called with the
    root's name where there is a DTD, which is refused then.
    """

    def __init__(
        self,
        start: Callable[[str, dict[str, str]], None],
        end: Callable[[str], None],
        limits: XmlLimits,
        doctype: Callable[[str], None] = lambda _root: None,
    ) -> None:
        self._handlers = (start, end, doctype)
        self._limits = limits
        self._open_document()

    def _open_document(self) -> None:
        start, end, doctype = self._handlers
        self._fed = 0
        self._parser = parser = expat.ParserCreate("utf-8")
        parser.buffer_text = True
        parser.buffer_size = _PIECE
        # Straight to who asks: a step between them would be a tenth of the time of a report.
        parser.StartElementHandler = start
        parser.EndElementHandler = end
        parser.StartDoctypeDeclHandler = lambda root, *_: (doctype(root), _refuse_dtd())

    def feed(self, chunks: Iterable[bytes], *, repair: Repair | None = None) -> None:
        """Parse it all, with `repair` what is broken and more than one root.

        Raises DataError with the reason for whatever cannot or must not be read, NotWellFormedError where
        reading it again with `repair` may help.
        """
        try:
            for text in _texts(_pieces(chunks)):
                self._feed(text if repair is None else repair.feed(text))
            if repair is not None:
                self._feed(repair.close())
            self._parser.Parse(b"", True)
        except expat.ExpatError as error:
            raise NotWellFormedError(
                f"not well-formed XML: {expat.ErrorString(error.code)} in line {error.lineno}, column {error.offset + 1}"
            ) from None
        finally:
            self._release()

    def _feed(self, text: str) -> None:
        document, *more = text.split(NEXT_DOCUMENT)
        self._parse(document)
        for document in more:
            self._parser.Parse(b"", True)
            self._release()
            self._open_document()
            self._parse(document)

    def _parse(self, text: str) -> None:
        data = text.encode("utf-8", "surrogatepass")
        self._parser.Parse(data)
        self._fed += len(data)
        self._check()

    def collect(self, text: Callable[[str], None] | None) -> None:
        """Hand the following character data to this function."""
        self._parser.CharacterDataHandler = text

    def _check(self) -> None:
        # expat holds a tag until it is complete, and every name it ever saw.
        if self._fed - self._parser.CurrentByteIndex > self._limits.token:
            raise DataError(f"a tag, attribute or comment is larger than {self._limits.token} bytes")
        if len(self._parser.intern) > self._limits.names:
            raise DataError(f"more than {self._limits.names} different names of elements and attributes")

    def _release(self) -> None:
        # The parser and its handlers refer to each other: let go of its buffers now, not at some collection.
        self._parser.StartElementHandler = self._parser.EndElementHandler = None
        self._parser.CharacterDataHandler = None


def local(tag: str) -> str:
    """A tag without its namespace's prefix."""
    return tag.rpartition(":")[2]


def _refuse_dtd() -> NoReturn:
    raise DataError("has a DTD, which may define entities: refused")


def _pieces(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """The same bytes in pieces that are worth a call and no larger than one; the first holds the declaration."""
    rest = b""
    for chunk in chunks:
        rest += chunk[:_HEAD]
        if len(rest) < _HEAD:
            continue
        yield rest
        yield from (chunk[at : at + _PIECE] for at in range(_HEAD, len(chunk), _PIECE))
        rest = b""
    if rest:
        yield rest


def _texts(pieces: Iterator[bytes]) -> Iterator[str]:
    """The document, without what XML forbids."""
    head = next(pieces, b"")
    if not head.strip():
        raise DataError("empty")
    decode = _decoder(head).decode
    try:
        # Blanks before the declaration are an error to expat.
        held = decode(head).lstrip()
        for piece in pieces:
            text, held = _split(held)
            yield _clean(text)
            held += decode(piece)
        yield _clean(held + decode(b"", final=True))
    except UnicodeError as error:
        raise DataError(f"cannot be decoded: {error}") from None


def _decoder(head: bytes) -> codecs.IncrementalDecoder:
    """For the encoding that the first bytes show, else the one declared, else UTF-8."""
    encoding = _encoding(head)
    try:
        # Not every codec makes text: this refuses zlib and its like.
        "<".encode(encoding)
        return codecs.getincrementaldecoder(encoding)("replace")
    except (LookupError, UnicodeError):
        raise DataError(f"unknown encoding {encoding!r}") from None


def _encoding(head: bytes) -> str:
    for mark, encoding in _BOMS:
        if head.startswith(mark):
            return encoding
    match = _DECLARED.match(head)
    declared = match[1].decode().lower() if match else "utf-8"
    if declared.replace("_", "-") in _NO_XML:
        raise DataError(f"unknown encoding {declared!r}")
    # The declaration could be read as ASCII, so it's wrong: .NET writes this into UTF-8.
    return "utf-8" if declared.startswith(("utf-16", "utf-32", "ucs-2", "ucs-4")) else declared


def _split(text: str) -> tuple[str, str]:
    """The text, and the reference that the piece's end has cut, to be read with the next piece."""
    match = _CUT_REFERENCE.search(text, max(0, len(text) - 14))
    return (text[: match.start()], match[0]) if match else (text, "")


def _clean(text: str) -> str:
    if _is_clean(text):
        return text
    text = _FORBIDDEN.sub(_REPLACEMENT, text)
    return _REFERENCE.sub(_reference, text)


def _is_clean(text: str) -> bool:
    """Whether nothing is to be replaced; false for some texts more. Five times as fast as looking for it."""
    data = text.encode("utf-8", "surrogatepass")
    if len(data.translate(None, _CONTROLS)) < len(data) or "&#" in text:
        return False
    return text.isascii() or not any(start in data for start in _SUSPICIOUS)


def _reference(match: re.Match[str]) -> str:
    code = int(match[1], 16) if match[1] else int(match[2])
    allowed = 0 < code <= sys.maxunicode and not _FORBIDDEN.match(chr(code))
    return match[0] if allowed else _REPLACEMENT
