"""Which workflows mark values with a class of data: in what is published, and in drafts."""

from apps.accounts import policies
from apps.accounts.models import User
from apps.classification.uses import HIDDEN, Use
from apps.common.types import JSONDict
from apps.workflows import drafts
from apps.workflows.marks import START, Marks
from apps.workflows.naming import naming


class DataClassUsers:
    """Tells of the workflows what uses classes of data."""

    def uses_of(self, slug: str, actor: User) -> list[Use]:
        """Return the workflows, those in the bin among them, whose fields are marked with a class."""
        found = []
        for workflow in naming(slug).select_related("published_version", "folder"):
            version = workflow.published_version
            published = [] if version is None else _fields(version.definition, slug)
            fields = published or _fields(drafts.load(workflow).data, slug)
            if fields:
                seen = policies.allows(actor, "view", workflow)
                name, pk = (workflow.name, workflow.pk) if seen else (HIDDEN, None)
                shown = tuple(fields) if seen else ()
                found.append(Use(name, pk, shown, bool(published)))
        return sorted(found, key=lambda use: use.name.lower())


def _fields(definition: JSONDict, slug: str) -> list[str]:
    """Return the marked places: the fields of the start by their names, others by step and path."""
    marks = Marks.of_definition(definition)
    types = {node["id"]: node.get("type") for node in definition.get("nodes") or ()}
    places = []
    for (node, place), found in marks.of_steps.items():
        for mark in found:
            if mark.data_class == slug:
                path = ".".join(mark.path)
                is_input = types.get(node) == START
                places.append(f"input.{path}" if is_input else f"{node}.{place}.{path}".rstrip("."))
    return sorted(places)
