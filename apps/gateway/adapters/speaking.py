"""In which protocol an upstream is asked: the asker's where it speaks it, else as a chat."""

from apps.gateway.asks import Ask
from apps.gateway.calls import Upstream
from apps.gateway.models import Endpoint, Provider
from apps.gateway.protocols.bridge import PROTOCOLS, Adapter, through_chat


def adapter_for(ask: Ask, upstream: Upstream, adapter: Adapter) -> Adapter:
    """Return what asks this upstream, given the adapter of its kind."""
    protocol = PROTOCOLS.get(Endpoint(ask.endpoint))
    if protocol is None or speaks(upstream, ask.endpoint):
        return adapter
    return through_chat(adapter, protocol)


def speaks(upstream: Upstream, endpoint: str) -> bool:
    """Tell whether an upstream knows a protocol beside chats itself."""
    is_openai = upstream.kind == Provider.Kind.OPENAI
    return endpoint == Endpoint.RESPONSES and is_openai and "responses" in upstream.capabilities
