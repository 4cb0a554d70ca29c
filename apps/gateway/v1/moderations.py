"""`POST /v1/moderations`: what is wrong with texts and images."""

from apps.common.types import JSON, JSONDict
from apps.gateway.asks import Ask
from apps.gateway.models import Endpoint
from apps.gateway.v1.calling import answer
from apps.gateway.v1.chat import model_of
from apps.gateway.v1.refusals import BadCall
from apps.gateway.v1.replies import Reply
from apps.gateway.v1.requests import Request

MAX_INPUTS = 2048
ROUTE = "moderation"  # which is asked where no model is named, as OpenAI's clients leave it out


async def moderations(request: Request, reply: Reply) -> None:
    """Answer with what the provider finds."""
    body = {"model": ROUTE, **await request.json()}
    ask = Ask(
        model=model_of(body), body=_checked(body), endpoint=Endpoint.MODERATIONS,
        source=request.access.source,
    )  # fmt: skip
    await answer(ask, request, reply)


def _checked(body: JSONDict) -> JSONDict:
    given = body.get("input")
    many = given if isinstance(given, list) else [given]
    if not many or not all(map(_is_input, many)):
        raise BadCall(
            "`input` is a text, a list of texts, or a list of texts and images with a `type`.",
            param="input", code="invalid_type",
        )  # fmt: skip
    if len(many) > MAX_INPUTS:
        raise BadCall(f"Send at most {MAX_INPUTS:,} inputs.", param="input")
    return body


def _is_input(value: JSON) -> bool:
    return isinstance(value.get("type") if isinstance(value, dict) else value, str)
