"""What the page of members shows of directories."""

from collections.abc import Collection, Mapping
from uuid import UUID

from django.db.models import Exists, Max, OuterRef
from django.urls import reverse

from apps.accounts.models import User
from apps.accounts.sources import Source, Summary
from apps.directory.models import Directory, Person
from apps.identity.models import GroupRule
from apps.tenants.context import current_scope


class KeptMembers:
    """Answers only inside workspaces: the platform's own staff is kept by nobody."""

    def of(self, users: Collection[UUID]) -> Mapping[UUID, Source]:
        """Return where people come from; directories that are off keep nobody."""
        if current_scope().tenant is None:
            return {}
        rules = GroupRule.objects.filter(connection=OuterRef("directory__connection"))
        kept = Person.objects.filter(user__in=users, directory__is_on=True)
        told = kept.annotate(follows=Exists(rules)).values_list(
            "user_id", "directory__connection__name", "follows"
        )
        return {user: Source("SCIM", name, follows) for user, name, follows in told}

    def summaries(self) -> Collection[Summary]:
        """Return the directories that are switched on."""
        on = Directory.objects.filter(is_on=True).select_related("connection")
        return [_summary(each) for each in on.annotate(last=Max("exchanges__created_at"))]

    def let_be(self, user: User) -> None:
        """Forget that it was a directory that suspended them."""
        Person.objects.filter(user=user, suspended=True).update(suspended=False)


def _summary(directory: Directory) -> Summary:
    connection = directory.connection
    return Summary(
        name=str(directory),
        url=reverse("directory:requests", args=[connection.pk]),
        people=directory.people.present().count(),
        groups=directory.groups.count(),
        decides_roles=connection.rules.exists(),
        changed_at=directory.last,  # type: ignore[attr-defined]
    )
