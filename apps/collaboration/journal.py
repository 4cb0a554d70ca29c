"""The log of a draft as a room uses it: rows in the database, events over the channel layer."""

from collections.abc import Callable, Sequence
from typing import ParamSpec, TypeVar
from uuid import UUID

from django.db import Error as DatabaseError

from apps.collaboration.rooms import NOT_ALLOWED, TRY_LATER, Opened, Refused
from apps.common.events import publish_from_loop
from apps.common.outages import outage_of
from apps.common.types import JSONDict
from apps.tenants.context import Scope, entered
from apps.tenants.database import query
from apps.workflows import document, drafts
from apps.workflows.drafts import Written
from apps.workflows.exceptions import DraftTooLarge, InBin
from apps.workflows.known import Known
from apps.workflows.models import Workflow, WorkflowUpdate
from apps.workflows.wire import check_update

P = ParamSpec("P")
R = TypeVar("R")


class DraftJournal:
    """The log of one draft of one workspace."""

    def __init__(self, scope: Scope, workflow_id: UUID) -> None:
        self._scope, self._id = scope, workflow_id

    @property
    def group(self) -> str:
        """The channel group in which others tell of this draft."""
        with entered(self._scope):
            return drafts.group_of(self._id)

    async def open(self) -> Opened:
        return await self._query(self._open)

    async def append(self, written: Sequence[Written]) -> int:
        return await self._query(drafts.extend, self._id, written)

    async def missing(self, vectors: Sequence[bytes]) -> list[bytes]:
        return await self._query(self._missing, vectors)

    async def after(self, seq: int) -> list[tuple[int, bytes]]:
        return await self._query(self._after, seq)

    async def compact(self) -> int:
        return await self._query(self._compact)

    async def publish(self, event: JSONDict) -> None:
        with entered(self._scope):
            await publish_from_loop(self.group, event)

    async def _query(self, function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
        """Ask the database in the draft's workspace. Raises Refused where it cannot be asked."""
        try:
            with entered(self._scope):
                return await query(function, *args, **kwargs)
        except (Workflow.DoesNotExist, InBin) as error:
            raise Refused(NOT_ALLOWED) from error
        except DatabaseError as error:
            if outage_of(error) is None:
                raise
            raise Refused(TRY_LATER) from error

    def _workflow(self) -> Workflow:
        wanted = ("draft_seq", "told_seq", "snapshot", "snapshot_seq")
        return Workflow.objects.only(*wanted).get(pk=self._id)

    def _open(self) -> Opened:
        workflow = self._workflow()
        if workflow.told_seq < workflow.draft_seq:  # who noted that may have died with its server
            drafts.plan_settling(self._id)
        updates = drafts.updates_of(workflow)
        known = Known()
        if updates:
            known.add(check_update(document.merged(updates)))
        return Opened(known, workflow.draft_seq, sum(map(len, updates)))

    def _missing(self, vectors: Sequence[bytes]) -> list[bytes]:
        whole = document.merged(drafts.updates_of(self._workflow()))
        return [document.missing(whole, each) for each in vectors]

    def _after(self, seq: int) -> list[tuple[int, bytes]]:
        rows = WorkflowUpdate.objects.filter(workflow_id=self._id, seq__gt=seq).order_by("seq")
        return [(number, bytes(data)) for number, data in rows.values_list("seq", "data")]

    def _compact(self) -> int:
        workflow = self._workflow()
        before = workflow.snapshot_seq
        try:
            drafts.compact(workflow)
        except DraftTooLarge:
            return drafts.MAX_DRAFT + 1
        Workflow.objects.filter(pk=self._id, snapshot_seq=before).update(
            snapshot=workflow.snapshot, snapshot_seq=workflow.snapshot_seq
        )
        return len(workflow.snapshot)
