"""`POST /v1/messages` and `/v1/messages/count_tokens`: Anthropic's protocol."""

import json
from http import HTTPStatus

from apps.common.types import JSONDict
from apps.gateway.adapters.speaking import speaks
from apps.gateway.asks import Ask
from apps.gateway.models import Endpoint
from apps.gateway.targets.router import routing_table
from apps.gateway.v1 import parameters
from apps.gateway.v1.calling import answer, plan_of
from apps.gateway.v1.chat import MAX_MESSAGES, model_of
from apps.gateway.v1.refusals import BadCall
from apps.gateway.v1.replies import Reply
from apps.gateway.v1.requests import Request
from apps.tenants.asgi import Headers

ROLES = ("user", "assistant")
# What of a request's headers belongs to the protocol, and the longest that is passed on of each.
PASSED_ON, LONGEST = ("anthropic-version", "anthropic-beta"), 500
GUESSED = {"x-auterity-estimated": "true"}


async def messages(request: Request, reply: Reply) -> None:
    """Answer with a message; parameters that are not known here reach the provider as they came."""
    ask = _ask(await request.json(), request, Endpoint.MESSAGES)
    most = ask.body.get("max_tokens")
    if not isinstance(most, int) or isinstance(most, bool) or most < 1:
        raise BadCall("max_tokens: Say how many tokens the answer may have.", param="max_tokens")
    await answer(ask, request, reply)


async def count_tokens(request: Request, reply: Reply) -> None:
    """Answer how many tokens a call would send: as Anthropic counts them, of others as guessed."""
    ask = _ask(await request.json(), request, Endpoint.COUNT)
    found = await plan_of(ask.model, request.access)
    plan = found or (await routing_table()).plan(ask.model)
    if any(speaks(target.upstream, Endpoint.COUNT) for target in plan.targets):
        await answer(ask, request, reply)
        return
    body = json.dumps({"input_tokens": ask.input_tokens()}).encode()
    await reply.whole(HTTPStatus.OK, body, GUESSED)


def _ask(body: JSONDict, request: Request, endpoint: Endpoint) -> Ask:
    return Ask(
        model=model_of(body), body=_checked(body), endpoint=endpoint,
        streams=endpoint == Endpoint.MESSAGES and body.get("stream") is True,
        headers=_passed_on(request.headers), source=request.access.source,
    )  # fmt: skip


def _passed_on(headers: Headers) -> Headers:
    return {name: headers[name][:LONGEST] for name in PASSED_ON if headers.get(name)}


def _checked(body: JSONDict) -> JSONDict:
    given = body.get("messages")
    if not isinstance(given, list) or not given:
        raise BadCall("messages: Send at least one message.", param="messages")
    if len(given) > MAX_MESSAGES:
        raise BadCall(f"messages: Send at most {MAX_MESSAGES:,}.", param="messages")
    for message in given:
        if not isinstance(message, dict) or message.get("role") not in ROLES:
            raise BadCall("messages: Each has the role user or assistant.", param="messages")
        if not isinstance(message.get("content"), str | list):
            raise BadCall("messages: Each has a content.", param="messages")
    parameters.check(body)
    return body
