"""In which protocol an upstream is asked: the asker's where it speaks it, else as a chat."""

from apps.gateway.adapters import anthropic, openai_compatible
from apps.gateway.asks import Ask
from apps.gateway.calls import Upstream
from apps.gateway.models import Endpoint, Provider
from apps.gateway.protocols.bridge import PROTOCOLS, Adapter, through_chat


def adapter_for(ask: Ask, upstream: Upstream, adapter: Adapter) -> Adapter:
    """Return what asks this upstream, given the adapter of its kind."""
    protocol = PROTOCOLS.get(Endpoint(ask.endpoint))
    if speaks(upstream, ask.endpoint):
        return anthropic.opened if ask.endpoint in anthropic.PATHS else adapter
    return adapter if protocol is None else through_chat(adapter, protocol)


def speaks(upstream: Upstream, endpoint: str) -> bool:
    """Tell whether an upstream knows a protocol beside chats itself."""
    if endpoint == Endpoint.RESPONSES:
        return upstream.kind == Provider.Kind.OPENAI and "responses" in upstream.capabilities
    is_anthropic = (
        upstream.kind == Provider.Kind.LITELLM and upstream.litellm_provider == "anthropic"
    )
    return endpoint in anthropic.PATHS and is_anthropic


def limit_name(upstream: Upstream, endpoint: str) -> str:
    """Return what the limit of an answer's tokens is called in what this upstream is sent."""
    if endpoint == Endpoint.RESPONSES and speaks(upstream, endpoint):
        return "max_output_tokens"
    return openai_compatible.limit_name(upstream)
