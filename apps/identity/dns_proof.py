"""Looking a TXT record up, and noting what came of it."""

from django.utils import timezone

from apps.accounts.models import User
from apps.audit.services import record
from apps.egress import dns
from apps.identity.models import Domain, SetupLink


def trouble_of(domain: Domain, wanted: str) -> str:
    """Return why the domain's DNS does not say what is wanted, in words; empty when it does."""
    try:
        found = dns.txt_records(domain.name)
    except dns.NoAnswer as error:
        return str(error)
    if wanted in found:
        return ""
    shown = (
        f"{len(found)} other TXT record{'s' if len(found) != 1 else ''}"
        if found
        else "no TXT record"
    )
    return f"{domain.name} has {shown}. New records may need some minutes until they are seen."


def note(domain: Domain, trouble: str, *, actor: User | SetupLink) -> None:
    """Note that somebody looked, and the first time that it was proved."""
    domain.checked_at, domain.trouble = timezone.now(), trouble
    if not trouble and domain.verified_at is None:
        domain.verified_at = domain.checked_at
        record("domain.verified", actor=actor, target=domain)
    domain.save(update_fields=["checked_at", "trouble", "verified_at", "updated_at"])
