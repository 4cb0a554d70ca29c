"""The steps of a set-up as whoever holds its link sees them: what is done, to do, or waits for an owner."""

from dataclasses import dataclass

from apps.identity import entrusted, testing
from apps.identity.models import Connection, SetupLink

DONE, TODO, WAITS = "done", "todo", "waits"
BY_OWNER = "An owner of the workspace does this."


@dataclass(frozen=True)
class GuestStep:
    """One step: how far it is, what came of it, and whether the link does it."""

    state: str
    told: str = ""
    is_yours: bool = True
    hindrance: str = ""  # why its button cannot be pressed yet


def of(link: SetupLink) -> dict[str, GuestStep]:
    """Return the steps by their names, in the order in which they are done."""
    connection = link.connection
    return {
        "connect": _connect(connection),
        "domain": _domain(link, connection),
        "test": _test(link, connection),
        "groups": _groups(link, connection),
        "switch_on": _switch_on(link, connection),
        "enforce": _enforce(link, connection),
    }


def _connect(connection: Connection) -> GuestStep:
    if connection.issuer:
        return GuestStep(DONE, "The details are entered.")
    return GuestStep(TODO)


def _domain(link: SetupLink, connection: Connection) -> GuestStep:
    if link.domain is not None:
        if entrusted.has_proved(link, connection):
            return GuestStep(DONE, f"{link.domain} is proved.")
        return GuestStep(TODO, link.domain.trouble if link.domain.checked_at else "")
    proved = ", ".join(connection.domains.proved().values_list("name", flat=True))
    if proved:
        return GuestStep(DONE, f"{proved} is proved.", is_yours=False)
    return GuestStep(WAITS, BY_OWNER, is_yours=False)


def _test(link: SetupLink, connection: Connection) -> GuestStep:
    if not connection.issuer:
        return GuestStep(TODO, hindrance="Enter the details first.")
    if testing.is_tested(connection):
        outcome = testing.last_outcome(connection, link)
        would = outcome.would if outcome else ""
        return GuestStep(DONE, f"The provider sends all that is needed. {would}".strip())
    changed = "Something was changed since the last test." if connection.tested else ""
    return GuestStep(TODO, changed)


def _groups(link: SetupLink, connection: Connection) -> GuestStep:
    rules = connection.rules.count()
    told = f"{rules} group{'s' if rules != 1 else ''} mapped." if rules else ""
    if connection.default_role is not None:
        told = f"{told} Everyone else becomes {connection.default_role}.".strip()
    if told:
        return GuestStep(DONE, told, is_yours=link.cap is not None)
    if link.cap is not None:
        return GuestStep(TODO)
    return GuestStep(WAITS, BY_OWNER, is_yours=False)


def _switch_on(link: SetupLink, connection: Connection) -> GuestStep:
    if connection.is_active:
        return GuestStep(DONE, "People can sign in with it.", is_yours=link.may_switch_on)
    if not link.may_switch_on:
        return GuestStep(WAITS, BY_OWNER, is_yours=False)
    return GuestStep(TODO, hindrance=entrusted.in_the_way(link, connection))


def _enforce(link: SetupLink, connection: Connection) -> GuestStep:
    domain = link.domain
    if domain is not None and domain.enforced:
        return GuestStep(DONE, f"{domain} signs in this way alone.", is_yours=link.may_enforce)
    if not link.may_enforce:
        return GuestStep(WAITS, BY_OWNER, is_yours=False)
    if not entrusted.owners_in_emergency():
        return GuestStep(
            WAITS,
            "An owner first names somebody who may sign in without the provider, for the day on which it fails.",
        )
    hindrance = "" if connection.is_active else "Switch it on first."
    return GuestStep(TODO, hindrance=hindrance)
