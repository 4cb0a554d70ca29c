"""Changes of a draft as they happen, as an event stream."""

import asyncio
import json
from collections.abc import AsyncIterator
from contextlib import suppress
from dataclasses import dataclass
from uuid import UUID

from django.http import HttpRequest

from apps.accounts import policies
from apps.accounts.api.authentication import user_now
from apps.collaboration.changes import read_changes
from apps.common.events import listening
from apps.common.types import JSONDict
from apps.runs.watching.places import Place
from apps.tenants.context import Scope, current_scope, entered
from apps.tenants.database import query
from apps.tenants.hosts import is_served
from apps.workflows import drafts
from apps.workflows.models import Workflow

LOOK_S = 4.0  # how late a lost right or a lost event is noticed
GATHER_S = 0.5  # what is changed within this time is told together


@dataclass
class ChangeFeed:
    """The changes of a draft after a number of its log."""

    workflow_id: UUID
    after: int

    def read(self) -> list[JSONDict]:
        """Return the next changes; each is returned once."""
        found = read_changes(self.workflow_id, self.after)
        self.after = found[-1]["seq"] if found else self.after
        return found


async def change_lines(
    feed: ChangeFeed, request: HttpRequest, scope: Scope, place: Place
) -> AsyncIterator[str]:
    """Write the feed as an event stream until the reader's right to it ends.

    The place is held as long as somebody reads.
    """
    with entered(scope):
        group = drafts.group_of(feed.workflow_id)
    async with listening(group) as heard:
        while (found := await _next(feed, request, scope)) is not None:
            for change in found:
                told = json.dumps(change, separators=(",", ":"))
                yield f"id: {change['seq']}\nevent: change\ndata: {told}\n\n"
            if not found:
                yield ": still here\n\n"
            await _until_something(heard)


async def _next(feed: ChangeFeed, request: HttpRequest, scope: Scope) -> list[JSONDict] | None:
    """Return the next changes; None where they are not to be seen any more."""
    with entered(scope):
        if not await query(_may_see, request, feed.workflow_id):
            return None
        return await query(feed.read)


async def _until_something(heard: "asyncio.Queue[JSONDict]") -> None:
    """Wait for news of the draft and for what belongs to it, or until it is time to look."""
    with suppress(TimeoutError):
        async with asyncio.timeout(LOOK_S):
            while (await heard.get())["type"] != "update":
                continue
            await asyncio.sleep(GATHER_S)
    while not heard.empty():
        heard.get_nowait()


def _may_see(request: HttpRequest, workflow_id: UUID) -> bool:
    actor = user_now(request) if is_served(current_scope().tenant) else None
    return policies.visible(actor, Workflow.objects.filter(pk=workflow_id)).exists()
