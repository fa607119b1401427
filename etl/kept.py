"""Values that are asked for again and again."""

from collections.abc import Callable
from typing import TypeVar

_K = TypeVar("_K")
_V = TypeVar("_V")


class Kept(dict[_K, _V]):
    """Values made when they are first asked for; all are forgotten where there are more than `most`.

    A hit costs a lookup and no call, unlike one of `functools.lru_cache`. `light` says which keys are
    light enough to be kept; without it all are.
    """

    __slots__ = ("_light", "_make", "_most")

    def __init__(
        self, make: Callable[[_K], _V], *, most: int, light: Callable[[_K], bool] | None = None
    ) -> None:
        super().__init__()
        self._make, self._most, self._light = make, most, light

    def __missing__(self, key: _K) -> _V:
        value = self._make(key)
        if self._light is None or self._light(key):
            if len(self) >= self._most:
                self.clear()
            self[key] = value
        return value
