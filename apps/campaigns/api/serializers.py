"""What the API takes and tells of access reviews."""

from typing import Any

from rest_framework import serializers

from apps.accounts.models import Folder, Role, User
from apps.campaigns.filters import ITEM_FIELDS
from apps.campaigns.models import (
    LONGEST_NOTE,
    LONGEST_REASON,
    MOST_DAYS,
    Campaign,
    Item,
    Series,
    Sort,
    Terms,
)

NAMES = ("owner", "reviewer", "signed_by")
SCOPE = ["id", "name", "note", "owner", "sorts", "roles", "folder", "reviewers", "reviewer", "reviewer_role", "days"]  # fmt: skip


class TermsSerializer(serializers.ModelSerializer[Any]):
    """What campaigns and series tell alike."""

    owner = serializers.CharField(read_only=True, allow_null=True)
    sorts = serializers.ListField(child=serializers.CharField(), read_only=True)
    roles = serializers.ListField(child=serializers.CharField(), read_only=True)
    folder = serializers.UUIDField(source="folder_id", read_only=True, allow_null=True)
    reviewers = serializers.CharField(read_only=True)
    reviewer = serializers.CharField(read_only=True, allow_null=True)
    reviewer_role = serializers.CharField(
        source="reviewer_role.name", default=None, read_only=True, allow_null=True
    )


class CampaignSerializer(TermsSerializer):
    """An access review; `taken_at` is the moment whose rights it is about."""

    series = serializers.UUIDField(source="series_id", read_only=True, allow_null=True)
    signed_by = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Campaign
        fields = [
            *SCOPE, "status", "series", "created_at", "taken_at", "due_at", "total", "signed_by",
            "signed_at", "statement", "closed_at", "digest",
        ]  # fmt: skip
        read_only_fields = fields


class SeriesSerializer(TermsSerializer):
    """What begins again every so many months."""

    class Meta:
        model = Series
        fields = [*SCOPE, "months", "created_at", "next_at", "paused_at", "trouble"]
        read_only_fields = fields


class NewCampaignSerializer(serializers.Serializer[Any]):
    """What is reviewed and by whom; with `months`, again every so many."""

    name = serializers.CharField(max_length=120)
    note = serializers.CharField(max_length=LONGEST_NOTE, allow_blank=True, default="")
    sorts = serializers.ListField(
        child=serializers.ChoiceField(choices=Sort.choices), default=list, max_length=20
    )
    roles = serializers.ListField(
        child=serializers.CharField(max_length=40), default=list, max_length=200,
        help_text="Names: only rights that bring one of them.",
    )  # fmt: skip
    folder = serializers.PrimaryKeyRelatedField(
        queryset=Folder.objects.all(), allow_null=True, default=None
    )
    reviewers = serializers.ChoiceField(choices=Terms.Reviewers.choices)
    reviewer = serializers.PrimaryKeyRelatedField(
        queryset=User.objects.all(), allow_null=True, default=None
    )
    reviewer_role = serializers.SlugRelatedField(
        slug_field="name", queryset=Role.objects.all(), allow_null=True, default=None
    )
    days = serializers.IntegerField(min_value=1, max_value=MOST_DAYS, default=14)
    months = serializers.ChoiceField(choices=Series.Every.choices, allow_null=True, default=None)


class ItemSerializer(serializers.ModelSerializer[Item]):
    """One right as it was, who is asked, what was said and what came of it."""

    holder_id = serializers.UUIDField(source="holder", read_only=True)
    holder = serializers.CharField(source="holder_label", read_only=True)
    sort = serializers.CharField(read_only=True)
    holder_kind = serializers.CharField(read_only=True)
    terms = serializers.DictField(read_only=True)
    signs = serializers.DictField(read_only=True)
    reviewer = serializers.CharField(read_only=True, allow_null=True)
    decision = serializers.CharField(read_only=True, help_text="Empty: not decided.")
    decided_by = serializers.CharField(read_only=True, allow_null=True)
    outcome = serializers.CharField(read_only=True)

    class Meta:
        model = Item
        fields = [
            "id", "campaign", "sort", "holder_kind", "holder", "holder_id", "label", "place",
            "terms", "signs", "reviewer", "decision", "reason", "decided_by", "decided_at",
            "with_others", "outcome", "outcome_note", "settled_at",
        ]  # fmt: skip
        read_only_fields = fields


class WholeItemSerializer(ItemSerializer):
    """An item with how the right stands now."""

    changes = serializers.ListField(
        child=serializers.CharField(), help_text="What is not as it was, in words."
    )
    is_gone = serializers.BooleanField()

    class Meta(ItemSerializer.Meta):
        fields = [*ItemSerializer.Meta.fields, "changes", "is_gone"]
        read_only_fields = fields


class RightDecisionSerializer(serializers.Serializer[Any]):
    """What a reviewer says; a reason is needed unless it stays."""

    decision = serializers.ChoiceField(choices=Item.Decision.choices)
    reason = serializers.CharField(max_length=LONGEST_REASON, allow_blank=True, default="")


class FiltersSerializer(serializers.Serializer[Any]):
    """Which items; the filters are those of their list."""

    filters = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=200), default=dict,
        help_text=f"Any of {', '.join(ITEM_FIELDS)}.",
    )  # fmt: skip

    def validate_filters(self, given: dict[str, str]) -> dict[str, str]:
        """Refuse what is no filter: more would be done than was meant."""
        unknown = sorted(given.keys() - set(ITEM_FIELDS))
        if unknown:
            raise serializers.ValidationError(f"There is no filter {unknown[0]!r}.")
        return given


class HandOnSerializer(FiltersSerializer):
    """Which undecided items, and who is asked instead."""

    reviewer = serializers.PrimaryKeyRelatedField(queryset=User.objects.all())


class SignSerializer(serializers.Serializer[Any]):
    """What is said at the sign-off."""

    statement = serializers.CharField(max_length=LONGEST_NOTE, allow_blank=True, default="")


class CancelSerializer(serializers.Serializer[Any]):
    """Why it is given up."""

    reason = serializers.CharField(max_length=400)


class SettleSerializer(serializers.Serializer[Any]):
    """What was done by hand."""

    note = serializers.CharField(max_length=400)


class CountSerializer(serializers.Serializer[Any]):
    """How many items it was done to, and how many stay as they were."""

    items = serializers.IntegerField()
    left = serializers.IntegerField()
