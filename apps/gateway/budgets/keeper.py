"""The beat: what was spent from memory is told to the rows, leases are renewed, the idle given back.

It also looks for processes of this machine that died, and settles what they owed. It beats while
this process holds a slice; while the database is away it goes on trying.
"""

import asyncio
import logging
import threading
from collections import defaultdict
from concurrent.futures import Future
from uuid import UUID

from django.db import Error as DatabaseError

from apps.dispatch import loop
from apps.gateway.budgets import alerts, slices
from apps.gateway.budgets.purse import Slice, clock, mine
from apps.gateway.budgets.tally import Owed, orphans
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.database import query
from apps.tenants.models import Tenant

logger = logging.getLogger(__name__)

BEAT_S = 0.5
RENEW_S = slices.LEASE_S / 3

_lock = threading.Lock()
_beating: list["Future[None]"] = []
_banks: defaultdict[str, threading.Lock] = defaultdict(threading.Lock)


def bank_of(schema: str) -> threading.Lock:
    """Return the lock under which this process deals with the rows of a workspace."""
    with _lock:
        return _banks[schema]


def go_on_beating() -> None:
    """Beat from now on, as long as there is something to tell."""
    with _lock:
        if not _beating or _beating[-1].done():
            _beating[:] = [loop.submit(_beat())]


def tell(schema: str) -> None:
    """Tell the rows how the slices of the current workspace stand."""
    with bank_of(schema):
        purse, since = mine(), clock()
        told = [(each, purse.give_back(each)) for each in _due(schema, since)]
        if not told:
            return
        known = slices.tell([standing for _, standing in told])
        for each, standing in told:
            purse.heard(each, standing, since, is_there=standing.slice_id in known)
    alerts.look({standing.period_id for _, standing in told})


def settle_dead() -> int:
    """Settle what processes of this machine owed that died; return how many did."""
    count = 0
    with public_scope():
        for path, owed in orphans():
            by_schema: dict[str, list[Owed]] = defaultdict(list)
            for each in owed:
                by_schema[each.schema].append(each)
            for tenant in Tenant.objects.filter(schema_name__in=by_schema):
                with tenant_context(tenant):
                    slices.settle_dead(by_schema[tenant.schema_name])
            path.unlink()
            count += 1
    return count


async def _beat() -> None:
    away = False
    while True:
        await asyncio.sleep(BEAT_S)
        try:
            with public_scope():
                await query(settle_dead)
                refusals = mine().refusals()
                for tenant in await query(_tenants, refusals):
                    with tenant_context(tenant):
                        await query(_tell_all, tenant.schema_name, refusals)
        except DatabaseError as error:
            if not away:
                logger.warning("Budgets cannot be told what was spent: %s", str(error).strip())
            away = True
            continue
        away = False
        with _lock:
            if not mine().all_slices():
                _beating.clear()
                return


def _tenants(refusals: list[tuple[str, UUID, int]]) -> list[Tenant]:
    schemas = {each.schema for each in mine().all_slices()} | {schema for schema, _, _ in refusals}
    return list(Tenant.objects.filter(schema_name__in=schemas)) if schemas else []


def _tell_all(schema: str, refusals: list[tuple[str, UUID, int]]) -> None:
    for place, period_id, calls in refusals:
        if place == schema:
            slices.note_refusals(period_id, calls)
    tell(schema)


def _due(schema: str, now: float) -> list[Slice]:
    """Return the slices of which there is something to tell, or whose lease is to be renewed."""
    return [
        each
        for each in mine().all_slices()
        if each.schema == schema and (each.is_restless(now) or now - each.told_at > RENEW_S)
    ]
