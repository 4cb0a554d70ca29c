"""Search and filters of the lists of providers, for the API and the pages alike."""

from collections.abc import Mapping

from apps.common.errors import Invalid
from apps.gateway.models import Provider
from apps.gateway.upstreams import known_providers
from apps.gateway.upstreams.known_providers import Entry

WAYS = [
    (known_providers.DIRECT, "in OpenAI's protocol"),
    (known_providers.TRANSLATED, "translated"),
    (known_providers.LOCAL, "a server of your own"),
    (known_providers.ELSEWHERE, "not offered here"),
]
STATES = [
    ("ready", "ready"), ("needs_key", "needs a key"), ("key_refused", "key refused"),
    ("disabled", "disabled"), ("withdrawn", "withdrawn"),
]  # fmt: skip


def entries(params: Mapping[str, str]) -> list[Entry]:
    """Keep what the parameters ask for: q, way. Raises Invalid."""
    way = _one_of("way", params.get("way", ""), dict(WAYS))
    return known_providers.matching(params.get("q", "").strip(), way)


def providers(found: list[Provider], params: Mapping[str, str]) -> list[Provider]:
    """Keep those in a state, which is told from their keys. Raises Invalid."""
    state = _one_of("state", params.get("state", ""), dict(STATES))
    return [each for each in found if not state or each.state == state]


def _one_of(name: str, value: str, choices: Mapping[str, str]) -> str:
    if value and value not in choices:
        raise Invalid.at(name, f"Use one of {', '.join(choices)}.")
    return value
