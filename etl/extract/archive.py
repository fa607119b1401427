"""Test reports out of an artifact as it comes: a zip, a gzip or bare XML, read as streams, never extracted.

Nothing that an archive says of itself is believed: what counts are the bytes that come out of it.
"""

import struct
import zipfile
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from itertools import chain
from typing import IO, BinaryIO

from etl.anomalies import Anomaly
from etl.errors import DataError
from etl.extract import junit
from etl.model.results import Content

_PIECE = 1 << 16
_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP = b"\x1f\x8b"
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_MEMBERS = 1_000
_SHOWN = 200
# All that zipfile and zlib raise on bytes that were made to break them.
_BROKEN = (
    zipfile.BadZipFile,
    zlib.error,
    struct.error,
    ArithmeticError,
    EOFError,
    LookupError,
    NotImplementedError,
    OSError,
    RuntimeError,
    ValueError,
)


@dataclass(frozen=True, slots=True)
class ArchiveLimits:
    """Bounds of an artifact.

    `total` and `directory`: bytes of everything unpacked, and of the zip's list of entries. An entry
    that unpacks to more than `small` bytes may be at most `ratio` times its packed size. After
    `anomalies` of them, the rest is only counted.
    """

    total: int = 512 << 20
    directory: int = 4 << 20
    entries: int = 50_000
    small: int = 8 << 20
    ratio: int = 200
    anomalies: int = 20
    report: junit.Limits = field(default_factory=junit.Limits)


def read_artifact(
    file: BinaryIO, name: str, limits: ArchiveLimits | None = None, *, held: int = 0
) -> Content:
    """What a seekable file holds; raises nothing: what is wrong with one entry costs that entry alone.

    `held` is roughly how many bytes the run's results take already.
    """
    artifact = _Artifact(name, limits or ArchiveLimits(), held)
    artifact.read(file)
    return artifact.content


class _TooLargeError(DataError):
    """The whole artifact is used up."""


class _Artifact:
    """One artifact, its budget of bytes and its anomalies so far."""

    def __init__(self, name: str, limits: ArchiveLimits, held: int) -> None:
        self.content = Content(held=held)
        self._name, self._limits = name, limits
        self._left = limits.total
        self._untold = 0

    def read(self, file: BinaryIO) -> None:
        file.seek(0)
        is_zip = file.read(4) in _ZIP
        file.seek(0)
        try:
            if is_zip:
                self._entries(file)
            else:
                self._report(_chunks(file))
        except (DataError, *_BROKEN) as error:
            self._tell(error)
            # A zip that opens is what was uploaded; an error's page, or half a zip, is not.
            self.content.is_broken = not is_zip or not isinstance(error, DataError)
        if self._untold:
            self._tell(f"{self._untold} more entries cannot be read")

    def _entries(self, file: BinaryIO) -> None:
        found = False
        with zipfile.ZipFile(_Bounded(file, self._limits.directory)) as archive:
            entries = archive.infolist()
            if len(entries) > self._limits.entries:
                raise DataError(f"more than {self._limits.entries} entries")
            for entry in entries:
                try:
                    self._entry(archive, entry)
                    found |= _is_report(entry)
                except junit.NotJUnitError:
                    # Coverage and the like lie beside the reports.
                    continue
                except _TooLargeError:
                    raise
                except (DataError, *_BROKEN) as error:
                    found = True
                    self._tell_of(entry.filename, error)
        if not found:
            raise DataError("holds no JUnit report")

    def _entry(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
        _refuse(entry)
        if _is_report(entry):
            with archive.open(entry) as stream:
                self._report(self._reasonable(stream, entry))

    def _report(self, chunks: Iterator[bytes]) -> None:
        first = next(chunks, b"")
        chunks = chain((first,), chunks)
        if first.startswith(_GZIP):
            chunks = _gunzip(chunks)
        junit.read_report(self._counted(chunks), self.content, self._limits.report)

    def _counted(self, chunks: Iterable[bytes]) -> Iterator[bytes]:
        for chunk in chunks:
            self._left -= len(chunk)
            if self._left < 0:
                raise _TooLargeError(f"unpacks to more than {self._limits.total} bytes: the rest is left out")
            yield chunk

    def _reasonable(self, stream: IO[bytes], entry: zipfile.ZipInfo) -> Iterator[bytes]:
        # zipfile reads no more than this packed size, so here the header binds itself.
        allowed = max(self._limits.small, self._limits.ratio * entry.compress_size)
        for chunk in _chunks(stream):
            allowed -= len(chunk)
            if allowed < 0:
                raise DataError(f"unpacks to more than {self._limits.ratio} times its size: a zip bomb")
            yield chunk

    def _tell_of(self, entry: str, error: Exception) -> None:
        if len(self.content.anomalies) < self._limits.anomalies:
            self._tell(error, entry)
        else:
            self._untold += 1

    def _tell(self, error: Exception | str, entry: str = "") -> None:
        where = f"artifact {_shown(self._name)}" + (f", {_shown(entry)}" if entry else "")
        # Some of these say nothing but their type.
        detail = f"{where}: {str(error)[:_SHOWN] or type(error).__name__}"
        self.content.anomalies.append(Anomaly("report", detail))


class _Bounded:
    """A file for zipfile that refuses to load a large directory: zipfile reads it, as large as it claims, at once."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file, self._limit = file, limit
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        if size > self._limit:
            raise DataError(f"its list of entries is larger than {self._limit} bytes")
        return self._file.read(size)


def _refuse(entry: zipfile.ZipInfo) -> None:
    """Raise DataError for an entry that nobody should read."""
    path = entry.filename.replace("\\", "/")
    if path.startswith("/") or ".." in path.split("/"):
        raise DataError("its path leads out of the archive")
    if not _is_report(entry):
        return
    if entry.flag_bits & _ENCRYPTED:
        raise DataError("is encrypted")
    if entry.compress_type not in _METHODS:
        raise DataError(f"is compressed by method {entry.compress_type}, which is not supported")


def _is_report(entry: zipfile.ZipInfo) -> bool:
    return entry.filename.lower().endswith((".xml", ".xml.gz"))


def _chunks(stream: IO[bytes]) -> Iterator[bytes]:
    while chunk := stream.read(_PIECE):
        yield chunk


def _gunzip(chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Unpacked, in pieces; a gzip may be several, one after the other."""
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    members = 1
    for chunk in chunks:
        packed = chunk
        while packed:
            if inflate.eof:
                members += 1
                if members > _MEMBERS:
                    raise DataError(f"a gzip of more than {_MEMBERS} parts")
                inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
            yield inflate.decompress(packed, _PIECE)
            # Tapes and some tools pad with zeros.
            packed = inflate.unused_data.lstrip(b"\0") if inflate.eof else inflate.unconsumed_tail
    if not inflate.eof:
        raise DataError("the gzip ends too early")


def _shown(name: str) -> str:
    return repr(name[:_SHOWN])
