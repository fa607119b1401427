"""XML reports as a stream of records: the few elements of interest, each as a small tree."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from etl.errors import DataError
from etl.extract.junit_case import Text
from etl.extract.xml_stream import XmlStream, local

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator

    from etl.extract.reports.sink import Sink

# Elements that a record may keep; a report's own have less than ten.
_KEPT = 1_000


@dataclass(slots=True)
class Element:
    """An element of a record, with those of its children that are wanted."""

    tag: str
    attributes: dict[str, str]
    told: Text
    children: list[Element] = field(default_factory=list)

    @property
    def text(self) -> str:
        """The text right inside it, cut in the middle where it is long."""
        return str(self.told).strip()

    def get(self, name: str) -> str:
        """An attribute, or the empty string."""
        return self.attributes.get(name, "")

    def all(self, *path: str) -> Iterator[Element]:
        """The elements at this path below it."""
        for child in self.children:
            if child.tag == path[0]:
                yield from child.all(*path[1:]) if len(path) > 1 else [child]

    def first(self, *path: str) -> str:
        """The text of the first element at this path that has one."""
        return next((one.text for one in self.all(*path) if one.text), "")


class Records:
    """Hands records to `record` as they end, and containers to `enter` and `leave`.

    `wanted` names the elements that are kept inside a record. A record inside of another is a child of it.
    """

    def __init__(
        self,
        sink: Sink,
        *,
        records: Collection[str],
        wanted: Collection[str],
        containers: Collection[str] = (),
        record: Callable[[Element], None],
        enter: Callable[[str, dict[str, str]], None] = lambda _tag, _attributes: None,
        leave: Callable[[str], None] = lambda _tag: None,
    ) -> None:
        self._sink = sink
        self._records, self._wanted, self._containers = set(records), set(wanted), set(containers)
        self._record, self._enter, self._leave = record, enter, leave
        self._stream = XmlStream(self._start, self._end, sink.limits.xml)
        self._depth = self._kept = 0
        # The open elements of a record, None for those that are passed over.
        self._open: list[Element | None] = []

    def read(self, chunks: Iterable[bytes]) -> None:
        """Read it all. Raises DataError where the document breaks."""
        self._stream.feed(chunks)

    def _start(self, tag: str, attributes: dict[str, str]) -> None:
        name = local(tag)
        self._depth += 1
        if self._depth > self._sink.limits.depth:
            raise DataError(f"elements are nested more than {self._sink.limits.depth} deep")
        if self._open:
            self._start_inside(name, attributes)
        elif name in self._records:
            self._kept = 0
            self._open.append(Element(name, attributes, Text(self._sink.longest)))
        elif name in self._containers:
            self._enter(name, attributes)
        self._stream.collect(self._open[-1].told.add if self._open and self._open[-1] else None)

    def _start_inside(self, name: str, attributes: dict[str, str]) -> None:
        parent, element = self._open[-1], None
        if parent is not None and name in self._wanted and self._kept < _KEPT:
            element = Element(name, attributes, Text(self._sink.longest))
            parent.children.append(element)
            self._kept += 1
        self._open.append(element)

    def _end(self, tag: str) -> None:
        self._depth -= 1
        if not self._open:
            if local(tag) in self._containers:
                self._leave(local(tag))
            return
        ended = self._open.pop()
        if not self._open and ended is not None:
            self._record(ended)
        self._stream.collect(self._open[-1].told.add if self._open and self._open[-1] else None)
