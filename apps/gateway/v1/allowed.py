"""Calls that go on are looked at each second: who may ask no longer is told no more.

A stream may last for minutes. Its key may be revoked meanwhile, its person suspended or removed by their
company's directory, its workspace suspended: it ends as soon as that is seen, within five seconds,
with an error as its last event. One look serves all calls of a process; while nobody can be asked
whether they still may, nothing can have been taken from them either.
"""

import asyncio
import logging
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from contextvars import Context, copy_context
from dataclasses import dataclass, field
from uuid import UUID

from apps.common.errors import DomainError, Forbidden, NotFound
from apps.common.outages import outage_of
from apps.gateway.v1.access import access_of
from apps.gateway.v1.requests import Request, key_in
from apps.tenants import hosts
from apps.tenants.context import current_tenant
from apps.tenants.database import query

logger = logging.getLogger(__name__)

LOOK_S = 1.0  # a key may be remembered for 2.5 s, and is asked for anew behind the first look after


@dataclass
class _Open:
    """A call that goes on, with the scope that it goes on in, and why it ends where it must."""

    task: "asyncio.Task[object]"
    request: Request
    tenant_id: UUID
    scope: Context
    error: DomainError | None = None
    over: bool = False

    def end(self, error: DomainError) -> None:
        """Break it off, unless it is over by itself."""
        if not self.over:
            self.error = error
            self.task.cancel()


@dataclass
class _Keeper:
    """The calls of one event loop, and the task that looks at them while there are any."""

    loop: asyncio.AbstractEventLoop
    calls: dict[int, _Open] = field(default_factory=dict)
    task: "asyncio.Task[None] | None" = None

    def add(self, call: _Open) -> None:
        """Look at a call from now on."""
        self.calls[id(call)] = call
        if self.task is None or self.task.done():
            self.task = self.loop.create_task(self._look_on(), context=Context())

    async def _look_on(self) -> None:
        while self.calls:
            await asyncio.sleep(LOOK_S)
            await self._look()

    async def _look(self) -> None:
        calls = list(self.calls.values())
        try:
            served = await query(hosts.served, {each.tenant_id for each in calls})
        except Exception as error:
            if outage_of(error) is None:
                logger.exception("Whether calls may go on could not be seen")
            return
        checks = []
        for each in calls:
            if each.tenant_id not in served:
                each.end(NotFound())
            else:
                checks.append(self.loop.create_task(_check(each), context=each.scope.copy()))
        await asyncio.gather(*checks)


_keepers: list[_Keeper] = []  # the one of the loop that runs


@asynccontextmanager
async def while_allowed(request: Request) -> AsyncIterator[None]:
    """End what the block does once its sender may ask no longer. Raises the DomainError that says why."""
    task = asyncio.current_task()
    assert task is not None
    keeper = _keeper()
    call = _Open(task, request, current_tenant().pk, copy_context())
    keeper.add(call)
    try:
        yield
    except asyncio.CancelledError:
        if call.error is None or task.uncancel():
            raise
        raise call.error from None
    finally:
        call.over = True
        keeper.calls.pop(id(call), None)


def _keeper() -> _Keeper:
    loop = asyncio.get_running_loop()
    if not _keepers or _keepers[0].loop is not loop:
        _keepers[:] = [_Keeper(loop)]
    return _keepers[0]


async def _check(call: _Open) -> None:
    """End a call whose key opens nothing any more."""
    try:
        access = await access_of(key_in(call.request.headers))
        if not access.may_call:
            raise Forbidden("The role of this key does not allow asking models.")
    except Exception as error:
        if outage_of(error) is not None:
            return
        if not isinstance(error, DomainError):
            logger.exception("Whether a call may go on could not be seen")
            return
        call.end(error)
