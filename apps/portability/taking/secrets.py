"""What holds secrets: credentials, providers and triggers come switched off, and empty without the passphrase."""

import json
from uuid import UUID

from django.utils import timezone
from pydantic import ValidationError

from apps.common.errors import DomainError
from apps.credentials.kinds import KINDS
from apps.credentials.models import StoredCredential
from apps.credentials.services import checked_hosts
from apps.egress import client as egress
from apps.gateway.models import Credential, Provider
from apps.gateway.upstreams.keys import checked_address, checked_key, last4_of
from apps.portability.exceptions import BadArchive
from apps.portability.taking.arrival import Arrival, Left, Rule
from apps.triggers.configs import CONFIGS
from apps.triggers.models import Trigger
from apps.vault import services as vault

PAUSED = "It came in an archive. Look at it, then switch it on."


def take_credential(arrival: Arrival, row: StoredCredential) -> bool:
    """Keep a credential's name and hosts; its value only where the passphrase opened it."""
    if row.source != StoredCredential.Source.KEPT:
        raise Left("It names a secret of another place. Make it anew.")
    try:
        row.hosts = checked_hosts(row.hosts)
    except DomainError as error:
        raise BadArchive("credentials: hosts cannot be read.") from error
    if not isinstance(row.settings, dict) or row.reference != {}:
        raise BadArchive("credentials: settings cannot be read.")
    plain = arrival.secret_of("credentials", row.pk)
    if plain is None:
        row.last4 = ""
        arrival.note("credentials", "Has no value: rotate it to give it one. Disabled.")
    else:
        _check_values(row, plain)
        arrival.note("credentials", "Disabled: look at it, then enable it.")
    row.sealed = vault.seal(plain or "{}", context=row.context)
    row.disabled_at = row.disabled_at or timezone.now()
    row.last_used_at = row.last_workflow_id = None
    return True


def _check_values(row: StoredCredential, plain: str) -> None:
    try:
        hidden = json.loads(plain)
        told = KINDS[row.kind].of({**row.settings, **hidden})
    except (ValueError, TypeError, DomainError) as error:
        raise BadArchive("credentials: a value is none of its kind.") from error
    row.settings, row.last4 = told.shown(), told.last4


def take_provider(arrival: Arrival, row: Provider) -> bool:
    """Keep a provider, switched off; what is ours is here, what the platform lends it lends anew."""
    if row.grant_id is not None:
        raise Left("The platform lent it there. What it lends here is here.")
    if row.kind == Provider.Kind.BUILTIN:
        here = Provider.objects.filter(kind=Provider.Kind.BUILTIN).first()
        if here is None:
            raise Left("It is the product's own.")
        arrival.ids[Provider][row.pk] = here.pk
        arrival.came["providers"] += 1
        return False
    if row.base_url:
        try:
            row.base_url = checked_address(row.base_url, with_key=row.needs_key)
        except DomainError as error:
            raise BadArchive("providers: an address cannot be called.") from error
    row.status = Provider.Status.DISABLED
    arrival.note("providers", "Switched off: look at its address, then switch it on.")
    return True


def take_key(arrival: Arrival, row: Credential) -> bool:
    """Keep a provider's key where the passphrase opened it, for the address that it belongs to."""
    plain = arrival.secret_of("provider_keys", row.pk)
    if plain is None:
        raise Left(
            "Its value is not in the archive, or the passphrase is not given. Enter it anew."
        )
    provider = Provider.objects.filter(pk=row.provider_id).first()
    if provider is None or not provider.base_url:
        raise BadArchive("provider_keys: provider refers to a row that is not in the archive.")
    if row.origin != egress.origin_of(provider.base_url):
        raise Left("It belongs to another address than its provider has.")
    try:
        plain = checked_key(plain)
    except DomainError as error:
        raise BadArchive("provider_keys: a value cannot be a key.") from error
    row.last4 = last4_of(plain)
    row.sealed = vault.seal(plain, context=row.context)
    return True


def take_trigger(arrival: Arrival, row: Trigger) -> bool:
    """Keep a trigger, switched off and in nobody's name: whoever switches it on answers for it."""
    try:
        CONFIGS[row.kind].model_validate(row.config)
    except ValidationError as error:
        raise BadArchive("triggers: a config is none of its kind.") from error
    row.enabled, row.paused_reason, row.run_as_id, row.next_at = False, PAUSED, None, None
    plain = arrival.secret_of("triggers", row.pk)
    row.secret = vault.seal(plain, context=row.secret_context) if plain else ""
    arrival.note("triggers", "Switched off, in nobody's name.")
    return True


def keep_secret(arrival: Arrival, row: dict[str, object]) -> None:
    """Remember a sealed secret until its row comes."""
    kind, row_id, sealed = row.get("kind"), row.get("id"), row.get("sealed")
    texts = isinstance(kind, str) and isinstance(row_id, str) and isinstance(sealed, str)
    if not texts or len(row) != 3:
        raise BadArchive("secrets: a row cannot be read.")
    try:
        arrival.secrets[str(kind), str(UUID(str(row_id)))] = str(sealed)
    except ValueError as error:
        raise BadArchive("secrets: a row cannot be read.") from error


RULES: dict[str, Rule] = {
    "credentials": take_credential,
    "providers": take_provider,
    "provider_keys": take_key,
    "triggers": take_trigger,
}
