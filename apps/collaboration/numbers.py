"""Which numbers of the log a room has passed on."""

from collections.abc import Iterable


class Told:
    """All up to one number, and some beyond."""

    def __init__(self, upto: int) -> None:
        self.upto = upto
        self._beyond: set[int] = set()

    def add(self, seqs: Iterable[int]) -> None:
        """Take in some numbers."""
        self._beyond.update(seq for seq in seqs if seq > self.upto)
        while self.upto + 1 in self._beyond:
            self.upto += 1
            self._beyond.discard(self.upto)

    def has(self, seq: int) -> bool:
        """Tell whether a number is in."""
        return seq <= self.upto or seq in self._beyond

    @property
    def has_gap(self) -> bool:
        """Whether some are in, but not all before them."""
        return bool(self._beyond)
