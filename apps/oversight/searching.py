"""What is looked for in the trail, by the API, the page and exports alike."""

from collections.abc import Callable, Mapping
from ipaddress import ip_address
from typing import TypeAlias

from django.db.models import Q, QuerySet

from apps.audit.models import AuditEntry
from apps.audit.services import SYSTEM
from apps.common.errors import Invalid
from apps.common.moments import moment

Entries: TypeAlias = QuerySet[AuditEntry]
MOST_TEXT = 200
SEARCHED = ("actor_label", "via", "target_label", "action")


def filtered(entries: Entries, params: Mapping[str, str]) -> Entries:
    """Keep what the parameters ask for, all of `NAMES`; empty ones ask for nothing.

    Raises Invalid naming each parameter that makes no sense.
    """
    errors = []
    for name, keep in _FILTERS.items():
        text = params.get(name, "").strip()
        try:
            entries = keep(entries, text) if text else entries
        except ValueError as error:
            errors.append({"field": name, "message": str(error), "code": "invalid"})
    if errors:
        raise Invalid(errors=errors)
    return entries


def asked(params: Mapping[str, str]) -> dict[str, str]:
    """Return the parameters that ask for something."""
    given = {name: params.get(name, "").strip() for name in _FILTERS}
    return {name: text for name, text in given.items() if text}


def _by_text(entries: Entries, text: str) -> Entries:
    """Keep what holds the text in a name, or whose id of object, request or address it is."""
    if len(text) > MOST_TEXT:
        raise ValueError(f"Use at most {MOST_TEXT} characters.")
    _check_signs(text)
    wanted = Q(request_id=text) | Q(target_id=text) | Q(actor_id=text)
    for name in SEARCHED:
        wanted |= Q(**{f"{name}__icontains": text})
    address = _address(text)
    return entries.filter(wanted | Q(ip=address) if address else wanted)


def _by_actor(entries: Entries, text: str) -> Entries:
    _check_signs(text)
    if text == SYSTEM:
        return entries.filter(actor_type=SYSTEM)
    return entries.filter(actor_id=text)


def _by_action(entries: Entries, text: str) -> Entries:
    """Keep one action, or with `member.*` all that are about one kind of thing."""
    _check_signs(text)
    if text.endswith(".*"):
        return entries.filter(action__startswith=text[:-1])
    return entries.filter(action=text)


def _by_object(entries: Entries, text: str) -> Entries:
    """Keep what was done to one thing, named by its id, or to one kind of things."""
    _check_signs(text)
    return entries.filter(Q(target_id=text) | Q(target_type=text))


def _by_ip(entries: Entries, text: str) -> Entries:
    address = _address(text)
    if address is None:
        raise ValueError("Use an address such as 192.0.2.7.")
    return entries.filter(ip=address)


def _by_request(entries: Entries, text: str) -> Entries:
    _check_signs(text)
    return entries.filter(request_id=text)


def _by_result(entries: Entries, text: str) -> Entries:
    if text not in AuditEntry.Result.values:
        raise ValueError(f"Use one of {', '.join(AuditEntry.Result.values)}.")
    return entries.filter(result=text)


def _since(entries: Entries, text: str) -> Entries:
    return entries.filter(at__gte=moment(text))


def _until(entries: Entries, text: str) -> Entries:
    return entries.filter(at__lt=moment(text))


def _address(text: str) -> str | None:
    try:
        return str(ip_address(text))
    except ValueError:
        return None


def _check_signs(text: str) -> None:
    if "\0" in text:
        raise ValueError("A text holds no null characters.")


_FILTERS: dict[str, Callable[[Entries, str], Entries]] = {
    "q": _by_text,
    "actor": _by_actor,
    "action": _by_action,
    "object": _by_object,
    "ip": _by_ip,
    "request": _by_request,
    "result": _by_result,
    "since": _since,
    "until": _until,
}
NAMES = tuple(_FILTERS)
