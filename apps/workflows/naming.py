"""Finding the workflows in which a word stands, without reading every draft."""

from django.db.models import Exists, F, Func, IntegerField, OuterRef, Q, Value

from apps.workflows.models import Workflow, WorkflowQuerySet, WorkflowUpdate


def naming(text: str) -> WorkflowQuerySet:
    """Return those in which the text stands at all: texts lie as they are in what keeps a draft."""
    word = text.encode()
    later = WorkflowUpdate.objects.filter(workflow=OuterRef("pk"), seq__gt=OuterRef("snapshot_seq"))
    said = later.annotate(place=_place(word, "data")).filter(place__gt=0)
    found = Workflow.objects.annotate(place=_place(word, "snapshot"), said=Exists(said))
    published = Q(published_version__definition__icontains=text)
    return found.filter(Q(place__gt=0) | Q(said=True) | published)


def _place(word: bytes, column: str) -> Func:
    return Func(
        Value(word), F(column), function="position", arg_joiner=" in ",
        output_field=IntegerField(),
    )  # fmt: skip
