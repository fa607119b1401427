"""The quarantine file on disk."""

from __future__ import annotations

from typing import TYPE_CHECKING

from etl.errors import ConfigurationError

if TYPE_CHECKING:
    from pathlib import Path

    from etl.quarantine.entry import Quarantine

_LARGEST = 8 << 20


def read(file: Path, *, sealed: bool = True) -> Quarantine:
    """Read a file; raises ConfigurationError if it is missing, unreadable or invalid."""
    from etl.quarantine.parse import parse

    try:
        with file.open("rb") as stream:
            data = stream.read(_LARGEST + 1)
    except FileNotFoundError:
        raise ConfigurationError(
            f"{file}: no such file; `ci-health quarantine propose` writes one, even without entries"
        ) from None
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be read: {error.strerror}") from None
    if len(data) > _LARGEST:
        raise ConfigurationError(f"{file}: larger than {_LARGEST >> 20} MiB")
    try:
        return parse(data.decode(), str(file), sealed=sealed)
    except UnicodeDecodeError:
        raise ConfigurationError(f"{file}: not UTF-8") from None


def write(file: Path, quarantine: Quarantine) -> None:
    """Write a file; raises ConfigurationError if that fails."""
    from etl.quarantine.write import written

    try:
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(written(quarantine), encoding="utf-8", newline="\n")
    except OSError as error:
        raise ConfigurationError(f"{file}: cannot be written: {error.strerror}") from None
