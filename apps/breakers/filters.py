"""Filters of the list of services, for the API and the page alike."""

from collections.abc import Mapping, Sequence

from apps.common.words import chosen
from apps.egress.circuits import Circuit

STATES = ("open", "half_open", "closed")


def filtered(services: Sequence[Circuit], params: Mapping[str, str]) -> list[Circuit]:
    """Keep what the parameters ask for: `q` in the name or error, `kind`, `state`. Raises Invalid."""
    text = params.get("q", "").strip().lower()
    kind, state = params.get("kind", ""), chosen("state", params, STATES)
    return [
        each
        for each in services
        if (not text or text in f"{each.target} {each.last_error}".lower())
        and kind in ("", each.service)
        and state in ("", each.state)
    ]
