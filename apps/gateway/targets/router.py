"""What a name leads to: the settings of a workspace, read once and remembered, and a plan from them.

An alias is looked up first; `provider/model` names a model past all routes. Nothing here asks a
model: `exchange` does.
"""

from dataclasses import dataclass, field, replace
from decimal import Decimal
from uuid import UUID

from django.utils import timezone
from django.utils.functional import cached_property
from yarl import URL

from apps.common.types import JSONDict
from apps.egress import client as egress
from apps.egress.exceptions import EgressError
from apps.gateway.asks import storable
from apps.gateway.calls import PATIENCE, WORKFLOW, Patience, Upstream
from apps.gateway.exceptions import UnknownRoute
from apps.gateway.guards.policy import NONE, Guards
from apps.gateway.memory import Memory
from apps.gateway.models import (
    AllowList,
    Credential,
    GuardDefaults,
    ModelPrice,
    ModelRoute,
    Prompt,
    Provider,
    RouteTarget,
    TaskQuality,
    best_price,
)
from apps.gateway.routes.candidates import Allowed, Candidate
from apps.gateway.routes.policy import DEFAULT, Policy
from apps.gateway.routes.priors import Known, Prior
from apps.gateway.usage import Usage
from apps.grants import lending
from apps.grants.lending import Lent
from apps.vault.exceptions import CannotUnseal
from apps.vault.sealers import Sealer
from apps.vault.services import sealer, unseal

ALL = Allowed()
NOT_LENT = "not_lent"
LEARNING = {"verify", "prefer", "quality_floor"}  # of a policy: what looks at what was learnt
Keys = tuple["Key", ...]
MOST_PLANS = 1_000  # of a workspace; a program may name models as it likes
FRESH_S, GOOD_S = 10.0, 30.0  # how late a change of settings counts when nobody is told of it


@dataclass(frozen=True)
class Key:
    """A key of a provider, opened; those of the lowest order are used first, by their weights."""

    id: UUID
    secret: str = field(repr=False)
    order: int = 0
    weight: int = 1


@dataclass(frozen=True)
class Target:
    """A model of a route, with what a million of its tokens cost and what is stated of it.

    The upstream has the first of its keys; `trying` gives it the one whose turn it is.
    """

    upstream: Upstream
    price: ModelPrice | None = None
    keys: Keys = ()
    credential_id: UUID | None = None
    provider_id: UUID | None = None
    max_calls: int | None = None
    lent: Lent | None = None  # by the platform, with a quota
    state: str = "ready"  # of its provider
    row: RouteTarget | None = None  # None: named past all routes

    @cached_property
    def stated(self) -> Candidate:
        """What a choice sees of it that does not change from call to call."""
        row, free, price = self.row or RouteTarget(), Decimal(0), self.price
        return Candidate(
            provider=self.upstream.provider, model=storable(self.upstream.model, 200),
            order=row.order, weight=row.weight, canary=row.role == RouteTarget.Role.CANARY,
            cheap=row.role == RouteTarget.Role.CHEAP,
            builtin=self.is_ours, state=self.state, context_tokens=row.context_tokens,
            capabilities=tuple(row.capabilities), region=row.region, quality=row.quality,
            input_usd=free if self.is_ours else price and price.input_usd,
            output_usd=free if self.is_ours else price and price.output_usd,
            cached_usd=None if self.is_ours else price and price.cache_read_usd,
        )  # fmt: skip

    @property
    def cooled_by(self) -> str:
        """What a provider's wish to be asked less counts for: its key, and of it one model."""
        return self.cooled_with(self.credential_id)

    @cached_property
    def pool(self) -> tuple[str, ...]:
        """The same, for each of its keys: it is left alone where all of them are."""
        return tuple(self.cooled_with(each.id) for each in self.keys) or (self.cooled_by,)

    def cooled_with(self, credential_id: UUID | None) -> str:
        """Return what is left alone where a key is."""
        return f"{credential_id or self.provider_id}/{self.upstream.model}"

    def keyed(self, key: Key) -> "Target":
        """Return the target with one of its keys."""
        return replace(self, upstream=replace(self.upstream, key=key.secret), credential_id=key.id)

    def with_other_keys(self) -> "Target | None":
        """Return the target without the key that it has; None where it has no other."""
        rest = tuple(each for each in self.keys if each.id != self.credential_id)
        return replace(self, keys=rest).keyed(rest[0]) if rest else None

    @property
    def is_builtin(self) -> bool:
        """Whether it is ours, without a model."""
        return self.upstream.kind == Provider.Kind.BUILTIN

    @property
    def is_ours(self) -> bool:
        """Whether no provider is asked: it costs nothing by itself, and no breaker guards it."""
        return self.is_builtin or self.upstream.kind == WORKFLOW

    def cost(self, usage: Usage) -> Decimal | None:
        """Return what the tokens cost; None where the price is not known."""
        if self.is_ours:
            return Decimal(0)
        return self.price.cost(usage) if self.price else None


@dataclass(frozen=True)
class Similar:
    """Which route or model tells whether questions are alike, and how often that may be wrong."""

    embedder: str
    accepted_error: float


@dataclass(frozen=True)
class CachePolicy:
    """How a route keeps its answers: for how long, of which questions, and sealed with what."""

    ttl_s: int
    varied: bool
    epoch: int
    sealer: Sealer
    similar: Similar | None = None
    ahead: bool = False  # what a workflow asks each time is asked before its schedule fires


@dataclass(frozen=True)
class Plan:
    """The targets of a route and its policy; of a model named directly, that one alone."""

    route: str
    version: int | None
    targets: tuple[Target, ...]
    policy: Policy = DEFAULT
    allowed: Allowed = ALL
    cache: CachePolicy | None = None
    known: Known = field(default_factory=dict, repr=False)  # what was learnt of models
    guards: Guards | None = None  # None: nothing is looked for


@dataclass(frozen=True)
class RoutingTable:
    """The models of a workspace as they can be called now. Immutable: a change makes another."""

    providers: dict[str, Provider]
    routes: dict[str, ModelRoute]
    prices: list[ModelPrice]
    keys: dict[UUID, Keys] = field(repr=False)  # opened, by provider
    allowed: Allowed = ALL
    sealer: Sealer | None = None  # where a route keeps answers
    known: Known = field(default_factory=dict, repr=False)  # where a route asks for it
    guards: Guards = NONE  # of all calls whose route has none of its own
    _plans: dict[str, Plan] = field(default_factory=dict, repr=False)

    def plan(self, name: str) -> Plan:
        """Return what a name leads to. Raises UnknownRoute."""
        found = self._plans.get(name)
        if found is None:
            found = self._route(name) if name in self.routes else self._direct(name)
            if len(self._plans) < MOST_PLANS:
                self._plans[name] = found
        return found

    @cached_property
    def models(self) -> list[str]:
        """The models that can be named directly, as `provider/model`, of those that are known."""
        named = {
            (each.provider.slug, each.model)
            for route in self.routes.values()
            for each in route.targets.all()
        }
        named |= {(each.slug, each.default_model) for each in self.providers.values()}
        named |= {(each.slug, m) for each in self.providers.values() for m in each.known_models}
        return sorted(
            f"{slug}/{model}"
            for slug, model in named
            if model and self.providers[slug].state == "ready"
        )

    def _route(self, alias: str) -> Plan:
        route = self.routes[alias]
        targets = tuple(
            replace(self._target(each.provider, each.model, each.params), row=each)
            for each in route.targets.all()
        )
        policy = Policy.of(route.policy)
        cache = self._cache_of(route)
        guards = _working(policy.guards or self.guards)
        return Plan(
            route.alias, route.version, targets, policy, self.allowed, cache, self.known, guards
        )  # fmt: skip

    def _cache_of(self, route: ModelRoute) -> CachePolicy | None:
        if route.cache_ttl_s is None or self.sealer is None:
            return None
        embedder = route.cache_embedder
        return CachePolicy(
            route.cache_ttl_s, route.cache_varied, route.cache_epoch, self.sealer,
            Similar(embedder, route.cache_error) if embedder else None, route.cache_ahead,
        )  # fmt: skip

    def _direct(self, name: str) -> Plan:
        slug, _, model = name.partition("/")
        provider = self.providers.get(slug)
        if provider is None or not model:
            raise UnknownRoute(f"There is no model route named “{name[:80]}”.")
        target = self._target(provider, model[:200], {})
        return Plan("", None, (target,), allowed=self.allowed, guards=_working(self.guards))

    def _target(self, provider: Provider, model: str, params: JSONDict) -> Target:
        return _target(provider, model, params, self.keys.get(provider.pk, ()), self.prices)


_tables: Memory[RoutingTable] = Memory(lambda _: load(), fresh_s=FRESH_S, good_s=GOOD_S)


async def routing_table() -> RoutingTable:
    """Return the workspace's models, as they were a moment ago; most calls need no query."""
    found = await _tables.get("")
    assert found is not None
    return found


def load() -> RoutingTable:
    """Read the workspace's models."""
    providers = list(Provider.objects.with_keys())
    take_on(providers)
    by_id = {each.pk: each for each in providers}
    routes = list(ModelRoute.objects.prefetch_related("targets"))
    for route in routes:
        for target in route.targets.all():
            target.provider = by_id[target.provider_id]
    return RoutingTable(
        providers={each.slug: each for each in providers},
        routes={each.alias: each for each in routes},
        prices=list(ModelPrice.objects.at(timezone.now())),
        keys={each.pk: opened for each in providers if (opened := _opened(each))},
        allowed=allowed(),
        sealer=_sealer() if any(each.cache_ttl_s for each in routes) else None,
        known=_known() if any(LEARNING & set(each.policy) for each in routes) else {},
        guards=guards(),
    )


def _known() -> Known:
    now = timezone.now()
    rows = TaskQuality.objects.latest_known()
    return {(each.task, each.model): Prior.of(each, now) for each in rows}


def allowed() -> Allowed:
    """Return which models may be asked at all."""
    found = AllowList.objects.first()
    if found is None:
        return ALL
    return Allowed(patterns=tuple(found.patterns), regions=tuple(found.regions))


def guards() -> Guards:
    """Return the guards of calls whose route has none of its own."""
    found = GuardDefaults.objects.first()
    return Guards.model_validate(found.settings) if found is not None else NONE


def _working(guards: Guards) -> Guards | None:
    return guards if guards.is_needed else None


def _sealer() -> Sealer | None:
    try:
        return sealer("gateway.cache")
    except CannotUnseal:  # answers are then asked for, not kept
        return None


def target_of(
    provider: Provider,
    model: str,
    params: JSONDict,
    patience: Patience = PATIENCE,
    *,
    key: Credential | None = None,
) -> Target:
    """Return a provider's model, ready to be called outside of any route; with one key, if named."""
    prices = list(ModelPrice.objects.at(timezone.now()))
    take_on([provider])
    keys = tuple(each for each in _opened(provider) if key is None or each.id == key.pk)
    made = replace(_target(provider, model, params, keys, prices, patience), max_calls=None)
    if made.state in (NOT_LENT, Provider.Status.WITHDRAWN):
        return made
    return replace(made, state="ready")  # whoever tries it wants to know how it answers


def _target(
    provider: Provider, model: str, params: JSONDict, keys: Keys, prices: list[ModelPrice],
    patience: Patience = PATIENCE,
) -> Target:  # fmt: skip
    upstream = Upstream(
        provider=provider.slug, kind=provider.kind, model=model, base_url=provider.base_url,
        litellm_provider=provider.litellm_provider, capabilities=tuple(provider.capabilities),
        params=params, key=keys[0].secret if keys else "", patience=patience,
    )  # fmt: skip
    host = URL(provider.base_url).host or "" if provider.base_url else ""
    return Target(
        upstream, best_price(prices, provider, host, model), keys, keys[0].id if keys else None,
        provider.pk, provider.max_calls, provider.lent, _state(provider, model),
    )  # fmt: skip


def take_on(providers: list[Provider]) -> None:
    """Fill in what the platform says of those that it lends: a workspace's own row is not asked."""
    granted = [each for each in providers if each.grant_id is not None]
    lent = lending.lent() if granted else {}
    for each in granted:
        each.lent = found = lent.get(each.grant_id) if each.grant_id else None
        if found is None:
            each.status = Provider.Status.WITHDRAWN
            continue
        each.base_url, each.kind = found.base_url, found.kind
        each.litellm_provider, each.capabilities = found.litellm_provider, list(found.capabilities)


def _state(provider: Provider, model: str) -> str:
    if provider.lent is not None and not provider.lent.lends(model):
        return NOT_LENT
    return provider.state


def _opened(provider: Provider) -> Keys:
    """Return the provider's usable keys, each opened for its own origin only."""
    if provider.grant_id is not None:
        lent = provider.lent
        return (Key(lent.provider_id, lent.key),) if lent and lent.key else ()
    opened = ((each, _secret(provider, each)) for each in provider.usable_keys)
    return tuple(Key(each.pk, secret, each.order, each.weight) for each, secret in opened if secret)


def _secret(provider: Provider, key: Credential) -> str:
    try:
        at_home = key.origin == egress.origin_of(provider.base_url)
        return unseal(key.sealed, context=key.context) if at_home else ""
    except (EgressError, CannotUnseal):  # one that is spoilt must not stop the others
        return ""


def limits_calls() -> bool:
    """Tell whether there is a provider of which only so many calls may go on at a time."""
    return Provider.objects.exclude(max_calls=None).exists()


def first_provider(alias: str) -> Provider | None:
    """Return the provider that a route asks first; None where none can be asked."""
    targets = RouteTarget.objects.filter(route__alias=alias).select_related("provider")
    found = targets.prefetch_related("provider__credentials")
    return next((each.provider for each in found if each.provider.state == "ready"), None)


def settings_stamp() -> str:
    """Return what changes whenever providers, credentials, routes or prompts do: answers may then differ."""
    newest = (
        model.objects.order_by("-updated_at").values_list("updated_at", flat=True)[:1]
        for model in (Provider, Credential, ModelRoute, Prompt)
    )
    counts = (model.objects.count() for model in (Provider, Credential, RouteTarget, Prompt))
    return " ".join(str(each) for each in (*(list(times) for times in newest), *counts))
