"""Which workflows use a prompt of the library: in what is published, and in drafts."""

from collections.abc import Iterator

from django.db.models import Exists, F, Func, IntegerField, OuterRef, Q, Value

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.gateway.prompts.library import parts_of
from apps.gateway.prompts.usage import HIDDEN, Use
from apps.workflows import drafts
from apps.workflows.models import Workflow, WorkflowQuerySet, WorkflowUpdate

FIELD = "prompt_ref"


def uses_of(slug: str, actor: User) -> list[Use]:
    """Return the workflows, those in the bin among them, whose steps name a prompt."""
    found: dict[tuple[str, str], Use] = {}
    for workflow in _candidates(slug).select_related("published_version", "folder"):
        version = workflow.published_version
        name = workflow.name if policies.allows(actor, "view", workflow) else HIDDEN
        definitions = [drafts.load(workflow).data, *([version.definition] if version else [])]
        for wanted in (each for data in definitions for each in _wanted(data, slug)):
            found[name, wanted] = Use(name, wanted)
    return sorted(found.values(), key=lambda use: use.name.lower())


def _candidates(slug: str) -> WorkflowQuerySet:
    """Return those in which the word stands at all: texts lie as they are in what keeps a draft."""
    word = slug.encode()
    later = WorkflowUpdate.objects.filter(workflow=OuterRef("pk"), seq__gt=OuterRef("snapshot_seq"))
    said = later.annotate(place=_place(word, "data")).filter(place__gt=0)
    found = Workflow.objects.annotate(place=_place(word, "snapshot"), said=Exists(said))
    published = Q(published_version__definition__icontains=slug)
    return found.filter(Q(place__gt=0) | Q(said=True) | published)


def _place(word: bytes, column: str) -> Func:
    return Func(
        Value(word), F(column), function="position", arg_joiner=" in ",
        output_field=IntegerField(),
    )  # fmt: skip


def _wanted(definition: JSONDict, slug: str) -> Iterator[str]:
    for node in definition.get("nodes", ()):
        reference = node.get("config", {}).get(FIELD)
        if isinstance(reference, str) and reference:
            named, wanted = parts_of(reference)
            if named == slug:
                yield wanted
