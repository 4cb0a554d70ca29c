"""What the API takes and tells of a draft's history."""

from collections.abc import Iterable
from typing import Any
from uuid import UUID

from rest_framework import serializers

from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.workflows.api.serializers import DiffSerializer
from apps.workflows.contributions import Contribution
from apps.workflows.filters import POINT_KINDS
from apps.workflows.models import Point
from apps.workflows.presence import identity_of
from apps.workflows.restoring import definition_at

MOST_TOLD = 60  # changes of a point in a list; the rest is counted
People = dict[UUID, JSONDict]


def people_of(ids: Iterable[UUID | None]) -> People:
    """Return who these are to the others, in one query."""
    found = User.objects.filter(pk__in={each for each in ids if each})
    return {user.pk: identity_of(user) for user in found}


class PersonSerializer(serializers.Serializer[Any]):
    """Who somebody is to the others."""

    id = serializers.UUIDField()
    name = serializers.CharField()
    colour = serializers.CharField()


class AuthorsSerializer(serializers.Serializer[Any]):
    """Who changed something in a draft."""

    results = PersonSerializer(many=True)


class CreditSerializer(serializers.Serializer[Any]):
    """One change; `author` is null where a program of the server corrected something."""

    operation = serializers.CharField()
    node = serializers.CharField(allow_null=True)
    field = serializers.CharField(allow_null=True)
    author = serializers.UUIDField(allow_null=True)
    title = serializers.CharField()


class PointSerializer(serializers.ModelSerializer[Point]):
    """A point of the history. Its `authors` come from the context's `people`."""

    kind = serializers.ChoiceField(choices=POINT_KINDS)
    version = serializers.IntegerField(source="version.number", default=None, allow_null=True)
    notes = serializers.CharField(source="version.notes", default="")
    authors = serializers.SerializerMethodField()
    changes = serializers.SerializerMethodField()
    change_count = serializers.SerializerMethodField()

    class Meta:
        model = Point
        fields = [
            "id", "seq", "kind", "version", "notes", "name", "authors", "changes",
            "change_count", "began_at", "created_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_authors(self, point: Point) -> list[dict[str, Any]]:
        people: People = self.context["people"]
        return [dict(people[each]) for each in point.authors if each in people]

    def get_changes(self, point: Point) -> list[dict[str, Any]]:
        told: Any = CreditSerializer(point.changes[:MOST_TOLD], many=True).data
        return list(told)

    def get_change_count(self, point: Point) -> int:
        return len(point.changes)


class PointDetailSerializer(PointSerializer):
    """A point with the definition as it was then."""

    definition = serializers.SerializerMethodField()

    class Meta(PointSerializer.Meta):
        fields = [*PointSerializer.Meta.fields, "definition"]
        read_only_fields = fields

    def get_definition(self, point: Point) -> dict[str, Any]:
        return definition_at(point)


class NameSerializer(serializers.Serializer[Any]):
    """What a point is called; an empty name takes it away."""

    name = serializers.CharField(max_length=120, allow_blank=True)


class NewNameSerializer(serializers.Serializer[Any]):
    """What the draft as it is now is called."""

    name = serializers.CharField(max_length=120)


class RestorePointSerializer(serializers.Serializer[Any]):
    """What to take back: everything, or one step."""

    node = serializers.CharField(max_length=63, required=False, allow_blank=True, default="")


class ContributionSerializer(DiffSerializer):
    """What one person changed, like a diff; `author` is null where nobody knows."""

    author = serializers.SerializerMethodField()
    through_api = serializers.BooleanField()
    is_you = serializers.SerializerMethodField()

    def get_author(self, share: Contribution) -> dict[str, Any] | None:
        people: People = self.context["people"]
        return people.get(share.author) if share.author else None

    def get_is_you(self, share: Contribution) -> bool:
        return bool(share.author == self.context["you"])


class ContributionsSerializer(serializers.Serializer[Any]):
    """What differs from a version, by who changed it; `version` is null before the first one."""

    version = serializers.IntegerField(allow_null=True)
    contributions = ContributionSerializer(many=True)


def told(version: int | None, shares: list[Contribution], actor: User) -> JSONDict:
    """Return contributions as the API tells them."""
    context = {"people": people_of(share.author for share in shares), "you": actor.pk}
    found = {"version": version, "contributions": shares}
    data: JSONDict = ContributionsSerializer(found, context=context).data
    return data
