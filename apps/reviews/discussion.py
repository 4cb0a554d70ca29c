"""What is said of the steps that a review is about: the same threads as in the studio."""

from collections.abc import Iterator

from django.db.models import F

from apps.accounts import policies
from apps.accounts.models import User
from apps.comments.models import Thread, ThreadQuerySet
from apps.common.types import JSONDict
from apps.nodes import registry
from apps.reviews.models import Review


def threads_of(review: Review, changes: JSONDict, actor: User) -> ThreadQuerySet:
    """Return the threads at the steps that change, open ones first."""
    nodes = changes["nodes"]
    ids = [node["id"] for how in ("added", "removed", "changed") for node in nodes[how]]
    seen = policies.visible(actor, Thread.objects.filter(workflow=review.workflow, node__in=ids))
    return seen.with_comments().order_by(F("resolved_at").asc(nulls_first=True), "-last_at", "-id")


def steps_of(review: Review, changes: JSONDict) -> list[tuple[str, str]]:
    """Return the steps on which one can comment, each with its title."""
    touched = {node["id"] for how in ("added", "changed") for node in changes["nodes"][how]}
    return list(_titles(review.version.definition["nodes"], touched))


def _titles(nodes: list[JSONDict], wanted: set[str]) -> Iterator[tuple[str, str]]:
    for node in nodes:
        if node["id"] in wanted:
            yield node["id"], node.get("title") or registry.find(node["type"]).label
