"""One target that is asked, in a task of its own, so that others can be asked meanwhile."""

import asyncio
import logging
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from uuid import UUID

from django.db import transaction

from apps.audit.services import record
from apps.egress.answers import LONG_S
from apps.egress.breakers import Fault, Health, Verdict, breaker
from apps.egress.exceptions import BreakerOpen
from apps.gateway import alarms
from apps.gateway.adapters import builtin, litellm_adapter, openai_compatible
from apps.gateway.adapters.speaking import adapter_for
from apps.gateway.asks import Ask
from apps.gateway.calls import GoThrough, Upstream
from apps.gateway.exceptions import (
    AddressDenied,
    GatewayError,
    KeyRefused,
    NotOffered,
    ProviderBusy,
    ProviderFull,
    ProviderResting,
)
from apps.gateway.models import Credential, Provider
from apps.gateway.routes import health, sharing
from apps.gateway.routes.health import Sample
from apps.gateway.targets import granted
from apps.gateway.targets.deciding import schema
from apps.gateway.targets.router import Target
from apps.gateway.upstreams import failures
from apps.gateway.upstreams.answers import Answer
from apps.tenants.database import query

logger = logging.getLogger(__name__)

Adapter = Callable[[Ask, Upstream], AbstractAsyncContextManager[Answer]]
FULL_S = 1.0  # after which it is worth asking again for a place that others have
COOL_S = 1.0  # for which a key is left alone that was asked too much, where nobody says how long
REFUSED_S = 60.0  # for which a lent key is left alone for a model that it was refused for
_held: Counter[UUID] = Counter()  # places at providers, of calls that no step makes
ADAPTERS: dict[str, Adapter] = {
    Provider.Kind.BUILTIN: builtin.opened,
    Provider.Kind.OPENAI: openai_compatible.opened,
    Provider.Kind.LITELLM: litellm_adapter.opened,
}


class Leg:
    """A target that is asked. What its answer ended with is handed on to the breaker by `end`."""

    def __init__(
        self,
        target: Target,
        ask: Ask,
        *,
        go_through: GoThrough | None = None,
        in_need: bool = False,
    ) -> None:
        """Begin to ask; `in_need`: although its breaker is open, since all are."""
        self.target, self.ask = target, ask
        loop = asyncio.get_running_loop()
        self.beginning: asyncio.Future[Answer] = loop.create_future()
        self._over: asyncio.Future[None] = loop.create_future()
        self._vitals = health.of(schema(), target.stated.name)
        self._start = time.perf_counter()
        self._first_ms = 0
        self._task = loop.create_task(self._run(go_through, in_need))

    @property
    def elapsed_ms(self) -> int:
        """Milliseconds since it was asked."""
        return round((time.perf_counter() - self._start) * 1000)

    async def begun(self) -> Answer:
        """Return the answer once it begins. Raises GatewayError."""
        return await asyncio.shield(self.beginning)

    async def end(self, error: BaseException | None = None) -> None:
        """Let go of the target; `error` is what its answer ended with, None that it ended well."""
        answered = self.beginning.done() and not self._task.done()
        if answered and error is None:
            self._over.set_result(None)
        elif answered and isinstance(error, GatewayError):
            self._over.set_exception(error)
        else:
            self._task.cancel()
        await asyncio.wait({self._task})

    async def _run(self, go_through: GoThrough | None, in_need: bool) -> None:
        self._vitals.under_way += 1
        try:
            async with (
                _place(self.target, go_through),
                granted.metered(self.target, self.ask) as meter,
                _guarded(self.target, self.ask, in_need=in_need) as answer,
            ):
                await answer.begin()
                meter.answer = answer
                self._first_ms = self.elapsed_ms
                self._vitals.feel(self._first_ms, time.time())
                self.beginning.set_result(answer)
                await self._over
            self._note(ok=True)
        except GatewayError as error:
            await self._failed(error)
        except asyncio.CancelledError:
            self.beginning.cancel()
            raise
        except Exception as error:
            if self.beginning.done():
                logger.exception("Letting go of a model failed")
            self._tell(error)
        finally:
            self._vitals.under_way -= 1

    async def _failed(self, error: GatewayError) -> None:
        if error.blames_service:
            self._vitals.feel(self.elapsed_ms, time.time(), ok=False)
            self._note(ok=False)
        try:
            await self._see_to(error)
        except Exception:  # whoever asked is answered all the same
            logger.exception("What follows from a refusal was not done")
        self._tell(error)

    async def _see_to(self, error: GatewayError) -> None:
        """Do what a refusal asks for beside an answer."""
        if isinstance(error, ProviderBusy) and _is_broke(error):
            await query(_tell_of_money, self.target)
        elif isinstance(error, ProviderBusy):
            self._cool(error)
        if isinstance(error, KeyRefused) and self.target.credential_id is not None:
            if self.target.lent is not None:
                self._leave_alone(REFUSED_S)
            await query(_give_up, self.target)

    def _cool(self, error: ProviderBusy) -> None:
        """Leave the key alone for this model as long as its provider wishes."""
        self._leave_alone(COOL_S if error.retry_after is None else error.retry_after)

    def _leave_alone(self, seconds: float) -> None:
        sharing.cool(schema(), self.target.cooled_by, time.time() + seconds)

    def _tell(self, error: Exception) -> None:
        if not self.beginning.done():
            self.beginning.set_exception(error)
            self.beginning.exception()  # whoever gave up does not ask

    def _note(self, *, ok: bool) -> None:
        took_ms = self.elapsed_ms
        first_ms = self._first_ms or took_ms
        sample = Sample(time.time(), first_ms, took_ms, ok, streamed=self.ask.streams)
        self._vitals.note(sample)
        sharing.note(schema(), self.target.stated.name, sample)


@asynccontextmanager
async def _place(target: Target, go_through: GoThrough | None) -> AsyncIterator[None]:
    """Hold a place at a provider whose calls at a time are limited. Raises ProviderFull.

    Places of steps are rows that all processes share; those of other calls, which never wait for
    the database, are counted by this process.
    """
    provider, most = target.provider_id, target.max_calls
    if provider is None or most is None:
        yield
        return
    if go_through is not None:
        if not await go_through(provider, most):
            raise ProviderFull(retry_after=FULL_S)
        yield
        return
    if _held[provider] >= most:
        raise ProviderFull(retry_after=FULL_S)
    _held[provider] += 1
    try:
        yield
    finally:
        _held[provider] -= 1
        if not _held[provider]:
            del _held[provider]


@asynccontextmanager
async def _guarded(target: Target, ask: Ask, *, in_need: bool) -> AsyncIterator[Answer]:
    """Ask a target unless its breaker is open, and let the breaker hear how it went."""
    adapter = adapter_for(ask, target.upstream, ADAPTERS[target.upstream.kind])
    if target.is_ours:
        async with adapter(ask, target.upstream) as answer:
            yield answer
        return
    try:
        async with (
            breaker("model", target.upstream.place, judge=_health, in_need=in_need),
            adapter(ask, target.upstream) as answer,
        ):
            yield answer
    except BreakerOpen as error:
        raise ProviderResting(str(error), retry_after=error.retry_after) from error


def _health(error: Exception) -> Verdict:
    """Return whose fault it was. What a provider said may repeat a prompt, so it is not kept."""
    if not isinstance(error, GatewayError):
        return Health.UNKNOWN
    wait = error.retry_after or 0
    if error.blames_service or (isinstance(error, ProviderBusy) and wait >= LONG_S):
        return Fault((type(error).__doc__ or "").strip(), wait)
    was_asked = not isinstance(error, AddressDenied | NotOffered)
    return Health.WELL if was_asked else Health.UNKNOWN


def _is_broke(error: ProviderBusy) -> bool:
    """Tell whether the account has nothing left to pay with: no waiting brings money."""
    return error.told is not None and error.told.code == failures.NO_MONEY


def _tell_of_money(target: Target) -> None:
    """Tell who can top the account up; the calls that fail meanwhile are many, so once a day."""
    if target.lent is not None:
        granted.tell_of_money(target.lent)
    elif target.credential_id is not None and alarms.is_new(target.credential_id):
        alarms.out_of_money(Credential.objects.get(pk=target.credential_id))


@transaction.atomic
def _give_up(target: Target) -> None:
    """Disable a key that its provider refused; the next call would only be refused again."""
    if target.lent is not None:
        granted.refuse_key(target.lent, target.upstream.model)
        return
    assert target.credential_id is not None
    keys = Credential.objects.select_for_update().filter(pk=target.credential_id, status="active")
    key = keys.first()
    if key is not None:
        key.disable(Credential.REFUSED)
        record(
            "provider.key_refused", actor=None, target=key.provider, after={"last4": key.last4},
            result="failed",
        )  # fmt: skip
        alarms.key_refused(key)
