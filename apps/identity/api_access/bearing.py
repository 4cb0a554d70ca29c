"""Letting in who comes to the API with a provider's token; each refusal is written down."""

import logging
from collections.abc import Sequence
from datetime import timedelta

from django.urls import reverse
from django.utils import timezone

from apps.accounts.bearers import Program
from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.common import windows
from apps.common.errors import Unavailable
from apps.common.limits import Limit
from apps.identity.api_access import deciding
from apps.identity.api_access.refusals import TokenRefused
from apps.identity.exceptions import SignInRefused
from apps.identity.models import ApiAccess, Connection, TokenClient

logger = logging.getLogger(__name__)

SITE = "auterity.urls"
REFUSED = Limit("identity-tokens", 120, 60)  # tokens of a sender
NOTED, NOTED_IN_S = (
    120,
    60,
)  # refusals of a workspace that the trail keeps: strangers must not fill it
NOTED_USE = timedelta(minutes=1)


class ProvidersTokens:
    """The tokens of the connections that accept them."""

    def user_of(self, text: str, address: str) -> User | None:
        if not deciding.usable().exists():
            return None
        access: ApiAccess | None = None
        try:
            access = deciding.access_for(text)
            caller = deciding.decide(text, access)
        except TokenRefused as refusal:
            _note(refusal, access, address)
            raise
        except SignInRefused as error:  # of the provider: nothing can be said about the token
            logger.warning("A token could not be checked: %s", error.detail)
            raise Unavailable("The identity provider does not answer. Try again shortly.") from error  # fmt: skip
        _note_use(caller.client)
        return deciding.acting(caller, access)

    def programs(self) -> Sequence[Program]:
        clients = TokenClient.objects.select_related("user", "access__connection")
        return [
            Program(
                str(client),
                str(client.access.connection),
                reverse("identity:api_access", args=[client.access.connection_id], urlconf=SITE),
                client.user.role.label if client.user.role else "",
                client.last_used_at,
            )
            for client in clients.order_by("user__name")
        ]


def _note(refusal: TokenRefused, access: ApiAccess | None, address: str) -> None:
    """Write a refusal down, and count it against its sender. Raises TooMany."""
    if windows.count("identity-tokens-refused", NOTED_IN_S) <= NOTED:
        connection: Connection | None = access.connection if access else None
        told = {"why": refusal.why}
        record("token.refused", actor=None, target=connection, after=told, result=AuditEntry.Result.DENIED)  # fmt: skip
    REFUSED.count(address)


def _note_use(client: TokenClient | None) -> None:
    stale = timezone.now() - NOTED_USE
    if client is not None and (client.last_used_at is None or client.last_used_at < stale):
        TokenClient.objects.filter(pk=client.pk).update(last_used_at=timezone.now())
