"""What a workflow says of its runs as a whole, and what keeps a result from being used again."""

from collections.abc import Iterator

from pydantic import ValidationError

from apps.common.types import JSONDict
from apps.nodes import registry
from apps.nodes.base import Config, Effect
from apps.workflows.definition import Definition, Node, Settings
from apps.workflows.problems import Problem


def ttl_of(settings: JSONDict) -> int:
    """Return for how many seconds results are used again; 0 where they are not."""
    try:
        return Settings.model_validate(settings).cache_ttl_s or 0
    except ValidationError:
        return 0


def keeps_payloads(settings: JSONDict) -> bool:
    """Tell whether what runs get and give stays after their end."""
    return settings.get("keep_payloads") is not False


def problems_of(definition: Definition) -> Iterator[Problem]:
    """Yield what is wrong with the settings, alone and for these steps."""
    try:
        settings = Settings.model_validate(definition.settings)
    except ValidationError as error:
        for detail in error.errors():
            name = str(detail["loc"][0])
            title = Settings.model_fields[name].title
            message = f"“{title}” {detail['msg'].removeprefix('Input ')}."
            fix = "Correct it in the workflow's settings."
            yield Problem("bad_setting", message, fix, field=f"settings.{name}")
        return
    if settings.cache_ttl_s:
        yield from _not_cacheable(definition)
    if settings.cache_ttl_s and settings.keep_payloads is False:
        yield Problem(
            "keeps_nothing",
            "Results cannot be used again where no payloads are kept.",
            "Empty “Keep results”, or have payloads kept.",
            field="settings.cache_ttl_s",
        )


def _not_cacheable(definition: Definition) -> Iterator[Problem]:
    for node in definition.nodes:
        reason = "" if node.disabled else why_anew(node)
        if reason:
            yield Problem(
                "not_cacheable",
                f"Results are to be used again, but {reason}.",
                "Empty “Keep results” in the workflow's settings, or remove the step. "
                "A single step can keep its result instead.",
                node.id,
                "settings.cache_ttl_s",
            )


def why_anew(node: Node) -> str:
    """Return why a step must be done in each run; empty where its result may be used again."""
    found = _found(node)
    if found is None:
        return "what this step does is not known"
    type_, config = found
    if type_.asks_others:
        return "this step asks for an answer that is another one each time"
    return "" if type_.reads(config) else "this step acts on the world"


def effect_of(node: Node) -> Effect | None:
    """Return the effect of a step as it is written; None where that is not known."""
    found = _found(node)
    return None if found is None else found[0].effect_of(found[1])


def _found(node: Node) -> tuple[type[registry.AnyNode], Config] | None:
    """Return the type of a step and its config as written; None where they are not known."""
    try:
        type_ = registry.find(node.type)
        config = type_.config.model_validate(type_.upgrade(node.config, node.type_version))
    except (registry.UnknownNodeType, ValidationError):
        return None
    return type_, config
