"""Who can be mentioned and told: the members who may see the workflow."""

import re
from collections.abc import Collection, Iterable
from functools import reduce
from operator import or_
from uuid import UUID

from django.db.models import Q

from apps.accounts.models import User
from apps.comments.exceptions import MayNotSee
from apps.workflows.models import Workflow

MOST_MENTIONED = 20
MOST_OFFERED = 20
CALL = re.compile(r"@(\w{1,120})")


def who_see(workflow: Workflow, people: Iterable[User]) -> list[User]:
    """Keep those who may see the workflow."""
    path = workflow.folder.path if workflow.folder else ""
    return [user for user in people if "workflow.view" in user.permissions_in(path)]


def offered(workflow: Workflow, *, text: str = "") -> list[User]:
    """Return whom one can mention whose name or e-mail holds the text, at most twenty, by name."""
    members = User.objects.members().filter(is_active=True).matching(text=text.strip())
    found: list[User] = []
    for user in members.order_by("name", "pk").with_roles().iterator(chunk_size=100):
        found += who_see(workflow, [user])
        if len(found) == MOST_OFFERED:
            break
    return found


def mentioned(workflow: Workflow, ids: Collection[UUID]) -> list[User]:
    """Return the people to mention. Raises MayNotSee, with one entry for each who cannot be."""
    if not ids:
        return []
    members = User.objects.members().filter(is_active=True, pk__in=ids).with_roles()
    able = who_see(workflow, members)
    strangers = set(ids) - {user.pk for user in able}
    if strangers:
        names = {user.pk: str(user) for user in members}
        raise MayNotSee(errors=[_refusal(each, names.get(each)) for each in sorted(strangers)])
    return able


def named_in(text: str, workflow: Workflow) -> list[User]:
    """Return whom a text calls by the whole name, as “@Ana Ruiz”, for pages without a list to choose from."""
    begun = CALL.findall(text)[:MOST_MENTIONED]
    members = User.objects.members().filter(is_active=True)
    called = members.filter(_any_of(Q(name__startswith=word) for word in begun)).with_roles()
    found = []
    for user in sorted(who_see(workflow, called), key=lambda each: -len(str(each))):
        if f"@{user}" in text:
            text = text.replace(f"@{user}", "")
            found.append(user)
    return found


def _any_of(wanted: Iterable[Q]) -> Q:
    return reduce(or_, wanted, Q(pk=None))


def _refusal(user_id: UUID, name: str | None) -> dict[str, object]:
    message = f"{name} may not see this workflow." if name else f"{user_id} is no member here."
    return {"field": "mentions", "message": message, "code": MayNotSee.code}
