"""Shapes of workflows, versions and what is sent to change them."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.accounts import policies
from apps.accounts.models import Folder
from apps.common.types import JSON, JSONDict
from apps.workflows import drafts
from apps.workflows.models import Workflow, WorkflowVersion


@extend_schema_field(OpenApiTypes.OBJECT)
class DefinitionField(serializers.Field[Any, Any, Any, Any]):
    """A definition; its form is judged by the service, which names each field."""

    def to_internal_value(self, data: JSON) -> JSON:
        return data

    def to_representation(self, value: JSON) -> JSON:
        return value


class FolderField(serializers.PrimaryKeyRelatedField[Folder]):
    """A folder that the caller sees."""

    def __init__(self, **kwargs: Any) -> None:
        """Take the folders when asked, since they depend on the caller."""
        super().__init__(queryset=Folder.objects.all(), **kwargs)

    def get_queryset(self) -> Any:
        request = self.context.get("request")
        return (
            policies.visible(request.user, Folder.objects.all())
            if request
            else Folder.objects.none()
        )


class WorkflowSerializer(serializers.ModelSerializer[Workflow]):
    """A workflow in a list."""

    published_version = serializers.IntegerField(
        source="published_version.number", read_only=True, allow_null=True, default=None
    )
    has_unpublished_changes = serializers.BooleanField(read_only=True)
    created_by = serializers.CharField(read_only=True, allow_null=True)
    slug = serializers.CharField(
        read_only=True, allow_null=True,
        help_text="Programs ask the workflow as the model `workflow/<slug>`, once it is published.",
    )  # fmt: skip

    class Meta:
        model = Workflow
        fields = [
            "id", "slug", "name", "description", "folder", "tags", "created_via", "created_by",
            "published_version", "has_unpublished_changes", "node_count", "problem_count",
            "created_at", "updated_at", "archived_at", "deleted_at",
        ]  # fmt: skip
        read_only_fields = fields


class WorkflowDetailSerializer(WorkflowSerializer):
    """A workflow with its draft."""

    definition = serializers.SerializerMethodField()

    class Meta(WorkflowSerializer.Meta):
        fields = [*WorkflowSerializer.Meta.fields, "definition"]
        read_only_fields = fields

    def get_definition(self, workflow: Workflow) -> JSONDict:
        return drafts.load(workflow).data


class ImportedEntrySerializer(serializers.Serializer[Any]):
    """What became of one step of an imported file."""

    node = serializers.CharField()
    title = serializers.CharField()
    original = serializers.CharField(help_text="Its type in the tool that it came from.")
    type = serializers.CharField()
    remarks = serializers.ListField(child=serializers.CharField())


class ReportSerializer(serializers.Serializer[Any]):
    """What became of an import from another tool."""

    source = serializers.CharField()  # type: ignore[assignment]  # a name of the base class, too
    steps = ImportedEntrySerializer(many=True)
    mapped = serializers.IntegerField()
    placeholders = serializers.IntegerField()
    remarks = serializers.ListField(child=serializers.CharField())


class ImportedSerializer(WorkflowDetailSerializer):
    """An imported workflow; of another tool's file with a report."""

    report = serializers.SerializerMethodField()

    class Meta(WorkflowDetailSerializer.Meta):
        fields = [*WorkflowDetailSerializer.Meta.fields, "report"]
        read_only_fields = fields

    @extend_schema_field(ReportSerializer(allow_null=True))
    def get_report(self, workflow: Workflow) -> JSON:
        return self.context.get("report")


class ChangeSerializer(serializers.Serializer[Any]):
    """What may be changed."""

    name = serializers.CharField(max_length=200, required=False)
    description = serializers.CharField(max_length=10_000, required=False, allow_blank=True)
    folder = FolderField(required=False, allow_null=True)
    tags = serializers.ListField(
        child=serializers.CharField(max_length=40), max_length=20, required=False
    )
    definition = DefinitionField(required=False)


class EditSerializer(ChangeSerializer):
    """What may be changed of a workflow that is there."""

    allow_empty = serializers.BooleanField(
        default=False,
        help_text="Let a definition without steps take away all those of a draft that has several.",
    )


class NewWorkflowSerializer(ChangeSerializer):
    """A workflow to make."""

    name = serializers.CharField(max_length=200)


class PublishSerializer(serializers.Serializer[Any]):
    """What changed, in the publisher's words."""

    notes = serializers.CharField(max_length=10_000, required=False, allow_blank=True, default="")


class VersionSerializer(serializers.ModelSerializer[WorkflowVersion]):
    """A published version in a list."""

    created_by = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = WorkflowVersion
        fields = ["id", "number", "sha256", "notes", "created_by", "created_at"]
        read_only_fields = fields


class VersionDetailSerializer(VersionSerializer):
    """A published version with its definition."""

    class Meta(VersionSerializer.Meta):
        fields = [*VersionSerializer.Meta.fields, "definition"]
        read_only_fields = fields


class ProblemSerializer(serializers.Serializer[Any]):
    """One thing to correct."""

    code = serializers.CharField()
    message = serializers.CharField()
    fix = serializers.CharField(allow_blank=True)
    node = serializers.CharField(allow_blank=True)
    field = serializers.CharField(allow_blank=True)
    severity = serializers.ChoiceField(choices=["error", "warning"])


class ProblemsSerializer(serializers.Serializer[Any]):
    """All there is to correct; empty if nothing is."""

    problems = ProblemSerializer(many=True)


class ValidateSerializer(serializers.Serializer[Any]):
    """A definition to judge; without one, the draft is."""

    definition = DefinitionField(required=False)


class ExpressionSerializer(serializers.Serializer[Any]):
    """A text with `{{ }}` to check, perhaps in its place in a workflow."""

    text = serializers.CharField(max_length=100_000, trim_whitespace=False, allow_blank=True)
    workflow = serializers.UUIDField(required=False)
    node = serializers.CharField(max_length=63, required=False, allow_blank=True, default="")


class PreviewSerializer(serializers.Serializer[Any]):
    """A text with `{{ }}`, and the values of the names it uses."""

    text = serializers.CharField(max_length=100_000, trim_whitespace=False, allow_blank=True)
    values = serializers.DictField(required=False, default=dict)


class PreviewedSerializer(serializers.Serializer[Any]):
    """What the text gives: one expression keeps its type, anything else is a text.

    `problem` says why there is no value; it is empty where there is one.
    """

    value = serializers.JSONField(allow_null=True)
    problem = serializers.CharField(allow_blank=True)


class DiffSerializer(serializers.Serializer[Any]):
    """Changed nodes, edges and settings between two versions."""

    nodes = serializers.DictField()
    edges = serializers.DictField()
    settings = serializers.ListField()


class FolderSerializer(serializers.ModelSerializer[Folder]):
    """A folder."""

    class Meta:
        model = Folder
        fields = ["id", "name", "parent", "created_at"]
        read_only_fields = ["id", "created_at"]
        extra_kwargs = {"parent": {"required": False}}

    def validate_parent(self, parent: Folder | None) -> Folder | None:
        """A folder that the caller does not see is not there."""
        request = self.context.get("request")
        if parent and request and not policies.allows(request.user, "view", parent):
            raise serializers.ValidationError("There is no such folder.")
        return parent
