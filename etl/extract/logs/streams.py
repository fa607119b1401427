"""Lines that a wrapper prefixes with what they are of: what each of them wrote, by itself.

Sources: `docker compose logs` (`web-1  | …`), BuildKit's plain progress (`#12 3.456 …`), Turborepo
(`app:test: …`), Lerna (`app: …`), pnpm (`app test: …`), Yarn (`[app]: …`), Concurrently and kubectl
(`[0] …`, `[pod/name/container] …`), GNU parallel (`name<TAB>…`), `ctest -V` (`12: …`), stack (`text > …`).
"""

import re
from collections.abc import Mapping, Sequence
from typing import NamedTuple

_PREFIX = re.compile(
    r"(?P<bar>[\w@./-]{1,60} *[|>])(?: |$)"
    r"|(?P<build>#\d{1,4})(?: \d{1,5}\.\d{1,3})?(?: |$)"
    r"|(?P<colon>[\w@./-]{1,60}(?::[\w@./-]{1,60}| [\w:-]{1,30})?:)(?: |$)"
    r"|(?P<bracket>\[[\w@][\w@./:-]{0,80}\]:?)(?: |$)"
    r"|(?P<tab>[\w./-]{1,60})\t"
)
# Words that a tool begins a line of its own with.
_OWN = re.compile(
    r"(?i)\W*(?:error|warning|warn|info|note|debug|trace|fatal|fail(?:ed|ure)?|ok|pass(?:ed)?|e|w|i|test|running|caused by|help|hint"
    r"|expected|actual|received|got|left|right|npm|make(?:\[\d+\])?|tests?|file|code|message|rspec|thread|at|in|line|\w+error|\w+exception)\W*$"
)
_MAX_STREAMS, _MIN_LINES = 24, 3


class Stream(NamedTuple):
    """Lines of one source without their prefix, and the place of each among all lines."""

    texts: list[str]
    places: list[int]


def split(texts: Sequence[str]) -> Mapping[str, Stream]:
    """The streams by their prefix, those with most lines first; none where lines have no prefix."""
    streams: dict[str, Stream] = {}
    for place, text in enumerate(texts):
        found = _PREFIX.match(text)
        if found is not None:
            stream = streams.setdefault(found[found.lastgroup or 0], Stream([], []))
            stream.texts.append(text[found.end() :])
            stream.places.append(place)
    most = sorted(
        (item for item in streams.items() if _is_stream(*item)), key=lambda item: -len(item[1].texts)
    )
    return dict(most[:_MAX_STREAMS])


def _is_stream(prefix: str, stream: Stream) -> bool:
    return len(stream.texts) >= _MIN_LINES and not _OWN.match(prefix)


def stripped(texts: Sequence[str]) -> list[str]:
    """All lines, those of a stream without their prefix."""
    plain = list(texts)
    for stream in split(texts).values():
        for place, text in zip(stream.places, stream.texts, strict=True):
            plain[place] = text
    return plain
