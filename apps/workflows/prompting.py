"""Which workflows use a prompt of the library: in what is published, and in drafts."""

from collections.abc import Iterator

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.gateway.prompts.library import parts_of
from apps.gateway.prompts.usage import HIDDEN, Use
from apps.workflows import drafts
from apps.workflows.naming import naming

FIELD = "prompt_ref"


def uses_of(slug: str, actor: User) -> list[Use]:
    """Return the workflows, those in the bin among them, whose steps name a prompt."""
    found: dict[tuple[str, str], Use] = {}
    for workflow in naming(slug).select_related("published_version", "folder"):
        version = workflow.published_version
        name = workflow.name if policies.allows(actor, "view", workflow) else HIDDEN
        definitions = [drafts.load(workflow).data, *([version.definition] if version else [])]
        for wanted in (each for data in definitions for each in _wanted(data, slug)):
            found[name, wanted] = Use(name, wanted)
    return sorted(found.values(), key=lambda use: use.name.lower())


def _wanted(definition: JSONDict, slug: str) -> Iterator[str]:
    for node in definition.get("nodes", ()):
        reference = node.get("config", {}).get(FIELD)
        if isinstance(reference, str) and reference:
            named, wanted = parts_of(reference)
            if named == slug:
                yield wanted
