"""What is made through a key is no freer than that key: it lasts no longer and comes from nowhere else.

Else whoever finds a key that was lent for a day, or bound to one network, would have it for good.
"""

from collections.abc import Collection
from datetime import datetime

from apps.accounts import networks as accepting
from apps.accounts.models import ApiKey, User
from apps.common.errors import Forbidden

BOUND = "Your own key is bound to networks: name only such as lie within them."


def networks(wanted: Collection[str], actor: User | None) -> list[str]:
    """Return networks as they are kept; through a bound key no wider one is made."""
    kept = accepting.normal(wanted)
    through = actor.acting_key if actor is not None else None
    if through is None or not through.networks:
        return kept
    if not kept:
        return list(through.networks)
    if not _lies_within(kept, through.networks):
        raise Forbidden(BOUND)
    return kept


def end(wanted: datetime | None, actor: User | None) -> datetime | None:
    """Return the end of a new key: through one that ends, its own where none is named. Raises Forbidden."""
    own = _end_of(actor)
    if own is None or wanted is None:
        return wanted or own
    check_end(wanted, actor)
    return wanted


def check_end(wanted: datetime | None, actor: User | None) -> None:
    """Raise Forbidden for an end of a key that lies behind the one of the actor's own."""
    own = _end_of(actor)
    if own is not None and (wanted is None or wanted > own):
        raise Forbidden(f"Your own key ends at {own.isoformat()}: name no later end.")


def check_no_freer(key: ApiKey, actor: User) -> None:
    """Raise Forbidden for a key whose text would be worth more than the one that is acted through."""
    check_end(key.expires_at, actor)
    through = actor.acting_key
    if through is None or not through.networks:
        return
    if not key.networks or not _lies_within(key.networks, through.networks):
        raise Forbidden(BOUND)


def _lies_within(inner: Collection[str], outer: Collection[str]) -> bool:
    return accepting.within(accepting.read(inner), accepting.read(outer))


def _end_of(actor: User | None) -> datetime | None:
    """Return when the key ends that somebody acts through; tokens of providers make no keys."""
    through = actor.acting_key if actor is not None else None
    return through.expires_at if isinstance(through, ApiKey) else None
