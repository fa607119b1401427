"""Broken XML made well-formed, where one can tell what was meant; bounded in memory, a piece at a time.

Tools that write XML by hand forget to escape: `&`, `<` and quotes in attributes, `<` in text, HTML's
entities. Scripts put several reports into one file. What is cut off is not made up: it stays open.
"""

import re
from html.entities import html5

from etl.errors import DataError

# Between two documents of one file; XML forbids the character.
NEXT_DOCUMENT = "\x00"

_NAME = re.compile(r"[A-Za-z_][\w.:-]{0,199}")
_ATTRIBUTE = re.compile(r"([A-Za-z_][\w.:-]{0,199})\s{0,99}=\s{0,99}([\"'])")
_END = re.compile(r"</([A-Za-z_][\w.:-]{0,199})\s{0,99}>")
# What a quote that ends a value is followed by, also where the piece ends within it.
_AFTER = re.compile(r"\s{1,99}[A-Za-z_][\w.:-]{0,199}\s{0,99}=\s{0,99}[\"']|\s{0,99}[/?]?>")
_AFTER_CUT = re.compile(r"\s{0,99}(?:[A-Za-z_][\w.:-]{0,199}\s{0,99}=?\s{0,99}|[/?])?\Z")
_REFERENCE = re.compile(
    r"&(?:(amp|lt|gt|quot|apos|#[0-9]{1,7}|#x[0-9a-fA-F]{1,6});|([A-Za-z][A-Za-z0-9]{1,30};))?"
)
_CUT_REFERENCE = re.compile(r"&[#A-Za-z0-9]{0,31}\Z")
_LONGEST_END = 310
_LONGEST_GARBAGE = 100
# What needs more repairs than this is no report.
_MAX_REPAIRS = 10_000
# A tag that is longer than this is looked at again only when twice as much of it is there.
_LONG = 1 << 16

# Elements that hold text, and what else may stand in them: any other tag there is text, such as `List<String>`.
_TEXTS = {
    *("failure", "error", "skipped", "system-out", "system-err", "flakyFailure", "flakyError"),
    *("rerunFailure", "rerunError", "stackTrace"),
}
_IN_TEXTS = {"stackTrace", "system-out", "system-err"}


class Repair:
    """Turns pieces of a document into pieces of well-formed ones; `repairs` counts what was wrong.

    A tag may have `limit` characters at most.
    """

    def __init__(self, limit: int) -> None:
        self.repairs = 0
        self._limit = limit
        self._rest, self._enough = "", 0
        self._open: list[str] = []
        self._documents = 0
        # What ends the comment, instruction or CDATA section that is open.
        self._until = ""
        self._out: list[str] = []

    def feed(self, text: str) -> str:
        """What can be told of the document so far. Raises DataError for a DTD and for what is too large."""
        buffer, at = self._rest + text, 0
        if len(buffer) < self._enough:
            self._rest = buffer
            return ""
        while at < len(buffer):
            following = self._section(buffer, at) if self._until else self._markup(buffer, at)
            if following == at:
                break
            at = following
            if self.repairs > _MAX_REPAIRS:
                raise DataError(f"not well-formed XML in more than {_MAX_REPAIRS} places")
        self._rest = buffer[at:]
        if len(self._rest) > self._limit:
            raise DataError(f"a tag, attribute or comment is larger than {self._limit} characters")
        self._enough = 2 * len(self._rest) if len(self._rest) > _LONG else 0
        out, self._out = "".join(self._out), []
        return out

    def close(self) -> str:
        """The text at the end of a document that is cut off; a tag that is cut off is left out."""
        self._enough = 0
        before = self.feed("")
        rest, self._rest = self._rest, ""
        if rest and not self._until and not rest.startswith("<"):
            self._text(rest)
        out, self._out = "".join(self._out), []
        return before + out

    def _markup(self, buffer: str, at: int) -> int:
        """Read text up to the next tag, or a tag; where that is not complete yet, nothing."""
        tag = buffer.find("<", at)
        if tag < 0:
            cut = _CUT_REFERENCE.search(buffer, max(at, len(buffer) - 32))
            tag = cut.start() if cut else len(buffer)
        if tag > at:
            self._text(buffer[at:tag])
            return tag
        if buffer[at] != "<":
            return at
        if buffer.startswith("</", at):
            return self._end_tag(buffer, at)
        if buffer[at + 1 : at + 2] in {"!", "?", ""}:
            return self._begin_section(buffer, at)
        return self._start_tag(buffer, at)

    def _begin_section(self, buffer: str, at: int) -> int:
        for begins, until in (("<![CDATA[", "]]>"), ("<!--", "-->"), ("<?", "?>")):
            if buffer.startswith(begins, at):
                self._until = until
                self._emit_section(begins)
                return at + len(begins)
            if begins.startswith(buffer[at:]):
                return at
        if buffer[at : at + 9].upper().startswith("<!DOCTYPE"[: len(buffer) - at]):
            raise DataError("has a DTD, which may define entities: refused")
        return self._literal(at)

    def _section(self, buffer: str, at: int) -> int:
        end = buffer.find(self._until, at)
        if end < 0:
            # What ends it may be cut in two.
            end = max(at, len(buffer) - 2)
            self._emit_section(buffer[at:end])
            return end
        end += len(self._until)
        self._emit_section(buffer[at:end])
        self._until = ""
        return end

    def _emit_section(self, text: str) -> None:
        # Comments and instructions are left out: a declaration in the middle is an error.
        if self._until == "]]>" and self._open:
            self._out.append(text)

    def _text(self, text: str) -> None:
        if self._open:
            self.repairs += "]]>" in text
            self._out.append(self._escaped(text).replace(">", "&gt;"))

    def _literal(self, at: int) -> int:
        """A `<` that begins no tag."""
        self.repairs += 1
        if self._open:
            self._out.append("&lt;")
        return at + 1

    def _end_tag(self, buffer: str, at: int) -> int:
        match = _END.match(buffer, at)
        if match is None:
            return at if len(buffer) - at < _LONGEST_END and ">" not in buffer[at:] else self._literal(at)
        name = match[1]
        if name not in self._open:
            self.repairs += 1
            return match.end()
        while (open_one := self._open.pop()) != name:
            self.repairs += 1
            self._out.append(f"</{open_one}>")
        self._out.append(f"</{name}>")
        return match.end()

    def _start_tag(self, buffer: str, at: int) -> int:
        name = _NAME.match(buffer, at + 1)
        if name is None or (self._open and self._open[-1] in _TEXTS and name[0] not in _IN_TEXTS):
            return at if name and name.end() == len(buffer) else self._literal(at)
        attributes: dict[str, str] = {}
        position, garbage = name.end(), 0
        while True:
            while position < len(buffer) and buffer[position].isspace():
                position += 1
            if buffer.startswith((">", "/>"), position):
                break
            if position >= len(buffer) - 1:
                return at
            if buffer[position] == "<" or garbage > _LONGEST_GARBAGE:
                return self._literal(at)
            match = _ATTRIBUTE.match(buffer, position)
            if match is None:
                if len(buffer) - position < _LONGEST_END and ">" not in buffer[position:]:
                    return at
                garbage += 1
                position += 1
                continue
            end = _end_of_value(buffer, match.end(), match[2])
            if end is None:
                return at
            self.repairs += match[1] in attributes
            attributes.setdefault(match[1], buffer[match.end() : end])
            position = end + 1
        self.repairs += garbage > 0
        closes = buffer[position] == "/"
        self._emit_tag(name[0], attributes, closes=closes)
        return position + 1 + closes

    def _emit_tag(self, name: str, attributes: dict[str, str], *, closes: bool) -> None:
        if not self._open:
            if self._documents:
                self._out.append(NEXT_DOCUMENT)
            self._documents += 1
        inside = "".join(f' {key}="{self._value(value)}"' for key, value in attributes.items())
        self._out.append(f"<{name}{inside}{'/' if closes else ''}>")
        if not closes:
            self._open.append(name)

    def _value(self, value: str) -> str:
        if "<" in value or '"' in value:
            self.repairs += 1
        return self._escaped(value).replace("<", "&lt;").replace('"', "&quot;")

    def _escaped(self, text: str) -> str:
        return _REFERENCE.sub(self._reference, text) if "&" in text else text

    def _reference(self, match: re.Match[str]) -> str:
        if match[1]:
            return match[0]
        self.repairs += 1
        meant = html5.get(match[2]) if match[2] else None
        if meant is None:
            return "&amp;" + match[0][1:]
        return "".join(f"&#{ord(character)};" for character in meant)


def _end_of_value(buffer: str, start: int, quote: str) -> int | None:
    """Where the quote is that ends a value: one that an attribute or the tag's end follows; None where it may come yet."""
    end = buffer.find(quote, start)
    while end >= 0:
        if _AFTER.match(buffer, end + 1):
            return end
        if _AFTER_CUT.match(buffer, end + 1):
            return None
        end = buffer.find(quote, end + 1)
    return None
