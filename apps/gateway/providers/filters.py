"""Search and filters of the lists of providers, for the API and the pages alike."""

from collections.abc import Mapping

from apps.common.words import chosen
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
    way = chosen("way", params, dict(WAYS))
    return known_providers.matching(params.get("q", "").strip(), way)


def providers(found: list[Provider], params: Mapping[str, str]) -> list[Provider]:
    """Keep those in a state, which is told from their keys. Raises Invalid."""
    state = chosen("state", params, dict(STATES))
    return [each for each in found if not state or each.state == state]
