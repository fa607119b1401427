"""Text as a tag value: itself where InfluxDB can hold it, else a unique visible substitute."""

import re
from hashlib import blake2b

LONGEST = 1_000

# What the tag `branch` says of a pull request's run, and of a branch that has no tag of its own.
PULL_REQUEST = "(pull request)"
OTHER_BRANCH = "(other)"
# What the tag `workflow` says of a finding that is of no workflow alone.
ANY = "(any)"

# The character that begins each substitute; doubled if a name contains it, so that substitutes never collide.
_ESCAPE = "␛"

EMPTY = f"{_ESCAPE}(empty)"

# A backslash at the end, or before a space, would escape what follows the value in its line.
_UNSAFE = re.compile(rf"[\x00-\x1f\x7f-\x9f\ud800-\udfff{_ESCAPE}]|\\(?= |$)")


def is_named(branch: str) -> bool:
    """Whether a `branch` tag is that of one branch, not of pull requests or of others together."""
    return branch not in (PULL_REQUEST, OTHER_BRANCH)


def tag_value(name: str) -> str:
    """A name as a tag value: itself where InfluxDB can hold it, else a unique visible substitute."""
    if not name:
        return EMPTY
    if len(name) > LONGEST:
        digest = blake2b(name.encode("utf-8", "surrogatepass"), digest_size=8).hexdigest()
        return f"{_escaped(name[: LONGEST - 50])}{_ESCAPE}#{digest}"
    return _escaped(name)


def _escaped(name: str) -> str:
    return _UNSAFE.sub(_substitute, name)


def _substitute(match: re.Match[str]) -> str:
    character = match.group()
    if character == _ESCAPE:
        return _ESCAPE * 2
    code = ord(character)
    return f"{_ESCAPE}{code:02X}" if code < ord("\u0100") else f"{_ESCAPE}u{code:04X}"
