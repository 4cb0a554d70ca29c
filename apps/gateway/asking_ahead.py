"""Asking what a schedule's run is about to ask, so that it finds the answers kept."""

import asyncio
import logging
from datetime import timedelta
from uuid import UUID

from apps.common.errors import DomainError
from apps.dispatch import chores
from apps.egress import client as egress
from apps.gateway.cache import ahead, store
from apps.gateway.carrying import carried
from apps.gateway.exceptions import GatewayError
from apps.gateway.ledger import rows
from apps.gateway.models import ModelRoute
from apps.gateway.targets import router
from apps.tenants.database import query

logger = logging.getLogger(__name__)


def ask_ahead(workflow_id: UUID) -> int:
    """Ask what would not be kept when the workflow runs, and return how much that was.

    Whoever calls a second time finds the answers kept.
    """
    chores.done(ahead.CHORE, [workflow_id])
    table = router.load()
    routes = ModelRoute.objects.filter(cache_ahead=True).exclude(cache_ttl_s=None)
    plans = {each.alias: table.plan(each.alias) for each in routes}
    return asyncio.run(_ask(workflow_id, ahead.PlanOf(plans))) if plans else 0


async def _ask(workflow_id: UUID, plan_of: ahead.PlanOf) -> int:
    asked = 0
    try:
        async with asyncio.timeout(ahead.LEAD / timedelta(seconds=1)):
            for question in await ahead.due(workflow_id, plan_of):
                asked += await _asked(question)
    except TimeoutError:
        logger.info("Not all was asked ahead of the schedule")
    except store.AWAY as error:
        logger.warning("Nothing is asked ahead, Redis is away: %s", error)
    finally:
        await rows.written()
        await store.close()
        await egress.close()
    return asked


async def _asked(question: ahead.Question) -> int:
    """Ask one; whether it is answered is the run's business, which asks again."""
    if not await query(ahead.may_still, question.ask.source.user_id):
        return 0
    try:
        async with carried(question.ask) as call:
            _ = [part async for part in call.answer.parts()]
    except (GatewayError, DomainError):
        return 0
    return 1
