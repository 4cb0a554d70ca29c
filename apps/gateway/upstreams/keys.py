"""Keys of providers: sealed, bound to one origin, and never readable again."""

import re
from typing import Any

from yarl import URL

from apps.accounts.models import User
from apps.audit.services import record
from apps.egress import client as egress
from apps.egress.exceptions import EgressError
from apps.gateway.exceptions import BadAddress, BadProvider
from apps.gateway.models import MOST_KEYS, Credential, Provider
from apps.vault.services import seal

MAX_KEY, MAX_ADDRESS = 4096, 500
LEAST_SHOWN = 12  # of a shorter key the last four signs would be too much


def checked_address(url: str, *, with_key: bool) -> str:
    """Return an address that may be called. Raises BadAddress.

    A key would travel in the clear over plain http: that is for the operator's exceptions only.
    """
    url = url.strip().rstrip("/")
    try:
        origin = egress.origin_of(url)
    except EgressError as error:
        raise BadAddress.at("base_url", str(error)) from error
    if "?" in url or "#" in url or len(url) > MAX_ADDRESS:
        message = f"The address may not hold ? or # and has at most {MAX_ADDRESS} signs."
        raise BadAddress.at("base_url", message)
    if with_key and origin.startswith("http://") and not egress.is_excepted(URL(url)):
        raise BadAddress.at("base_url", "A key may only be sent over https://.")
    return url


def store(provider: Provider, key: str, *, actor: User, **place: Any) -> Credential:
    """Seal one more key for the provider's origin. Raises BadProvider, BadAddress."""
    key = checked_key(key)
    checked_address(provider.base_url, with_key=True)
    if provider.credentials.filter(status=Credential.Status.ACTIVE).count() >= MOST_KEYS:
        raise BadProvider.at("credential", f"A provider has at most {MOST_KEYS} keys.")
    made = Credential(provider=provider, origin=egress.origin_of(provider.base_url), **place)
    made.last4 = last4_of(key)
    made.sealed = seal(key, context=made.context)
    made.save()
    after = {"last4": made.last4, **place}
    record("provider.key_set", actor=actor, target=provider, after=after)
    return made


def replace(provider: Provider, key: str, *, actor: User) -> Credential:
    """Put another secret in the place of the one key that is used; where there is none, add it.

    Raises BadProvider where there are several, BadAddress.
    """
    used = list(provider.credentials.filter(status=Credential.Status.ACTIVE))
    if len(used) > 1:
        raise BadProvider.at("credential", "It has several keys: rotate one of them.")
    return rotate(used[0], key, actor=actor) if used else store(provider, key, actor=actor)


def rotate(old: Credential, key: str, *, actor: User) -> Credential:
    """Let another secret take the place of a key; the one before stops. Raises BadProvider."""
    checked_key(key)
    old.disable(Credential.REPLACED)
    return store(old.provider, key, actor=actor, **old.place)


def last4_of(key: str) -> str:
    """Return what of a key may be shown."""
    return key[-4:] if len(key) >= LEAST_SHOWN else ""


def checked_key(key: str) -> str:
    """Return a key without blanks around it. Raises BadProvider for what cannot be one."""
    key = key.strip()
    if len(key) > MAX_KEY or not re.fullmatch(r"[\x21-\x7e]+", key):
        message = "A key holds only letters, digits and signs, without blanks."
        raise BadProvider.at("credential", message)
    return key


def keep_home(provider: Provider, *, actor: User) -> None:
    """Disable each key that belongs to another origin than the provider's."""
    for key in provider.credentials.filter(status=Credential.Status.ACTIVE):
        if key.origin != egress.origin_of(provider.base_url):
            key.disable(Credential.MOVED)
            after = {"last4": key.last4, "reason": Credential.MOVED}
            record("provider.key_disabled", actor=actor, target=provider, after=after)
