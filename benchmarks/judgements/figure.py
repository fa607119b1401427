"""One figure that was measured, and the bar it is held against."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Figure:
    """`value` of what was measured over `of` cases; `bar` is the most it may be, or the least where `at_least`.

    `peer` is the same figure of the peer, None where there is none. Without a bar it is only told.
    """

    name: str
    what: str
    value: float
    of: int
    bar: float | None = None
    at_least: bool = False
    peer: float | None = None

    @property
    def met(self) -> bool:
        """Whether the bar is reached."""
        if self.bar is None:
            return True
        return self.value >= self.bar if self.at_least else self.value <= self.bar


def share(
    name: str, what: str, hits: int, of: int, bar: float | None = None, *, at_least: bool = False
) -> Figure:
    """A share of cases; of none it is 0, or 1 where it is to be large."""
    return Figure(name, what, hits / of if of else float(at_least), of, bar, at_least)
