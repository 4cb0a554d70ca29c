"""What is sent at a time."""

from dataclasses import dataclass

from apps.common.types import JSONDict


@dataclass(frozen=True)
class Batch:
    """Entries in the order of the chain; sent again it has the same name."""

    stream: str  # its id
    first: int
    last: int
    entries: list[JSONDict]
    missed: int = 0  # entries between the cursor and the last one that are no longer there

    @property
    def name(self) -> str:
        """What a receiver knows a repeat by."""
        return f"{self.first:012d}-{self.last:012d}"
