"""What an upstream tells of itself: which models it has, and of a LiteLLM proxy what they cost.

It is read over egress with the provider's key, and believed within bounds: names and figures only.
"""

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextvars import copy_context
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from http import HTTPStatus
from typing import Any

from django.db import transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.types import JSONDict
from apps.egress import client as egress
from apps.egress.exceptions import EgressError
from apps.gateway import news, outlook
from apps.gateway.exceptions import LentStays, ModelsUnknown
from apps.gateway.models import ModelPrice, Provider
from apps.gateway.targets import router
from apps.gateway.upstreams.events import parsed

MOST_MODELS, LONGEST_NAME = 2_000, 200
MOST_BYTES = 8 << 20
PATIENCE_S = 20.0
MILLION, MOST_USD = Decimal(1_000_000), Decimal(1_000_000)
PROXY = "litellm_proxy"
SOURCE = "LiteLLM proxy"
UNREAD = (
    "Their prices are not known: this key may not read `/model/info` of the proxy (it answered {}). "
    "Allow the key that, or set prices yourself; those that are known stay."
)
LIMITS = {"context_tokens": "max_input_tokens", "answer_tokens": "max_output_tokens"}


@dataclass(frozen=True)
class Imported:
    """What was taken over; `problem` says what could not be, in words."""

    models: int
    prices: int
    problem: str = ""


class KeyMayNot(ModelsUnknown):
    """The key may not read this."""

    def __init__(self, status: int) -> None:
        """Keep how it was refused; `status` is what we answer ourselves."""
        super().__init__(f"Asked for its models, it answered {status}.")
        self.answered = status


def import_models(provider: Provider, *, actor: User) -> Imported:
    """Ask a provider for its models, a LiteLLM proxy also for their prices, and keep both.

    Raises ModelsUnknown, LentStays, Forbidden.
    """
    policies.check(actor, "manage", provider)
    if provider.grant_id:
        raise LentStays
    if provider.kind != Provider.Kind.OPENAI:
        raise ModelsUnknown(
            "Only providers that speak OpenAI's protocol can be asked for their models."
        )
    key = router.target_of(provider, "", {}).upstream.key
    told = told_by(provider.base_url, key, is_proxy=provider.litellm_provider == PROXY)
    return _keep(provider, actor, told)


@dataclass(frozen=True)
class Told:
    """What an upstream says of itself: the names of its models, and what a proxy adds to each.

    `problem` says why it added nothing where the key may call models and not read of them.
    """

    names: list[str]
    info: list[Any]
    problem: str = ""


def told_by(address: str, key: str, *, is_proxy: bool, patience_s: float = PATIENCE_S) -> Told:
    """Ask an upstream for its models, a proxy also for their prices. Raises ModelsUnknown."""
    # A loop of its own in a thread of its own: whatever loop the caller is served by goes on.
    with ThreadPoolExecutor(max_workers=1) as thread:
        asking = _asked(address, key, is_proxy, patience_s)
        return thread.submit(copy_context().run, asyncio.run, asking).result()


async def _asked(address: str, key: str, is_proxy: bool, patience_s: float) -> Told:
    try:
        listed = await _get(f"{address}/models", key, patience_s)
        info, problem = await _info(address, key, patience_s) if is_proxy else ([], "")
    finally:
        await egress.close()  # the connections of this short-lived loop
    names = {str(each.get("id") or "") for each in listed if isinstance(each, dict)}
    kept = sorted(name for name in names if 0 < len(name) <= LONGEST_NAME and name.isprintable())
    return Told(kept[:MOST_MODELS], info, problem)


async def _info(address: str, key: str, patience_s: float) -> tuple[list[Any], str]:
    try:
        return await _get(f"{address}/model/info", key, patience_s), ""
    except KeyMayNot as refusal:  # a key that may do no more than call is common at a proxy
        return [], UNREAD.format(refusal.answered)


async def _get(url: str, key: str, patience_s: float) -> list[Any]:
    """Return the list that an upstream gives. Raises ModelsUnknown."""
    headers = {"Authorization": f"Bearer {key}"} if key else {}
    try:
        answer = await egress.request(
            "GET", url, headers=headers, timeout_s=patience_s, max_bytes=MOST_BYTES,
            follow_redirects=False,  # a key is bound to one origin
        )  # fmt: skip
    except EgressError as error:
        raise ModelsUnknown(f"It could not be asked: {error}") from error
    if answer.status in (HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN):
        raise KeyMayNot(answer.status)
    if answer.status != HTTPStatus.OK:
        raise ModelsUnknown(f"Asked for its models, it answered {answer.status}.")
    try:
        data = parsed(answer.body).get("data")
    except ValueError:
        data = None
    if not isinstance(data, list):
        raise ModelsUnknown("Asked for its models, it sent something that is no list of them.")
    return data


@transaction.atomic
def _keep(provider: Provider, actor: User, told: Told) -> Imported:
    provider = Provider.objects.select_for_update().get(pk=provider.pk)
    provider.known_models = told.names
    provider.save(update_fields=["known_models", "updated_at"])
    known = {
        each.model: each
        for each in ModelPrice.objects.at(timezone.now()).filter(provider=provider.slug)
    }
    changed = [
        each
        for each in prices_in(told.info, provider.slug)
        if not _same(known.get(each.model), each)
    ]
    ModelPrice.objects.bulk_create(changed)
    done = Imported(len(told.names), len(changed), told.problem)
    record("provider.models_imported", actor=actor, target=provider, after=vars(done))
    news.announce()  # rows that are made at once tell nobody
    outlook.look_soon()
    return done


def prices_in(told: list[Any], provider: str) -> Iterator[ModelPrice]:
    """Yield what a proxy says that its models cost; of one with several deployments, the first."""
    seen = set()
    for each in told[:MOST_MODELS]:
        name = str(each.get("model_name") or "") if isinstance(each, dict) else ""
        info = each.get("model_info") if name else None
        if not isinstance(info, dict) or name in seen or len(name) > LONGEST_NAME:
            continue
        given, taken = _usd(info, "input"), _usd(info, "output")
        if given is not None and taken is not None:
            seen.add(name)
            limits = {ours: _count(info.get(theirs)) for ours, theirs in LIMITS.items()}
            yield ModelPrice(
                provider=provider, model=name, input_usd=given, output_usd=taken,
                source=SOURCE, **limits,
            )  # fmt: skip


def _same(known: ModelPrice | None, other: ModelPrice) -> bool:
    """Tell whether nothing changed, or whether people here have said otherwise themselves."""
    if known is None:
        return False
    names = ("input_usd", "output_usd", *LIMITS)
    return not known.source or all(getattr(known, n) == getattr(other, n) for n in names)


def _usd(info: JSONDict, way: str) -> Decimal | None:
    try:
        amount = Decimal(str(info.get(f"{way}_cost_per_token"))) * MILLION
    except InvalidOperation:
        return None
    return round(amount, 6) if amount.is_finite() and 0 <= amount < MOST_USD else None


def _count(tokens: Any) -> int | None:
    return int(tokens) if isinstance(tokens, int | float) and 0 < tokens < 10**9 else None
