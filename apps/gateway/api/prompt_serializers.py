"""Shapes of prompts, their versions and labels."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.common.types import JSON
from apps.gateway.models import Prompt, PromptVersion
from apps.gateway.prompts.content import LONGEST, ROLES, Type


@extend_schema_field(OpenApiTypes.ANY)
class AnyValueField(serializers.Field[Any, Any, Any, Any]):
    """Any JSON value."""

    def to_internal_value(self, data: JSON) -> JSON:
        return data

    def to_representation(self, value: JSON) -> JSON:
        return value


class MessageSerializer(serializers.Serializer[Any]):
    """A message; `{{ name }}` stands for a variable."""

    role = serializers.ChoiceField(choices=ROLES)
    content = serializers.CharField(max_length=LONGEST, trim_whitespace=False)


class VariableSerializer(serializers.Serializer[Any]):
    """What is filled in: of a type, required or with a default."""

    name = serializers.RegexField(r"^[a-z][a-z0-9_]{0,62}$")
    type = serializers.ChoiceField(choices=[each.value for each in Type], default=Type.TEXT.value)
    required = serializers.BooleanField(default=True)  # type: ignore[assignment]  # DRF's own name
    default = AnyValueField(default=None, allow_null=True)
    description = serializers.CharField(max_length=300, default="", allow_blank=True)


class ParamsSerializer(serializers.Serializer[Any]):
    """How a model is asked, unless who asks says otherwise."""

    temperature = serializers.FloatField(min_value=0, max_value=2, default=None, allow_null=True)
    max_tokens = serializers.IntegerField(
        min_value=1, max_value=1_000_000, default=None, allow_null=True
    )


class ContentSerializer(serializers.Serializer[Any]):
    """What a version says; variables that only its messages name are required texts."""

    messages = MessageSerializer(many=True)
    variables = VariableSerializer(many=True, default=list)
    params = ParamsSerializer(default=dict)


class LabelSerializer(serializers.Serializer[Any]):
    """A label and the version that it names."""

    name = serializers.CharField()
    version = serializers.IntegerField(source="version.number")
    moved_at = serializers.DateTimeField()


class PromptSerializer(serializers.ModelSerializer[Prompt]):
    """A prompt in a list."""

    labels = LabelSerializer(many=True)

    class Meta:
        model = Prompt
        fields = [
            "id", "slug", "name", "description", "newest", "labels", "created_at", "updated_at",
        ]  # fmt: skip
        read_only_fields = fields


class PromptVersionSerializer(serializers.ModelSerializer[PromptVersion]):
    """What a prompt said at one time."""

    content = ContentSerializer()
    labels = serializers.SerializerMethodField()

    class Meta:
        model = PromptVersion
        fields = ["number", "content", "sha256", "notes", "author", "labels", "created_at"]
        read_only_fields = fields

    def get_labels(self, version: PromptVersion) -> list[str]:
        return [label.name for label in version.labels.all()]


class NewVersionSerializer(serializers.Serializer[Any]):
    """A version to add."""

    content = ContentSerializer()
    notes = serializers.CharField(max_length=300, default="", allow_blank=True)


class PromptChangeSerializer(serializers.Serializer[Any]):
    """What can be changed of a prompt itself."""

    name = serializers.CharField(max_length=120, required=False)
    description = serializers.CharField(max_length=300, required=False, allow_blank=True)


class NewPromptSerializer(NewVersionSerializer):
    """A prompt to make, with its first version."""

    slug = serializers.CharField(max_length=63)
    name = serializers.CharField(max_length=120, default="", allow_blank=True)
    description = serializers.CharField(max_length=300, default="", allow_blank=True)


class LabelChangeSerializer(serializers.Serializer[Any]):
    """Which version a label is to name."""

    version = serializers.IntegerField(min_value=1, max_value=2**31 - 1)


class LineSerializer(serializers.Serializer[Any]):
    """A line of both versions, or of one alone."""

    kind = serializers.ChoiceField(choices=["same", "added", "removed"])
    text = serializers.CharField()


class SectionSerializer(serializers.Serializer[Any]):
    """A part of two versions, line by line."""

    title = serializers.CharField()
    changed = serializers.BooleanField()
    lines = LineSerializer(many=True)
