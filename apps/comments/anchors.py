"""What threads are about: the steps of a draft, which are renamed, deleted and brought back."""

from django.utils import timezone

from apps.comments import live
from apps.comments.models import Thread
from apps.common.errors import Invalid
from apps.nodes import registry
from apps.workflows import drafts
from apps.workflows.models import Workflow
from apps.workflows.settling import Burst


def titles_of(workflow: Workflow) -> dict[str, str]:
    """Return the steps of the draft, each with its title or the label of its type. Raises Invalid."""
    nodes = drafts.load(workflow).definition.nodes
    return {node.id: (node.title or _label(node.type))[:200] for node in nodes}


def follow(burst: Burst) -> None:
    """Note which steps with threads were renamed, are gone, or are there again."""
    threads = Thread.objects.filter(workflow=burst.workflow).exclude(node="")
    if not threads.exists():
        return
    try:
        titles = titles_of(burst.workflow)
    except (
        Invalid
    ):  # nothing can be said of a draft that is none; the next change is looked at again
        return
    for thread in threads.select_for_update():
        if _moved(thread, titles.get(thread.node)):
            thread.save(update_fields=["node_title", "detached_at", "updated_at"])
            live.tell(thread)


def _moved(thread: Thread, title: str | None) -> bool:
    """Take in what the step is called now, None where it is gone; return whether that is news."""
    before = (thread.node_title, thread.detached_at)
    if title is None:
        thread.detached_at = thread.detached_at or timezone.now()
    else:
        thread.node_title, thread.detached_at = title, None
    return before != (thread.node_title, thread.detached_at)


def _label(type_name: str) -> str:
    try:
        return registry.find(type_name).label
    except registry.UnknownNodeType:
        return type_name
