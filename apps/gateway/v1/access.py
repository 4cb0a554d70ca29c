"""Who asks over /v1: an API key, looked up in memory, and what it may ask of models."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from fnmatch import fnmatchcase
from uuid import UUID

from django.utils import timezone

from apps.accounts import keys, networks, refusals
from apps.accounts.exceptions import AddressRefused
from apps.accounts.models import ApiKey
from apps.accounts.services import note_refusal
from apps.common.errors import Unauthenticated
from apps.common.requests import request_info
from apps.gateway.asks import Source
from apps.gateway.memory import Memory
from apps.gateway.models import VirtualKey
from apps.gateway.workflow_models import is_workflow
from apps.tenants.database import query

PERMISSION = "model.call"
# A revoked key is refused at once by every process that hears of it, and by all within five seconds.
FRESH_S, GOOD_S = 2.5, 4.5
USED_S = 60  # how exact the time of a key's last use is


class KeyRefused(Unauthenticated):
    """The API key is not valid: it is wrong, revoked or expired."""

    code = "invalid_api_key"


@dataclass(frozen=True)
class Access:
    """What a key may ask of models. `routes` None: every alias; `direct`: patterns of provider/model."""

    key_id: UUID
    user_id: UUID
    may_call: bool
    routes: frozenset[str] | None = None
    direct: tuple[str, ...] = ()
    rpm: int | None = None
    tpm: int | None = None
    expires_at: datetime | None = None
    # The workflows that may be asked, by their names as models; None: what its person may run.
    workflows: frozenset[str] | None = None
    accepted_from: tuple[networks.Network, ...] = ()  # empty: everywhere

    @property
    def source(self) -> Source:
        """Who is noted in the ledger."""
        return Source(key_id=self.key_id, user_id=self.user_id)

    def may_use(self, alias: str) -> bool:
        """Tell whether a route may be asked."""
        return self.routes is None or alias in self.routes

    def may_name(self, model: str) -> bool:
        """Tell whether `provider/model` may be asked, past all routes."""
        return any(fnmatchcase(model, pattern) for pattern in self.direct)


async def access_of(text: str) -> Access:
    """Return what the key may do. Raises KeyRefused, AddressRefused.

    Whatever the text, one hash is made; of one that is no valid key, one query more.
    """
    key_id, secret = keys.split(text)
    digest = keys.hash_secret(secret)
    access = await _known.get(f"{key_id}:{digest}")
    if access is None or (access.expires_at and access.expires_at <= timezone.now()):
        await query(refusals.note_bearer, text, request_info.get().ip)
        raise KeyRefused
    await _check_sender(access)
    return access


async def _check_sender(access: Access) -> None:
    address = request_info.get().ip
    if access.accepted_from and not networks.admit(access.accepted_from, address):
        await query(note_refusal, access.key_id, address)
        raise AddressRefused(address)


def _load(name: str) -> Access | None:
    key_id, _, digest = name.partition(":")
    found = ApiKey.objects.usable().filter(key_id=key_id)
    # Its hashes alone: to read all of a key takes time, which would tell that there is one.
    shown = found.only("secret_hash", "former_hash", "former_until").first()
    if not keys.opens(digest, shown.hashes if shown else keys.NOBODYS_HASHES):
        return None
    key = found.select_related("user", "role", "virtual").first()
    if key is None:
        return None
    _note_use(key)
    key.user.acting_key = key
    may_call = PERMISSION in key.user.permissions_in()
    ends_at = key.ends_at(digest)
    accepted_from = networks.read(key.networks)
    terms: VirtualKey | None = getattr(key, "virtual", None)
    if terms is None:
        direct = ("*",) if "provider.manage" in key.user.permissions_in() else ()
        return Access(
            key.pk,
            key.user_id,
            may_call,
            direct=direct,
            expires_at=ends_at,
            accepted_from=accepted_from,
        )
    return Access(
        key.pk, key.user_id, may_call,
        routes=None if terms.routes is None else frozenset(terms.routes),
        direct=tuple(terms.direct), rpm=terms.rpm, tpm=terms.tpm, expires_at=ends_at,
        workflows=frozenset(filter(is_workflow, terms.routes or ())),
        accepted_from=accepted_from,
    )  # fmt: skip


def _note_use(key: ApiKey) -> None:
    stale = timezone.now() - timedelta(seconds=USED_S)
    if key.last_used_at is None or key.last_used_at < stale:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now())


_known: Memory[Access] = Memory(_load, fresh_s=FRESH_S, good_s=GOOD_S)
