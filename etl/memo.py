"""A cache for values that are needed repeatedly."""

from collections.abc import Callable
from typing import TypeVar

_K = TypeVar("_K")
_V = TypeVar("_V")

MAX_KEPT, TYPICAL = 512, 128


class Memo(dict[_K, _V]):
    """Values computed when first needed; the cache is cleared when it has more than `most` entries.

    A hit costs a lookup but no call, unlike with `functools.lru_cache`. Names from CI must not fill the
    memory of a service: keys of more than `longest` characters are not cached, and the cache is also
    cleared when keys have more than `typical` characters on average.
    """

    __slots__ = ("_characters", "_length", "_longest", "_make", "_most", "_room")

    def __init__(
        self,
        make: Callable[[_K], _V],
        *,
        most: int,
        length: Callable[[_K], int] = lambda _: 0,
        longest: int = MAX_KEPT,
        typical: int = TYPICAL,
    ) -> None:
        super().__init__()
        self._make, self._most, self._length, self._longest = make, most, length, longest
        self._room, self._characters = most * typical, 0

    def __missing__(self, key: _K) -> _V:
        value = self._make(key)
        length = self._length(key)
        if length <= self._longest:
            self._characters += length
            if len(self) >= self._most or self._characters > self._room:
                self.clear()
                self._characters = length
            self[key] = value
        return value
