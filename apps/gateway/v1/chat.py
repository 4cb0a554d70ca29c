"""`POST /v1/chat/completions`."""

from apps.common.types import JSONDict
from apps.gateway.asks import Ask
from apps.gateway.v1 import parameters
from apps.gateway.v1.calling import answer
from apps.gateway.v1.refusals import BadCall
from apps.gateway.v1.replies import Reply
from apps.gateway.v1.requests import Request

MAX_MESSAGES = 10_000


async def chat_completions(request: Request, reply: Reply) -> None:
    """Answer a chat; parameters that are not known here reach the provider as they came."""
    body = await request.json()
    options = body.get("stream_options")
    ask = Ask(
        model=model_of(body),
        body=_checked(body),
        streams=body.get("stream") is True,
        wants_usage=isinstance(options, dict) and options.get("include_usage") is True,
        source=request.access.source,
        fresh=request.wants_fresh,
    )
    await answer(ask, request, reply)


def model_of(body: JSONDict) -> str:
    """Return the model that a body names. Raises BadCall."""
    model = body.get("model")
    if not isinstance(model, str) or not 0 < len(model) <= 264:
        raise BadCall(
            "You must name a model.", param="model", code="missing_required_parameter"
        )  # fmt: skip
    return model


def _checked(body: JSONDict) -> JSONDict:
    messages = body.get("messages")
    if not isinstance(messages, list) or not messages:
        raise BadCall("Send at least one message.", param="messages", code="invalid_type")
    if len(messages) > MAX_MESSAGES:
        raise BadCall(f"Send at most {MAX_MESSAGES:,} messages.", param="messages")
    if not all(isinstance(each, dict) and isinstance(each.get("role"), str) for each in messages):
        raise BadCall("Each message is an object with a role.", param="messages")
    parameters.check(body)
    return body
