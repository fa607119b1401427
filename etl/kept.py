"""Values that are asked for again and again."""

from collections.abc import Callable
from typing import TypeVar

_K = TypeVar("_K")
_V = TypeVar("_V")

LONGEST_KEPT = 512


class Kept(dict[_K, _V]):
    """Values made when they are first asked for; all are forgotten where there are more than `most`.

    A hit costs a lookup and no call, unlike one of `functools.lru_cache`. Keys of more than
    `longest` characters are not kept, so that strangers' names cannot fill the memory of a service.
    """

    __slots__ = ("_length", "_longest", "_make", "_most")

    def __init__(
        self,
        make: Callable[[_K], _V],
        *,
        most: int,
        length: Callable[[_K], int] = lambda _: 0,
        longest: int = LONGEST_KEPT,
    ) -> None:
        super().__init__()
        self._make, self._most, self._length, self._longest = make, most, length, longest

    def __missing__(self, key: _K) -> _V:
        value = self._make(key)
        if self._length(key) <= self._longest:
            if len(self) >= self._most:
                self.clear()
            self[key] = value
        return value
