"""Words of the pages of credentials."""

from collections.abc import Iterator, Mapping
from uuid import UUID

from django import template

from apps.credentials.models import StoredCredential
from apps.credentials.uses import HIDDEN

register = template.Library()


@register.filter
def named(names: Mapping[UUID, str], workflow_id: UUID) -> str:
    """Return what a workflow is called, for those who may see it."""
    return names.get(workflow_id, HIDDEN)


@register.filter
def public_settings(credential: StoredCredential) -> Iterator[tuple[str, str]]:
    """Yield what of its values is no secret, as label and text."""
    fields = credential.shape.model_fields
    for name, value in credential.settings.items():
        label = fields[name].title if name in fields else name
        yield label or name, ", ".join(value) if isinstance(value, list) else str(value)


# What people call the places where something is sealed.
PLACES = {
    "credentials_storedcredential.sealed": "Credentials",
    "files_blob": "Stored files",
    "gateway_credential.sealed": "Keys of providers",
    "identity_connection.sealed_secret": "Secrets of identity providers",
    "identity_connection.sealed_waiting_secret": "Secrets of identity providers that wait for a test",
    "identity_signingkey.sealed_key": "Signing keys for single sign-on",
    "mfa_authenticator.data": "Second factors",
    "notifications_mail.sealed": "Mails that wait",
    "oversight_stream.sealed": "Secrets of audit streams",
    "triggers_trigger.secret": "Secrets of triggers",
    "vault_verifyingkey.sealed": "Checks of earlier signatures",
}


@register.filter
def place_words(place: str) -> str:
    """Return what people call a place."""
    return PLACES.get(place, place)
