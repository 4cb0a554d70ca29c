"""`GET /v1/models` and `/v1/models/{id}`: what the key may name as a model."""

import json
from http import HTTPStatus

from apps.common.types import JSONDict
from apps.gateway import workflow_models
from apps.gateway.targets.router import RoutingTable, routing_table
from apps.gateway.v1.access import Access
from apps.gateway.v1.refusals import ModelNotFound
from apps.gateway.v1.replies import Reply
from apps.gateway.v1.requests import Request

PREFIX = "/v1/models/"


async def models(request: Request, reply: Reply) -> None:
    """List the routes, the models behind them and the workflows that answer as one."""
    found = _known(await routing_table(), request.access) | await _workflows(request.access)
    body = {"object": "list", "data": list(found.values())}
    await reply.whole(HTTPStatus.OK, json.dumps(body).encode())


async def model(request: Request, reply: Reply) -> None:
    """Describe one of them; its name may hold slashes."""
    name = request.path.removeprefix(PREFIX)
    is_workflow = workflow_models.is_workflow(name)
    known = _known(await routing_table(), request.access)
    found = (await _workflows(request.access) if is_workflow else known).get(name)
    if found is None:
        raise ModelNotFound(name)
    await reply.whole(HTTPStatus.OK, json.dumps(found).encode())


def _known(known: RoutingTable, access: Access) -> dict[str, JSONDict]:
    routes = {
        alias: _described(alias, "auterity", int(route.created_at.timestamp()))
        for alias, route in sorted(known.routes.items())
        if access.may_use(alias)
    }
    direct = {
        name: _described(name, name.partition("/")[0], 0)
        for name in known.models
        if access.may_name(name)
    }
    return {**direct, **routes}


async def _workflows(access: Access) -> dict[str, JSONDict]:
    return {
        each.model: _described(each.model, "workflow", int(each.published_at.timestamp()))
        for each in await workflow_models.listed(access.source, access.workflows)
    }


def _described(name: str, owner: str, created: int) -> JSONDict:
    return {"id": name, "object": "model", "created": created, "owned_by": owner}
