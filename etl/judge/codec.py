"""Serializes findings and the judge's memory to bytes, and back."""

import zlib
from collections.abc import Iterable, Mapping
from typing import Any, Final

from pydantic import TypeAdapter, ValidationError

from etl.judge.finding import Finding
from etl.judge.history import Subject
from etl.judge.judge import FLAKES, Read
from etl.judge.times import Changes

# By subject and aspect, as the judge keeps it.
Memory = dict[Any, tuple[str, Any]]

_FINDINGS: Final = TypeAdapter(list[Finding])
_READ: Final = TypeAdapter(list[tuple[Subject, str, Read]])
_CHANGES: Final = TypeAdapter(list[tuple[Subject, str, str, Changes]])
_LEVEL: Final = 1
_SEPARATOR: Final = b"\n"


def findings_to_bytes(findings: Iterable[Finding]) -> bytes:
    """Serialize all reported findings."""
    return zlib.compress(_FINDINGS.dump_json(list(findings)), _LEVEL)


def findings_from_bytes(stored: bytes) -> list[Finding]:
    """The findings given to `findings_to_bytes`; an empty list for empty bytes."""
    return _FINDINGS.validate_json(zlib.decompress(stored)) if stored else []


def memory_to_bytes(memory: Mapping[Any, tuple[str, Any]]) -> bytes:
    """Serialize the result for each series, with the digest of its input."""
    read: list[tuple[Subject, str, Read]] = []
    changes: list[tuple[Subject, str, str, Changes]] = []
    for (subject, aspect), (digest, found) in memory.items():
        if aspect == FLAKES:
            read.append((subject, digest, found))
        else:
            changes.append((subject, aspect, digest, found))
    return zlib.compress(_READ.dump_json(read) + _SEPARATOR + _CHANGES.dump_json(changes), _LEVEL)


def memory_from_bytes(stored: bytes) -> Memory:
    """The memory given to `memory_to_bytes`; empty if another version wrote it, so that all is computed again."""
    try:
        stored_read, stored_changes = zlib.decompress(stored).split(_SEPARATOR)
        memory: Memory = {
            (subject, FLAKES): (digest, found) for subject, digest, found in _READ.validate_json(stored_read)
        }
        memory |= {
            (subject, aspect): (digest, found)
            for subject, aspect, digest, found in _CHANGES.validate_json(stored_changes)
        }
    except (ValidationError, ValueError, zlib.error):
        return {}
    return memory
