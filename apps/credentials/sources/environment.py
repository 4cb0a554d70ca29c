"""Secrets of the operator's environment: each is lent to one workspace, for one host.

A workspace that could name any variable, or send it anywhere, would read the operator's secrets.
"""

from collections.abc import Iterable

from django.conf import settings

from apps.credentials.exceptions import BadCredential, NotFetched
from apps.egress.bound import Place
from apps.tenants.context import current_tenant


def offered() -> dict[str, list[Place]]:
    """Return the variables that this workspace may name, with the hosts that each is for."""
    found: dict[str, list[Place]] = {}
    for lent in settings.CREDENTIAL_ENV:
        if lent.workspace == current_tenant().slug:
            found.setdefault(lent.name, []).append(Place.parse(lent.host))
    return found


def check(name: str, hosts: Iterable[str]) -> None:
    """Raise BadCredential unless the variable may be sent to these hosts."""
    known = offered()
    if name not in known:
        listed = ", ".join(known) or "none"
        message = f"The operator does not lend {name[:80]} to this workspace. Lent: {listed}."
        raise BadCredential.at("reference.name", message)
    if not _is_for(known[name], [Place.parse(each) for each in hosts]):
        where = ", ".join(map(str, known[name]))
        raise BadCredential.at("hosts", f"The operator lends {name} for these alone: {where}.")


def read(name: str, places: Iterable[Place]) -> str:
    """Return a variable's text. Raises NotFetched where it is not lent, or not for these places."""
    if not _is_for(offered().get(name, []), list(places)):
        raise NotFetched(f"The operator does not lend {name} for these hosts any more.")
    slug = current_tenant().slug
    return next(
        lent.value
        for lent in settings.CREDENTIAL_ENV
        if (lent.name, lent.workspace) == (name, slug)
    )


def _is_for(lent: list[Place], wanted: list[Place]) -> bool:
    return bool(wanted) and all(any(each.is_within(place) for place in lent) for each in wanted)
