"""Annotations in a log: the commands `::error …::` by which steps report them, since Gitea keeps no annotations.

Source: GitHub docs, "Workflow commands": properties and messages have `%`, CR and LF escaped, properties also
`:` and `,`.
"""

import re
from typing import Final

from etl.model.records import Annotation

# Of a job; GitHub keeps ten errors of a step.
_MOST: Final = 50
_LONGEST: Final = 64 * 1024
_COMMAND: Final = re.compile(
    r"(?:\ufeff?\d{4}-\d\d-\d\dT\S{1,40} )?[ \t]{0,100}::(error|warning|notice)(?: ([^\n]{0,2000}?))?::(.*)"
)
_LEVELS: Final = {"error": "failure", "warning": "warning", "notice": "notice"}
_ESCAPES: Final = (("%0D", "\r"), ("%0A", "\n"), ("%3A", ":"), ("%2C", ","), ("%25", "%"))


class Commands:
    """Takes a log in pieces, and keeps the annotations in it."""

    def __init__(self) -> None:
        self.annotations: list[Annotation] = []
        self._rest = b""

    def restart(self) -> None:
        """Forget what came."""
        self.annotations, self._rest = [], b""

    def write(self, chunk: bytes) -> None:
        """Take the next bytes."""
        *lines, self._rest = (self._rest + chunk).split(b"\n")
        # Of an endless line the beginning tells whether it is a command.
        self._rest = self._rest[:_LONGEST]
        for line in lines:
            self._take(line)

    def finish(self) -> list[Annotation]:
        """The annotations, in the log's order."""
        self._take(self._rest)
        self._rest = b""
        return self.annotations

    def _take(self, line: bytes) -> None:
        if b"::" not in line[:100] or len(self.annotations) >= _MOST:
            return
        found = _COMMAND.match(line[:_LONGEST].decode("utf-8", "replace").rstrip("\r"))
        if found is None:
            return
        properties = dict(_property(item) for item in (found[2] or "").split(","))
        line_number = properties.get("line", "")
        self.annotations.append(
            Annotation(
                level=_LEVELS[found[1]],
                message=_plain(found[3]),
                title=properties.get("title", ""),
                path=properties.get("file", ""),
                line=int(line_number) if re.fullmatch(r"[0-9]{1,9}", line_number) else None,
            )
        )


def _property(text: str) -> tuple[str, str]:
    name, _, value = text.partition("=")
    return name.strip(), _plain(value)


def _plain(text: str) -> str:
    for escape, sign in _ESCAPES:
        text = text.replace(escape, sign)
    return text
