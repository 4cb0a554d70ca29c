"""A reader's place in the events of a run: what was missed, then what is live, without a gap.

Live frames may be lost, repeated or overtaken by a read of the database; `seq` tells. Whoever reads
joins the relay first, then reads what is stored, then takes frames.
"""

from dataclasses import dataclass
from typing import TypeGuard
from uuid import UUID

from apps.common.types import JSONDict
from apps.runs.models import Run, RunEvent
from apps.runs.state.events import as_json
from apps.runs.watching.relay import Frame

BATCH = 1_000
LAST_WORDS = frozenset(f"run.{status}" for status in Run.FINISHED)


@dataclass
class Feed:
    """How far somebody has read; `ended` once there is nothing more to come."""

    run_id: UUID
    last: int = 0
    ended: bool = False
    behind: bool = True  # there may be stored events that were not read yet

    def read(self) -> list[JSONDict]:
        """Return the next stored events, at most a batch of them."""
        # Finished first, events second: the last event then cannot slip in between.
        finished = Run.objects.filter(pk=self.run_id, status__in=Run.FINISHED).exists()
        stored = RunEvent.objects.filter(run_id=self.run_id, seq__gt=self.last)
        events = [as_json(event, event.seq) for event in stored[:BATCH]]
        if events:
            self.last = events[-1]["seq"]
        self.behind = len(events) == BATCH
        self.ended = finished and not self.behind
        return events

    def hear(self, frame: Frame | None) -> TypeGuard[Frame]:
        """Tell whether a live frame is to be passed on; after a gap the feed is behind."""
        if frame is None:
            self.behind = True
            return False
        if frame.seq:
            return self.take(frame.payload["event"])
        self.behind = self.behind or frame.reached > self.last
        return not frame.reached

    def take(self, event: JSONDict) -> bool:
        """Tell whether a live event is the next one; after a gap the feed is behind."""
        if event["seq"] == self.last + 1 and not self.behind:
            self.last = event["seq"]
            self.ended = event["type"] in LAST_WORDS
            return True
        self.behind = self.behind or event["seq"] > self.last
        return False
