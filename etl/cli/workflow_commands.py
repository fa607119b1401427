"""Keeps GitHub Actions from executing workflow commands in names from CI that are printed.

The runner reads every line that a step prints, on both streams, and executes what follows `::` if only
whitespace precedes it, or `##[` anywhere (`ActionCommand` in actions/runner).
"""

import io
import os
import re
import sys
from collections.abc import Iterable, Mapping

_COMMAND = re.compile(r"(?<![^\r\n])[^\S\r\n]*:(?=:)|#(?=#\[)")


class _Disarming(io.TextIOWrapper):
    def write(self, text: str, /) -> int:
        super().write(disarmed(text))
        return len(text)

    def command(self, line: str) -> None:
        """Write a command as it is, on a line of its own."""
        super().write(f"\n{line}\n")
        self.flush()


def disarmed(text: str) -> str:
    """The text with a space inserted into each marker of a command."""
    return _COMMAND.sub(r"\g<0> ", text)


def disarm_output(environment: Mapping[str, str] = os.environ) -> None:
    """In a GitHub Actions step, disarm workflow commands on both output streams."""
    if environment.get("GITHUB_ACTIONS") == "true":
        sys.stdout, sys.stderr = (_wrapped(stream) for stream in (sys.stdout, sys.stderr))


def issue(commands: Iterable[str]) -> None:
    """In a GitHub Actions step, print commands for the runner on stderr; elsewhere nothing."""
    stream = sys.stderr
    if isinstance(stream, _Disarming):
        for command in commands:
            stream.command(command)


def _wrapped(stream: object) -> io.TextIOWrapper:
    assert isinstance(stream, io.TextIOWrapper)
    return _Disarming(stream.buffer, stream.encoding, stream.errors, line_buffering=stream.line_buffering)
