"""`POST /v1/embeddings`: of texts or of token ids, as numbers or as base64."""

from apps.common.types import JSON, JSONDict
from apps.gateway.asks import Ask
from apps.gateway.models import Endpoint
from apps.gateway.v1.calling import answer
from apps.gateway.v1.chat import model_of
from apps.gateway.v1.refusals import BadCall
from apps.gateway.v1.replies import Reply
from apps.gateway.v1.requests import Request

MAX_INPUTS = 2048
ENCODINGS = (None, "float", "base64")


async def embeddings(request: Request, reply: Reply) -> None:
    """Answer with the vectors of what was sent."""
    body = await request.json()
    ask = Ask(
        model=model_of(body), body=_checked(body), endpoint=Endpoint.EMBEDDINGS,
        source=request.access.source,
    )  # fmt: skip
    await answer(ask, request, reply)


def _checked(body: JSONDict) -> JSONDict:
    if not _is_input(body.get("input")):
        raise BadCall(
            "`input` is a text, a list of texts, a list of token ids or a list of such lists.",
            param="input", code="invalid_type",
        )  # fmt: skip
    if body.get("encoding_format") not in ENCODINGS:
        raise BadCall("Use float or base64.", param="encoding_format")
    return body


def _is_input(value: JSON) -> bool:
    if isinstance(value, str):
        return bool(value)
    if not isinstance(value, list) or not value:
        return False
    if _are_tokens(value):
        return True
    texts = all(isinstance(each, str) and each for each in value)
    lists = all(isinstance(each, list) and each and _are_tokens(each) for each in value)
    return len(value) <= MAX_INPUTS and (texts or lists)


def _are_tokens(value: list[JSON]) -> bool:
    return all(type(each) is int and each >= 0 for each in value)
