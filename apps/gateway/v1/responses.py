"""`POST /v1/responses`, without a memory: each call brings all that its model shall know."""

from apps.common.types import JSONDict
from apps.gateway.asks import Ask
from apps.gateway.models import Endpoint
from apps.gateway.v1 import parameters
from apps.gateway.v1.calling import answer
from apps.gateway.v1.chat import MAX_MESSAGES, model_of
from apps.gateway.v1.refusals import BadCall
from apps.gateway.v1.replies import Reply
from apps.gateway.v1.requests import Request

# What relies on answers that were kept, and what to do instead.
KEPT = {
    "store": "Responses are not kept here. Leave `store` out, or send false.",
    "previous_response_id": "Responses are not kept here. Send the whole conversation in `input`.",
    "conversation": "Conversations are not kept here. Send the whole one in `input`.",
    "background": "Responses are not kept here to be fetched later. Use `stream`.",
}
REFERENCE = "Items are not kept here. Send them whole; some clients do so only with `store: false`."


async def responses(request: Request, reply: Reply) -> None:
    """Answer with a response; parameters that are not known here reach the provider as they came."""
    body = await request.json()
    ask = Ask(
        model=model_of(body), body={**_checked(body), "store": False}, endpoint=Endpoint.RESPONSES,
        streams=body.get("stream") is True, source=request.access.source,
    )  # fmt: skip
    await answer(ask, request, reply)


def _checked(body: JSONDict) -> JSONDict:
    for name, advice in KEPT.items():
        if body.get(name):
            raise BadCall(advice, param=name, code="unsupported_parameter")
    given = body.get("input")
    if not isinstance(given, str | list) or not given:
        raise BadCall("`input` is a text or a list of items.", param="input", code="invalid_type")
    for item in given if isinstance(given, list) else ():
        _check_item(item)
    if len(given) > MAX_MESSAGES and isinstance(given, list):
        raise BadCall(f"Send at most {MAX_MESSAGES:,} items.", param="input")
    parameters.check(body)
    return body


def _check_item(item: object) -> None:
    if not isinstance(item, dict) or not isinstance(item.get("type", "message"), str):
        raise BadCall("Each item is an object.", param="input", code="invalid_type")
    if item.get("type") == "item_reference":
        raise BadCall(REFERENCE, param="input", code="unsupported_parameter")
