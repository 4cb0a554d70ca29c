"""In which protocol an upstream is asked: the asker's where it speaks it, else as a chat."""

from apps.gateway.adapters import anthropic, openai_compatible
from apps.gateway.asks import Ask
from apps.gateway.calls import Upstream
from apps.gateway.models import Endpoint, Provider
from apps.gateway.protocols.bridge import PROTOCOLS, Adapter, through_chat

NATIVE_LIMIT, CHAT_LIMITS = "max_output_tokens", ("max_tokens", "max_completion_tokens")


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
        return NATIVE_LIMIT
    return openai_compatible.limit_name(upstream)


def is_limited(ask: Ask, upstream: Upstream) -> bool:
    """Tell whether an answer has a limit under a name that counts: others may not be heeded."""
    names = (NATIVE_LIMIT,) if ask.endpoint == Endpoint.RESPONSES else CHAT_LIMITS
    is_native = limit_name(upstream, ask.endpoint) == NATIVE_LIMIT
    set_names = (NATIVE_LIMIT,) if is_native else CHAT_LIMITS
    sent = {name: ask.body.get(name) for name in names}
    sent |= {name: upstream.params[name] for name in set_names if name in upstream.params}
    return any(type(each) is int and each > 0 for each in sent.values())
