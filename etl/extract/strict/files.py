"""Report files on disk, by path, pattern or folder; nothing that was named may be missing."""

from collections.abc import Iterable
from glob import glob, has_magic
from pathlib import Path
from typing import Final

from etl.errors import DataError

_SUFFIXES: Final = {".xml", ".json", ".jsonl", ".ndjson"}
_LARGEST: Final = 256 << 20


def found(names: Iterable[str]) -> tuple[list[Path], list[str]]:
    """The files that the names stand for, each once, and a sentence for each name that stands for none."""
    files: dict[Path, Path] = {}
    missing = []
    for name in names:
        own = _files(name)
        if not own:
            missing.append(f"{name}: no such report: did the tests run, and write it there?")
        files |= {path.resolve(): path for path in own}
    return list(files.values()), missing


def content(path: Path) -> bytes:
    """What a file holds; raises DataError where it cannot be read or is too large."""
    try:
        if path.stat().st_size > _LARGEST:
            raise DataError(f"larger than {_LARGEST >> 20} MiB")
        return path.read_bytes()
    except OSError as error:
        raise DataError(f"cannot be read: {error.strerror}") from None


def _files(name: str) -> list[Path]:
    path = Path(name)
    if path.is_dir():
        return sorted(one for one in path.rglob("*") if one.suffix.lower() in _SUFFIXES and one.is_file())
    if path.exists() or path.is_symlink():
        return [path]
    if has_magic(name):
        return sorted(Path(one) for one in glob(name, recursive=True) if Path(one).is_file())  # noqa: PTH207  (absolute ones, too)
    return []
