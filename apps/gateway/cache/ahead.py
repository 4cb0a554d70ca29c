"""Asking ahead of schedules: what a workflow asks each time is asked anew before it runs, if it would not be kept.

Only routes that say so, only at temperature 0, only questions that two of its last runs asked alike, and
only where the kept answer would be gone when the run comes. So at most one call is made for each
that the run makes, on the same account. Questions are sealed with the workspace's key, as answers are.
"""

import json
import logging
import time
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.dispatch import chores
from apps.dispatch.models import Chore
from apps.gateway.asks import Ask, Source
from apps.gateway.cache import store
from apps.gateway.cache.questions import name_of
from apps.gateway.models import ModelRoute
from apps.gateway.targets.router import CachePolicy, Plan
from apps.tenants.context import current_schema
from apps.vault.exceptions import CannotUnseal

logger = logging.getLogger(__name__)

CHORE = "gateway.ahead"
LEAD = timedelta(minutes=2)  # before a schedule fires
STAYS = timedelta(minutes=5)  # after it: for so long a run may take until it asks
KEPT_S = 35 * 86_400  # from month to month
MOST_QUESTIONS, MOST_BYTES = 64, 256 << 10
ENOUGH = 2  # runs that asked alike


@dataclass(frozen=True)
class Question:
    """What a step asked, and in which of the last runs."""

    name: str
    ask: Ask
    runs: tuple[str, ...]


def plan(workflow_id: UUID, fires_at: datetime) -> None:
    """Have what a workflow asks looked at before a schedule of it fires, where any route asks ahead."""
    if not ModelRoute.objects.filter(cache_ahead=True).exclude(cache_ttl_s=None).exists():
        return
    due_at, now = fires_at - LEAD, chores.now()
    planned = Chore.objects.filter(kind=CHORE, subject=workflow_id, due_at__gt=now).first()
    if due_at > now and (planned is None or planned.due_at > due_at):
        chores.plan(CHORE, [workflow_id], due_at)


async def note(name: str, ask: Ask, policy: CachePolicy) -> None:
    """Remember what a step of a run asks. While Redis is away, nothing is."""
    source = ask.source
    if not policy.ahead or source.workflow_id is None or not source.run_id:
        return
    key = _key(source.workflow_id)
    try:
        client: Any = await store.redis()  # its stubs know no difference to the sync one
        runs = _runs(await client.hget(key, name), name, policy)
        if source.run_id in runs:
            return
        told = {**_told(ask), "runs": [*runs, source.run_id][-ENOUGH:], "at": time.time()}
        sealed = policy.sealer.seal(json.dumps(told).encode(), name)
        if len(sealed) > MOST_BYTES or (not runs and await client.hlen(key) >= MOST_QUESTIONS):
            return
        await client.hset(key, name, sealed)
        await client.expire(key, KEPT_S)
    except store.AWAY as error:
        logger.warning("What is asked ahead is not remembered, Redis is away: %s", error)


async def due(workflow_id: UUID, plan_of: "PlanOf") -> list[Question]:
    """Return what a workflow asked alike in its last runs, and what is not kept for long enough.

    What no route keeps under that name any more, since it was changed, is forgotten.
    """
    client: Any = await store.redis()
    found = []
    noted: dict[bytes, bytes] = await client.hgetall(_key(workflow_id))
    for raw, sealed in noted.items():
        question = await _question(client, workflow_id, raw.decode(), sealed, plan_of)
        if question is not None and len(question.runs) >= ENOUGH:
            found.append(question)
    return found


class PlanOf:
    """How a question's route keeps answers now."""

    def __init__(self, plans: dict[str, Plan]) -> None:
        """Hold the plans of the routes that ask ahead, by alias."""
        self.plans = plans

    def policy(self, name: str, ask: Ask) -> CachePolicy | None:
        """Return it where the question still has its name there."""
        plan = self.plans.get(ask.model)
        return plan.cache if plan is not None and name_of(plan, ask) == name else None


async def _question(
    client: Any, workflow_id: UUID, name: str, sealed: bytes, plan_of: PlanOf
) -> Question | None:
    question = _opened(name, sealed, workflow_id, plan_of)
    policy = plan_of.policy(name, question.ask) if question else None
    if question is None or policy is None:
        await client.hdel(_key(workflow_id), name)
        return None
    cached = await store.find(name, policy)
    needed_s = (LEAD + STAYS).total_seconds()
    lasts = cached is not None and cached.at + policy.ttl_s > time.time() + needed_s
    return None if lasts or policy.ttl_s <= needed_s else question


def _opened(name: str, sealed: bytes, workflow_id: UUID, plan_of: PlanOf) -> Question | None:
    sealer = next((each.cache.sealer for each in plan_of.plans.values() if each.cache), None)
    try:
        told = json.loads(sealer.unseal(sealed, name)) if sealer else None
    except (CannotUnseal, ValueError):  # of an older key
        return None
    return None if told is None else Question(name, _ask(told, workflow_id), tuple(told["runs"]))


def _told(ask: Ask) -> JSONDict:
    """Return what makes the question again, and who it was asked for."""
    return {
        "model": ask.model, "body": ask.body, "endpoint": str(ask.endpoint), "streams": ask.streams,
        "wants_usage": ask.wants_usage, "task": ask.task, "hints": ask.hints, "prompt": ask.prompt,
        "node": ask.source.node_id, "user": str(ask.source.user_id or ""),
    }  # fmt: skip


def _ask(told: JSONDict, workflow_id: UUID) -> Ask:
    source = Source(
        node_id=told["node"], workflow_id=workflow_id,
        user_id=UUID(told["user"]) if told["user"] else None,
    )  # fmt: skip
    return Ask(
        model=told["model"], body=told["body"], endpoint=told["endpoint"], streams=told["streams"],
        wants_usage=told["wants_usage"], task=told["task"], hints=told["hints"],
        prompt=told["prompt"], source=source, fresh=True,
    )  # fmt: skip


def _runs(sealed: bytes | None, name: str, policy: CachePolicy) -> list[str]:
    if sealed is None:
        return []
    try:
        found: list[str] = json.loads(policy.sealer.unseal(sealed, name))["runs"]
    except (CannotUnseal, ValueError):
        return []
    return found


def may_still(user_id: UUID | None) -> bool:
    """Tell whether the person a question was asked for is still there."""
    return user_id is None or User.objects.filter(
        pk=user_id, is_active=True, removed_at=None
    ).exists()  # fmt: skip


def _key(workflow_id: UUID) -> str:
    return f"gateway:asked:{current_schema()}:{workflow_id}"
