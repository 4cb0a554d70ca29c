"""`POST /v1/rerank`: documents in the order of how well they answer a question."""

from apps.common.types import JSON, JSONDict
from apps.gateway.asks import Ask
from apps.gateway.models import Endpoint
from apps.gateway.v1.calling import answer
from apps.gateway.v1.chat import model_of
from apps.gateway.v1.refusals import BadCall
from apps.gateway.v1.replies import Reply
from apps.gateway.v1.requests import Request

MAX_DOCUMENTS = 10_000


async def rerank(request: Request, reply: Reply) -> None:
    """Answer with places and scores, as the provider gives them."""
    body = await request.json()
    ask = Ask(
        model=model_of(body), body=_checked(body), endpoint=Endpoint.RERANK,
        source=request.access.source,
    )  # fmt: skip
    await answer(ask, request, reply)


def _checked(body: JSONDict) -> JSONDict:
    query, documents, most = body.get("query"), body.get("documents"), body.get("top_n")
    if not isinstance(query, str) or not query:
        raise BadCall("`query` is a text.", param="query", code="invalid_type")
    if not isinstance(documents, list) or not documents or not all(map(_is_text, documents)):
        raise BadCall(
            "`documents` is a list of texts, or of objects with a `text`.",
            param="documents", code="invalid_type",
        )  # fmt: skip
    if len(documents) > MAX_DOCUMENTS:
        raise BadCall(f"Send at most {MAX_DOCUMENTS:,} documents.", param="documents")
    if most is not None and (type(most) is not int or most < 1):
        raise BadCall("`top_n` is a number from 1 on.", param="top_n", code="invalid_type")
    return body


def _is_text(value: JSON) -> bool:
    return isinstance(value.get("text") if isinstance(value, dict) else value, str)
