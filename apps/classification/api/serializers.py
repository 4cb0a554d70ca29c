"""Classes of data as the API gives and takes them."""

from rest_framework import serializers

from apps.classification.models import LONGEST_DAYS, DataClass
from apps.classification.slugs import SLUG

FIELDS = ["name", "description", "in_prompts", "puts_back", "keep_days"]


class DataClassSerializer(serializers.ModelSerializer[DataClass]):
    """A class, and what holds for its values."""

    class Meta:
        model = DataClass
        fields = ["id", "slug", *FIELDS, "is_builtin", "created_at", "updated_at"]
        read_only_fields = fields


class DataClassChangeSerializer(serializers.Serializer[DataClass]):
    """What may be changed of a class; what is left out stays."""

    name = serializers.CharField(max_length=60, required=False)
    description = serializers.CharField(max_length=500, required=False, allow_blank=True)
    in_prompts = serializers.BooleanField(
        required=False, help_text="Whether models may read its values on every route."
    )
    puts_back = serializers.BooleanField(
        required=False, help_text="Whether placeholders in answers become the values again."
    )
    keep_days = serializers.IntegerField(
        required=False, allow_null=True, min_value=1, max_value=LONGEST_DAYS,
        help_text="Days after which its values are erased from finished runs.",
    )  # fmt: skip


class NewDataClassSerializer(DataClassChangeSerializer):
    """A class of the workspace's own."""

    slug = serializers.RegexField(SLUG, help_text="How definitions call it; it stays.")
    name = serializers.CharField(max_length=60)


class DataClassUseSerializer(serializers.Serializer[object]):
    """Something that marks values with a class."""

    name = serializers.CharField()
    id = serializers.UUIDField(allow_null=True)
    fields_marked = serializers.ListField(child=serializers.CharField(), source="fields")
    published = serializers.BooleanField()
