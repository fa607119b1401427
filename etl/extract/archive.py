"""Test reports out of an artifact as it comes: a zip, a gzip or a bare file, read as streams, never extracted.

Reports of other formats than JUnit's are read where they tell of other tests than its JUnit reports do.

Nothing that an archive says of itself is believed: what counts are the bytes that come out of it.
"""

import re
import struct
import zipfile
import zlib
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from itertools import chain
from typing import BinaryIO

from etl.anomalies import Anomaly
from etl.errors import DataError
from etl.extract import junit
from etl.extract.bazel import SeparateAttempts
from etl.extract.reports import formats
from etl.extract.unpack import Bounded, check_path, check_readable, chunks, from_start, gunzip
from etl.extract.xml_stream import NotWellFormedError
from etl.model.results import Content, Result
from etl.model.text import WITHIN

_ZIP = (b"PK\x03\x04", b"PK\x05\x06")
_GZIP = b"\x1f\x8b"
_SHOWN = 200
_NAMES_SHOWN, _NAME_SHOWN = 3, 40
_SUFFIXES = (".xml", ".trx", ".json", ".jsonl", ".ndjson", ".tap", ".log", ".txt", ".out")
# What stands between a suite and a test in names that hold both.
_BETWEEN = re.compile(f"{WITHIN}| > |::")
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


# Opens a file of the artifact: it may be read more than once.
_Open = Callable[[], Iterator[bytes]]


class _Artifact:
    """One artifact, its budget of bytes and its anomalies so far."""

    def __init__(self, name: str, limits: ArchiveLimits, held: int) -> None:
        self.content = Content(held=held)
        self._name, self._limits = name, limits
        self._left = limits.total
        self._untold = 0
        self._found = False
        self._others: list[tuple[str, _Open]] = []
        self._attempts = SeparateAttempts(self.content.results)

    def read(self, file: BinaryIO) -> None:
        file.seek(0)
        is_zip = file.read(4) in _ZIP
        file.seek(0)
        try:
            if is_zip:
                self._entries(file)
            else:
                self._bare_file(lambda: self._unpacked(from_start(file)))
        except (DataError, *_BROKEN) as error:
            self.content.is_whole = False
            self._tell(error)
            # A zip that opens is what was uploaded; an error's page, or half a zip, is not.
            self.content.is_broken = not is_zip or not isinstance(error, DataError)
        if self._untold:
            self._tell(f"{self._untold} more entries cannot be read")

    def _entries(self, file: BinaryIO) -> None:
        with zipfile.ZipFile(Bounded(file, self._limits.directory)) as archive:
            entries = archive.infolist()
            if len(entries) > self._limits.entries:
                raise DataError(f"more than {self._limits.entries} entries")
            try:
                for entry in entries:
                    with self._costs_itself_alone(entry.filename):
                        self._entry(archive, entry)
            finally:
                self._attempts.join()
            self._read_others([entry.filename for entry in entries if not entry.is_dir()])

    def _entry(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> None:
        check_path(entry)
        if _may_be_report(entry):
            check_readable(entry)
            self._file(entry.filename, lambda: self._unpacked(self._reasonable(archive, entry)))

    @contextmanager
    def _costs_itself_alone(self, entry: str) -> Iterator[None]:
        try:
            yield
        except _TooLargeError:
            raise
        except (DataError, *_BROKEN) as error:
            self._found = True
            self.content.is_whole = False
            self._tell_of(entry, error)

    def _file(self, name: str, opened: _Open) -> None:
        """Read a JUnit report; anything else is left for later."""
        if name and not name.lower().endswith((".xml", ".xml.gz")):
            self._others.append((name, opened))
            return
        try:
            with self._attempts.file(name):
                self._junit(name, opened)
        except junit.NotJUnitError as error:
            if formats.is_root(error.root):
                self._others.append((name, opened))
            else:
                # Coverage and the like lie beside the reports.
                self.content.passed_over.append(f"{name} (<{error.root[:50]}>)")

    def _bare_file(self, opened: _Open) -> None:
        try:
            self._junit("", opened)
        except (junit.NotJUnitError, NotWellFormedError):
            try:
                formats.read_report(opened, self.content, self._limits.report)
            except formats.NoReportError:
                # What it is not tells less than what is wrong with it.
                pass
            else:
                return
            raise

    def _junit(self, name: str, opened: _Open) -> None:
        content, limits = self.content, self._limits.report
        before, held = len(content.results), content.held
        try:
            junit.read_report(opened(), content, limits)
        except NotWellFormedError as error:
            reason = str(error).rpartition(" (")[0]
            broken = content.results[before:]
            del content.results[before:]
            content.held = held
            try:
                repaired = junit.read_report(opened(), content, limits, repair=True)
            except DataError:
                if len(content.results) - before < len(broken):
                    content.results[before:] = broken
                raise
            if repaired:
                self._tell_of(name, DataError(f"{reason}: {repaired} places were repaired"))
        self._found = True

    def _read_others(self, names: list[str]) -> None:
        """Reports of other formats, but for those that tell what the JUnit reports have told."""
        known = {_bare(result) for result in self.content.results}
        for name, opened in self._others:
            with self._costs_itself_alone(name):
                read = Content(held=self.content.held)
                try:
                    formats.read_report(opened, read, self._limits.report)
                except formats.NoReportError:
                    continue
                finally:
                    self._keep(name, read, known)
                self._found = True
        if not self._found:
            raise DataError(_holds_none(names))

    def _keep(self, name: str, read: Content, known: set[str]) -> None:
        if known and 2 * sum(_bare(result) in known for result in read.results) >= len(read.results):
            if read.results:
                self.content.passed_over.append(f"{name} (tells what a JUnit report tells)")
            return
        self.content.results += read.results
        self.content.held, self.content.needed = read.held, read.needed

    def _unpacked(self, pieces: Iterator[bytes]) -> Iterator[bytes]:
        first = next(pieces, b"")
        pieces = chain((first,), pieces)
        return self._counted(gunzip(pieces) if first.startswith(_GZIP) else pieces)

    def _counted(self, pieces: Iterable[bytes]) -> Iterator[bytes]:
        for piece in pieces:
            self._left -= len(piece)
            if self._left < 0:
                raise _TooLargeError(f"unpacks to more than {self._limits.total} bytes: the rest is left out")
            yield piece

    def _reasonable(self, archive: zipfile.ZipFile, entry: zipfile.ZipInfo) -> Iterator[bytes]:
        # zipfile reads no more than this packed size, so here the header binds itself.
        allowed = max(self._limits.small, self._limits.ratio * entry.compress_size)
        with archive.open(entry) as stream:
            for piece in chunks(stream):
                allowed -= len(piece)
                if allowed < 0:
                    raise DataError(f"unpacks to more than {self._limits.ratio} times its size: a zip bomb")
                yield piece

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


def _may_be_report(entry: zipfile.ZipInfo) -> bool:
    return entry.filename.lower().removesuffix(".gz").endswith(_SUFFIXES)


def _bare(result: Result) -> str:
    """A test's name without the suites that some formats put in front."""
    return _BETWEEN.split(result.name)[-1].strip()


def _holds_none(names: list[str]) -> str:
    """What an artifact without a report holds instead."""
    none = "holds no JUnit report, and none of another format"
    if not names:
        return f"{none}: nothing at all"
    shown = ", ".join(_shown(name)[:_NAME_SHOWN] for name in names[:_NAMES_SHOWN])
    return f"{none}: {shown}" + (
        f" and {len(names) - _NAMES_SHOWN} more" if len(names) > _NAMES_SHOWN else ""
    )


def _shown(name: str) -> str:
    return repr(name[:_SHOWN])
