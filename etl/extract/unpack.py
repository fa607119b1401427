"""Bytes out of a zip or a gzip as they come; nothing that an archive says of itself is believed."""

import zipfile
import zlib
from collections.abc import Iterable, Iterator
from typing import IO, BinaryIO

from etl.errors import DataError

_PIECE = 1 << 16
_METHODS = (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED)
_ENCRYPTED = 0x1
_MEMBERS = 1_000


class Bounded:
    """A file for zipfile that refuses to load a large directory: zipfile reads it, as large as it claims, at once."""

    def __init__(self, file: BinaryIO, limit: int) -> None:
        self._file, self._limit = file, limit
        self.seek, self.tell, self.seekable = file.seek, file.tell, file.seekable

    def read(self, size: int = -1) -> bytes:
        """The bytes; raises DataError where so many are asked for at once."""
        if size > self._limit:
            raise DataError(f"its list of entries is larger than {self._limit} bytes")
        return self._file.read(size)


def check_path(entry: zipfile.ZipInfo) -> None:
    """Raise DataError for an entry whose path leads out of its archive."""
    path = entry.filename.replace("\\", "/")
    if path.startswith("/") or ".." in path.split("/"):
        raise DataError("its path leads out of the archive")


def check_readable(entry: zipfile.ZipInfo) -> None:
    """Raise DataError for an entry that cannot be unpacked: encrypted, or compressed by a rare method."""
    if entry.flag_bits & _ENCRYPTED:
        raise DataError("is encrypted")
    if entry.compress_type not in _METHODS:
        raise DataError(f"is compressed by method {entry.compress_type}, which is not supported")


def from_start(file: BinaryIO) -> Iterator[bytes]:
    """A file's bytes in pieces, from its beginning."""
    file.seek(0)
    return chunks(file)


def chunks(stream: IO[bytes]) -> Iterator[bytes]:
    """The rest of a stream in pieces."""
    while chunk := stream.read(_PIECE):
        yield chunk


def gunzip(packed_chunks: Iterable[bytes]) -> Iterator[bytes]:
    """Unpacked, in pieces; a gzip may be several, one after the other."""
    inflate = zlib.decompressobj(zlib.MAX_WBITS | 16)
    members = 1
    for chunk in packed_chunks:
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
