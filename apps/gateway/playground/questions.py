"""What a person asks in the playground, and of which models they may ask it."""

from dataclasses import dataclass

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.errors import Forbidden, Invalid, NotFound
from apps.common.types import JSON, JSONDict
from apps.gateway import workflow_models
from apps.gateway.asks import Ask, Source
from apps.gateway.exceptions import BadVariables
from apps.gateway.models import ModelRoute
from apps.gateway.prompts.content import Content
from apps.gateway.prompts.library import find
from apps.gateway.targets.router import load

PERMISSION = "model.call"
TASK = "playground"  # by which its rows of the ledger are known
MOST_COLUMNS, LONGEST_NAME = 4, 264


@dataclass(frozen=True)
class Choice:
    """Something that can be asked, as a select shows it."""

    name: str
    label: str


def choices_of(actor: User) -> dict[str, list[Choice]]:
    """Return what somebody may ask, by kind; kinds without any are left out."""
    aliases = ModelRoute.objects.values_list("alias", flat=True)
    found = {
        "Routes": [Choice(alias, alias) for alias in aliases],
        "Models": [Choice(name, name) for name in (load().models if may_name(actor) else ())],
        "Workflows": [Choice(each.model, each.name) for each in workflow_models.callable_by(actor)],
    }
    return {kind: each for kind, each in found.items() if each}


def may_name(actor: User) -> bool:
    """Tell whether somebody may ask models past all routes: they know what is behind them."""
    return policies.holds(actor, "provider.manage")


def question_of(data: JSON, actor: User) -> Ask:
    """Return what is asked. Raises Invalid, BadPrompt, NotFound, Forbidden."""
    policies.require(actor, PERMISSION)
    if not isinstance(data, dict):
        raise Invalid("Send an object.")
    model, values = data.get("model"), data.get("values") or {}
    if not isinstance(model, str) or not 0 < len(model) <= LONGEST_NAME:
        raise Invalid.at("model", "Choose what to ask.")
    if not isinstance(values, dict):
        raise Invalid.at("values", "Send an object with a value for each variable.")
    _check_model(model, actor)
    content = Content.of(data.get("content") or {})
    try:
        messages = content.filled(values)
    except BadVariables as error:
        raise Invalid.at("values", error.message) from error
    params = content.params.model_dump(exclude_none=True)
    return Ask(
        model=model, body={"messages": messages, **params}, streams=True, wants_usage=True,
        task=TASK, source=Source(user_id=actor.pk), fresh=data.get("fresh") is True,
        prompt=_prompt(data.get("prompt"), content),
    )  # fmt: skip


def _check_model(model: str, actor: User) -> None:
    """Refuse what is past all routes to who may not name it; who may ask a workflow is asked later."""
    if workflow_models.is_workflow(model) or ModelRoute.objects.filter(alias=model).exists():
        return
    if "/" not in model:
        raise NotFound("There is no such route.")
    if not may_name(actor):
        raise Forbidden("You may ask routes. Models past them are for who manages providers.")


def _prompt(reference: JSON, content: Content) -> str:
    """Return the version of the library that is asked; nothing where its words were changed."""
    found = find(reference) if isinstance(reference, str) else None
    return found.reference if found is not None and found.content == content else ""


def columns_of(names: list[str], known: dict[str, list[Choice]]) -> list[str]:
    """Return the models to begin with: those that are named and known, at least two."""
    able = [each.name for choices in known.values() for each in choices]
    wanted = [name for name in names if name in able][:MOST_COLUMNS]
    rest = [name for name in able if name not in wanted]
    return (wanted + rest + able)[: max(2, len(wanted))]


def begun_with(content: JSONDict | None) -> JSONDict:
    """Return what the form holds at first: a version's content, or an empty one."""
    return content or {"messages": [], "variables": [], "params": {}}
