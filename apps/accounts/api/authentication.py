"""Who is calling the API."""

from datetime import timedelta
from types import SimpleNamespace
from typing import Any
from uuid import UUID

from django.contrib.auth import get_user
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.exceptions import AuthenticationFailed
from rest_framework.request import Request

from apps.accounts import bearers, duties, keys, refusals, services
from apps.accounts.acting import ActingToken
from apps.accounts.exceptions import AddressRefused
from apps.accounts.models import ApiKey, User
from apps.accounts.session_store import SessionStore
from apps.common.errors import DomainError, Unauthenticated
from apps.common.requests import client_ip

SCHEME = "Bearer "


def user_of_key(text: str, address: str) -> User | None:
    """Return the user a key acts as, limited to the key's role; None for any bad key.

    Raises AddressRefused for a good one that is not accepted from the sender's address. Whatever the text, one query and one hash are made: an attempt tells nothing by its time.
    """
    key_id, secret = keys.split(text)
    key = ApiKey.objects.usable().select_related("user", "role").filter(key_id=key_id).first()
    stored = key.hashes if key else keys.NOBODYS_HASHES
    if not keys.opens(keys.hash_secret(secret), stored) or key is None:
        return None
    if not key.opens_from(address):
        services.note_refusal(key.pk, address)
        raise AddressRefused(address)
    stale = timezone.now() - timedelta(minutes=1)
    if key.last_used_at is None or key.last_used_at < stale:
        ApiKey.objects.filter(pk=key.pk).update(last_used_at=timezone.now())
    user: User = key.user
    user.acting_key = key
    return user


def user_of_key_id(key_id: UUID, address: str) -> User | None:
    """Return the user of a key that showed its secret before: None once it may not be used there."""
    key = ApiKey.objects.usable().select_related("user", "role").filter(pk=key_id).first()
    if key is None or not key.opens_from(address):
        return None
    user: User = key.user
    user.acting_key = key
    return user


def user_of_session(session_key: str | None) -> User | None:
    """Return whose session it is now: None once it ended, was revoked or its user was suspended.

    None also while they owe a second factor. What stays open for long, such as a socket, asks again and again.
    """
    holder: Any = SimpleNamespace(session=SessionStore(session_key))
    user = get_user(holder)
    if not isinstance(user, User) or not user.is_active:
        return None
    return None if duties.is_overdue(user, holder.session) else user


def user_of_bearer(text: str, address: str) -> User | None:
    """Return the user of a key, or of a token of an identity provider; None for any bad one.

    Raises AddressRefused, and what the provider's app says of a token that is refused.
    """
    known = bearers.user_of if bearers.is_token(text) else user_of_key
    return known(text, address)


def user_now(request: HttpRequest) -> User | None:
    """Return the user of a request that has been open for a while, by what is true now."""
    header = request.headers.get("Authorization", "")
    if header:
        try:
            return user_of_bearer(header.removeprefix(SCHEME), client_ip(request))
        except DomainError:
            return None
    return user_of_session(request.session.session_key)


class ApiKeyAuthentication(BaseAuthentication):
    """`Authorization: Bearer aut_...`, or a provider's token; the tenant was chosen by host before."""

    def authenticate(self, request: Request) -> tuple[User, ApiKey | ActingToken | None] | None:
        header = request.headers.get("Authorization")
        if not header:
            return None
        if not header.startswith(SCHEME):
            raise AuthenticationFailed
        text, address = header.removeprefix(SCHEME), client_ip(request)
        user = user_of_bearer(text, address)
        if user is None:
            refusals.note_bearer(text, address)
            raise AuthenticationFailed
        return user, user.acting_key

    def authenticate_header(self, request: Request) -> str:
        return Unauthenticated.challenge
