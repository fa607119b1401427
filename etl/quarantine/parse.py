"""A strict parser of the quarantine file: every mistake is an error with its line, nothing is guessed."""

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import yaml

from etl.errors import ConfigurationError
from etl.quarantine.entry import LONGEST_DAYS, VERSION, Entry, Quarantine

_TOP: Final = ("version", "min_tests", "seal", "entries")
_NEEDED: Final = ("suite", "test", "reason", "evidence", "since", "expires", "seal")
_OPTIONAL: Final = ("owner",)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_NUMBER: Final = re.compile(r"[1-9]\d{0,8}", re.ASCII)
_RESEAL: Final = "`ci-health quarantine seal` after a change by hand"


class QuarantineError(ConfigurationError):
    """The file is invalid; has a sentence for each mistake."""


def parse(text: str, file: str, *, sealed: bool = True) -> Quarantine:
    """Parse the text of a quarantine file; `file` is its name for errors. Seals are checked only if `sealed`.

    Raises QuarantineError with a sentence for each mistake.
    """
    return _Parser(file, sealed).parse(text)


@dataclass(slots=True)
class _Parser:
    file: str
    sealed: bool
    errors: list[str] = field(default_factory=list)

    def parse(self, text: str) -> Quarantine:
        try:
            _refuse_references(text)
            root = yaml.compose(text, Loader=yaml.SafeLoader)
        except (yaml.YAMLError, ValueError, RecursionError) as error:
            raise QuarantineError(f"{self.file}: no valid YAML: {_one_line(error)}") from None
        if root is None:
            raise QuarantineError(f"{self.file}: empty; `ci-health quarantine propose` writes one")
        read = self._read(root)
        if self.errors:
            raise QuarantineError("\n".join(self.errors))
        return read

    def _read(self, root: yaml.Node) -> Quarantine:
        top = self._mapping(root, "the file", _TOP, () if self.sealed else ("seal",))
        version, least = self._text(top, "version"), self._text(top, "min_tests")
        if "version" in top and version != str(VERSION):
            self._tell(top["version"], f"version is {version[:20]!r}, and {VERSION} is what can be read")
        if "min_tests" in top and not _NUMBER.fullmatch(least):
            self._tell(top["min_tests"], f"min_tests is {least[:20]!r}, not a whole number from 1 up")
            least = "1"
        entries, lines = self._entries(top.get("entries"))
        read = Quarantine(tuple(entries), int(least or "1"), lines)
        if self.sealed and "seal" in top and self._text(top, "seal") != read.seal:
            self._tell(top["seal"], f"the seal does not fit version and min_tests: {_RESEAL}")
        return read

    def _entries(self, node: yaml.Node | None) -> tuple[list[Entry], dict[tuple[str, str], int]]:
        if node is None:
            return [], {}
        if not isinstance(node, yaml.SequenceNode):
            self._tell(node, "entries is no list; `entries: []` is one without an entry")
            return [], {}
        entries: list[Entry] = []
        lines: dict[tuple[str, str], int] = {}
        for number, item in enumerate(node.value, 1):
            entry = self._entry(item, f"entry {number}")
            if entry is None:
                continue
            if entry.name in lines:
                self._tell(item, f"entry {number} names the same test as the one in line {lines[entry.name]}")
            lines.setdefault(entry.name, _line(item))
            entries.append(entry)
        return entries, lines

    def _entry(self, node: yaml.Node, what: str) -> Entry | None:
        before = len(self.errors)
        fields = self._mapping(node, what, _NEEDED, _OPTIONAL if self.sealed else (*_OPTIONAL, "seal"))
        texts = {name: self._text(fields, name) for name in fields}
        for name in ("suite", "test", "reason", "evidence"):
            if name in texts and (not texts[name].strip() or not texts[name].isprintable()):
                self._tell(fields[name], f"{what}: {name} is empty or not one line of printable text")
        days = {
            name: self._day(fields[name], texts[name], f"{what}: {name}")
            for name in ("since", "expires")
            if name in texts
        }
        since, expires = days.get("since"), days.get("expires")
        if len(self.errors) > before or since is None or expires is None:
            return None
        if not 0 <= (expires - since).days <= LONGEST_DAYS:
            self._tell(node, f"{what}: expires is not within {LONGEST_DAYS} days after since")
        entry = Entry(
            texts["suite"],
            texts["test"],
            since,
            expires,
            texts["reason"],
            texts["evidence"],
            texts.get("owner", ""),
        )
        if self.sealed and texts["seal"] != entry.seal:
            self._tell(
                fields["seal"], f"{what}: the seal does not fit suite, test, since and expires: {_RESEAL}"
            )
        return entry

    def _mapping(
        self, node: yaml.Node, what: str, known: tuple[str, ...], optional: tuple[str, ...]
    ) -> dict[str, yaml.Node]:
        if not isinstance(node, yaml.MappingNode):
            self._tell(node, f"{what} is no mapping of names to values")
            return {}
        found: dict[str, yaml.Node] = {}
        for key, value in node.value:
            name = key.value if isinstance(key, yaml.ScalarNode) else "?"
            if name not in (*known, *optional):
                self._tell(
                    key, f"{what} has {name[:40]!r}, which is none of {', '.join((*known, *optional))}"
                )
            elif name in found:
                self._tell(key, f"{what} has {name} twice")
            else:
                found[name] = value
        for name in known:
            if name not in found and name not in optional:
                self._tell(node, f"{what} has no {name}" + (f": {_RESEAL}" if name == "seal" else ""))
        return found

    def _text(self, fields: dict[str, yaml.Node], name: str) -> str:
        node = fields.get(name)
        if node is None:
            return ""
        if isinstance(node, yaml.ScalarNode):
            return str(node.value)
        self._tell(node, f"{name} is no text")
        return ""

    def _day(self, node: yaml.Node, text: str, what: str) -> date | None:
        try:
            if _DAY.fullmatch(text):
                return date.fromisoformat(text)
        except ValueError:
            pass
        self._tell(node, f"{what} is {text[:20]!r}, not a day such as 2026-01-31")
        return None

    def _tell(self, node: yaml.Node, sentence: str) -> None:
        self.errors.append(f"{self.file}, line {_line(node)}: {_one_line(sentence)}")


def _refuse_references(text: str) -> None:
    """Refuse YAML anchors, which would let an entry reuse another, and tags, which change the type of text."""
    for event in _events(text):
        if isinstance(event, yaml.AliasEvent) or getattr(event, "anchor", None) or _has_tag(event):
            raise ValueError(
                f"line {event.start_mark.line + 1 if event.start_mark else 1} has an anchor, alias or tag"
            )


def _events(text: str) -> Iterator[yaml.Event]:
    yield from yaml.parse(text, Loader=yaml.SafeLoader)


def _has_tag(event: yaml.Event) -> bool:
    return getattr(event, "tag", None) is not None


def _line(node: yaml.Node) -> int:
    return node.start_mark.line + 1 if node.start_mark else 1


def _one_line(what: object) -> str:
    return " ".join(str(what).split())
