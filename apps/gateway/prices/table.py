"""The prices that count now, one row for each model: the workspace's own, then the delivered ones."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from django.utils import timezone
from yarl import URL

from apps.accounts import policies
from apps.accounts.models import User
from apps.gateway import catalogue
from apps.gateway.catalogue import Listed
from apps.gateway.models import ModelPrice, RouteTarget, best_price

SOON = timedelta(days=90)  # from when on a model that is going to be retired is told of
OWN, DELIVERED = "own", "delivered"
USED, RETIRING, RETIRED = "used", "retiring", "retired"
STATES = (USED, RETIRING, RETIRED)

Key = tuple[str, str]  # provider and model, as a price names them


@dataclass(frozen=True)
class Row:
    """A price, and the routes that lead to its model."""

    price: ModelPrice | Listed
    routes: tuple[str, ...]
    today: date

    @property
    def own(self) -> ModelPrice | None:
        """The workspace's own price, which can be changed."""
        return self.price if isinstance(self.price, ModelPrice) else None

    @property
    def source(self) -> str:
        """`own` or `delivered`."""
        return OWN if self.own else DELIVERED

    @property
    def life(self) -> str:
        """`retiring`, `retired`, or nothing."""
        end = self.price.retires_on
        if end is None or end - self.today > SOON:
            return ""
        return RETIRING if end > self.today else RETIRED

    @property
    def is_leaving(self) -> bool:
        """Whether a route leads to a model that is gone or soon will be."""
        return bool(self.routes and self.life)

    def has(self, state: str) -> bool:
        """Tell whether one of the states holds."""
        return bool(self.routes) if state == USED else self.life == state


def of_all(actor: User) -> list[Row]:
    """Return the prices of all models: those that are used first, then the workspace's own."""
    today = timezone.now().date()
    own = list(policies.visible(actor, ModelPrice.objects.at(timezone.now())))
    said = {(each.provider, each.model) for each in own}
    delivered = [
        each for each in catalogue.every(on=today) if (each.provider, each.model) not in said
    ]
    users = _users(own)
    prices: list[ModelPrice | Listed] = [*own, *delivered]
    rows = [Row(each, tuple(users.get((each.provider, each.model), ())), today) for each in prices]
    return sorted(rows, key=lambda row: (not row.routes, row.own is None))


def leaving() -> list[Row]:
    """Return what routes lead to and is gone or soon will be, the first to go first."""
    today = timezone.now().date()
    own = list(ModelPrice.objects.at(timezone.now()))
    prices: list[ModelPrice | Listed] = [*catalogue.every(on=today), *own]
    known = {(each.provider, each.model): each for each in prices}
    rows = [Row(known[key], tuple(routes), today) for key, routes in _users(own).items()]
    return sorted(
        (row for row in rows if row.is_leaving), key=lambda row: row.price.retires_on or today
    )


def _users(own: Iterable[ModelPrice]) -> dict[Key, list[str]]:
    """Return the routes that lead to the model of each price."""
    found: dict[Key, list[str]] = defaultdict(list)
    targets = RouteTarget.objects.select_related("provider", "route").order_by("route__alias")
    for target in targets:
        provider = target.provider
        host = URL(provider.base_url).host or "" if provider.base_url else ""
        price = None if provider.is_builtin else best_price(own, provider, host, target.model)
        if price is not None and target.route.alias not in found[price.provider, price.model]:
            found[price.provider, price.model].append(target.route.alias)
    return found
