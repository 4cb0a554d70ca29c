"""What a set-up link may decide beside the settings, and what stands in its way.

Whoever switches a provider on decides who people are here. A link that leaked must not do that: it
first shows by a TXT record of its own that it is held by who holds the DNS of the domain, who could
read all mail of it anyway. Even then nobody comes in who holds more than was given with it.
"""

from django.db import transaction
from django.utils import timezone

from apps.accounts.models import Role
from apps.audit.services import record
from apps.identity import dns_proof, setup_links, testing
from apps.identity.exceptions import NeedsDomain, NotProved, NotYours, StillEnforced
from apps.identity.models import ApiAccess, BreakGlass, Connection, Domain, SetupLink


def prove_domain(link: SetupLink) -> None:
    """Look up the link's own record; where it is found, the domain signs in through its connection.

    Raises NotProved, NotYours, SetupClosed, StillEnforced.
    """
    setup_links.check_may_set_up(link.connection, link)
    if link.domain is None:
        raise NotYours
    trouble = dns_proof.trouble_of(link.domain, link.record)
    with transaction.atomic():
        setup_links.check_may_set_up(link.connection, link)
        domain = Domain.objects.select_for_update().get(pk=link.domain.pk)
        check_is_free(domain, link)
        dns_proof.note(domain, trouble, actor=link)
        if not trouble:
            domain.connection, link.proved_at = link.connection, timezone.now()
            domain.save(update_fields=["connection", "updated_at"])
            link.save(update_fields=["proved_at", "updated_at"])
            record("setup_link.proved", actor=link, target=domain)
    if trouble:
        raise NotProved(trouble)


def check_is_free(domain: Domain, link: SetupLink) -> None:
    """Raise StillEnforced, NotYours for a domain that signs in elsewhere by now."""
    if domain.enforced:
        raise StillEnforced
    if domain.connection_id not in (None, link.connection_id):
        raise NotYours(f"{domain} signs in through another connection. An owner can change that.")


def check_may_switch_on(connection: Connection, link: SetupLink) -> Role:
    """Return the most that people may hold who come in then. Raises NotYours, SetupClosed, Forbidden."""
    found = setup_links.opened(link.pk, lock=True)
    setup_links.check_may_set_up(connection, found)
    ceiling = setup_links.cap_of(found)
    hindrance = in_the_way(found, connection)
    if hindrance:
        raise NotYours(hindrance)
    return ceiling


def in_the_way(link: SetupLink, connection: Connection) -> str:
    """Return why the link does not switch the connection on, in words; nothing where it does."""
    if not link.may_switch_on:
        return "An owner switches it on."
    if connection.status != Connection.Status.DRAFT:
        return "It was switched on before. An owner decides about it now."
    if link.domain is None or not has_proved(link, connection):
        return "Prove the domain first."
    if connection.domains.exclude(pk=link.domain.pk).exists():
        return "Other domains sign in through it too. An owner switches it on."
    if ApiAccess.objects.filter(connection=connection, is_on=True).exists():
        return "Its tokens are to open the API too. An owner switches it on."
    if not testing.is_tested(connection):
        return "Test it with its present settings first."
    found = testing.last_outcome(connection, link)
    if found is None:
        return "Test it once more: the last test is too old to tell who would come in."
    return (
        f"Who signed in at the last test would not come in: {found.left['what']}"
        if found.left
        else ""
    )


def check_may_enforce(domain: Domain, link: SetupLink, *, enforced: bool) -> None:
    """Raise NotYours, NeedsDomain, SetupClosed unless the link may require the provider."""
    found = setup_links.opened(link.pk, lock=True)
    setup_links.check_is_open(found.connection, found)
    setup_links.cap_of(found)
    if not (enforced and found.may_enforce and found.domain_id == domain.pk):
        raise NotYours
    if not has_proved(found, found.connection):
        raise NeedsDomain
    if not testing.is_tested(found.connection):
        raise NotYours("Its settings changed since the test. An owner decides about it now.")


def has_proved(link: SetupLink, connection: Connection) -> bool:
    """Tell whether its holder showed that they hold the DNS, and the domain signs in this way."""
    domain = link.domain
    if link.proved_at is None or domain is None or domain.verified_at is None:
        return False
    return domain.connection_id == connection.pk


def owners_in_emergency() -> bool:
    """Tell whether an owner may sign in without the provider, for the day on which it fails."""
    return BreakGlass.objects.filter(
        user__is_active=True, user__role_bindings__role__name="owner",
        user__role_bindings__folder=None,
    ).exists()  # fmt: skip
