"""Open pieces: what could not be read of a run, recorded while it is read and requested again when due."""

from collections.abc import Iterable, Mapping
from dataclasses import replace

from etl.errors import CiHealthError, NotFoundError
from etl.model.open_pieces import OpenPiece, PieceName


class RunPieces:
    """The open pieces of one run while it is read: those open `before`, and those `left` open now."""

    def __init__(self, run_id: int, before: Iterable[OpenPiece], now: float) -> None:
        self._run_id = run_id
        self._now = int(now)
        self._before = {piece.name: piece for piece in before}
        self._left: dict[PieceName, OpenPiece] = {}

    @property
    def were_open(self) -> bool:
        """Whether an earlier reading left anything open."""
        return bool(self._before)

    @property
    def are_due(self) -> bool:
        """Whether any of these pieces is to be requested again now."""
        return any(piece.is_due(self._now) for piece in self._before.values())

    def was_open(self, kind: str, attempt: int, subject: int = 0) -> bool:
        """Whether an earlier reading left this piece open."""
        return PieceName(kind, self._run_id, attempt, subject) in self._before

    def was_settled(self, kind: str, attempt: int, subject: int = 0) -> bool:
        """Whether an earlier reading may have made points without this piece."""
        before = self._before.get(PieceName(kind, self._run_id, attempt, subject))
        return before is not None and before.is_settled(self._now)

    @property
    def left(self) -> list[OpenPiece]:
        """The pieces that this reading leaves open."""
        return list(self._left.values())

    def put_off(self) -> list[OpenPiece]:
        """All pieces, open now or before, all due when the last of those open now is."""
        next_at = max((piece.next_at for piece in self.left), default=self._now)
        waiting = (replace(piece, next_at=next_at) for piece in self._before.values())
        return list(({piece.name: piece for piece in waiting} | self._left).values())

    def leave(self, error: CiHealthError | str, kind: str, attempt: int = 0, subject: int = 0) -> bool:
        """Leave a piece open; True if the answer is settled, so that the caller goes on without the piece.

        A piece whose settled answer is "not found" is gone. Any other stays open and is requested once a day.
        """
        name = PieceName(kind, self._run_id, attempt, subject)
        piece = open_piece(self._before.get(name), name, str(error), self._now)
        is_settled = piece.is_settled(self._now)
        if not is_settled or not isinstance(error, NotFoundError):
            self._left[name] = piece
        return is_settled


def open_piece(before: OpenPiece | None, name: PieceName, reason: str, now: int) -> OpenPiece:
    """The piece after another failed reading, or a new one if it was not open before."""
    return OpenPiece.first(name, reason, now) if before is None else before.again(reason, now)


def open_sentence(counts: Mapping[str, int]) -> str:
    """A sentence: how many pieces of each kind are open."""
    what = ", ".join(f"{kind} ({count})" for kind, count in sorted(counts.items()))
    return f"not read yet, and asked for again: {what} (`ci-health check` shows them)"
