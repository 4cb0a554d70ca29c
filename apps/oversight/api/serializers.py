"""Shapes of entries, the chain, and jobs about the trail."""

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.audit.models import AuditEntry, Check
from apps.common.types import JSONDict
from apps.oversight import words
from apps.oversight.entries import place_of
from apps.oversight.models import Export, Verification
from apps.oversight.searching import NAMES


class NamedThenSerializer(serializers.Serializer[Any]):
    """Somebody or something, as it was called then."""

    type = serializers.CharField()
    id = serializers.CharField(allow_blank=True)
    label = serializers.CharField(allow_blank=True)  # type: ignore[assignment]  # the name in the contract


class EntrySerializer(serializers.ModelSerializer[AuditEntry]):
    """An entry of the trail, without the values before and after."""

    actor = serializers.SerializerMethodField()
    object = serializers.SerializerMethodField()
    summary = serializers.SerializerMethodField()
    result = serializers.CharField(help_text="`ok`, `denied` or `failed`.")

    class Meta:
        model = AuditEntry
        fields = [
            "id", "at", "actor", "via", "action", "summary", "object", "result", "ip", "request_id",
        ]  # fmt: skip
        read_only_fields = fields

    @extend_schema_field(NamedThenSerializer)
    def get_actor(self, entry: AuditEntry) -> JSONDict:
        return {"type": entry.actor_type, "id": entry.actor_id, "label": entry.actor_label}

    @extend_schema_field(NamedThenSerializer)
    def get_object(self, entry: AuditEntry) -> JSONDict:
        return {"type": entry.target_type, "id": entry.target_id, "label": entry.target_label}

    def get_summary(self, entry: AuditEntry) -> str:
        return f"{words.told(entry.action)} {entry.target_label}".rstrip()


class PlaceSerializer(serializers.Serializer[Any]):
    """Where an entry is in the chain: its hash follows from it and from the hash before."""

    number = serializers.IntegerField()
    hash = serializers.CharField()
    before = serializers.CharField(allow_blank=True, help_text="The hash of the link before.")
    signed = serializers.BooleanField()


class WholeEntrySerializer(EntrySerializer):
    """An entry with its values before and after and its place in the chain; to read one is audited."""

    before = serializers.JSONField(allow_null=True)
    after = serializers.JSONField(allow_null=True)
    chain = serializers.SerializerMethodField()

    class Meta(EntrySerializer.Meta):
        fields = [*EntrySerializer.Meta.fields, "before", "after", "chain"]
        read_only_fields = fields

    @extend_schema_field(PlaceSerializer(allow_null=True))
    def get_chain(self, entry: AuditEntry) -> JSONDict | None:
        place = place_of(entry)
        found: JSONDict | None = PlaceSerializer(place).data if place else None
        return found


class CheckSerializer(serializers.ModelSerializer[Check]):
    """What the last walk along the whole chain found."""

    class Meta:
        model = Check
        fields = ["at", "number", "until", "wrong"]
        read_only_fields = fields


class ChainSerializer(serializers.Serializer[Any]):
    """How the chain stands; a checkpoint, noted elsewhere, shows later whether the trail was rolled back."""

    checkpoint = serializers.CharField(allow_null=True, help_text="`number:hash`, signed.")
    signature = serializers.CharField(allow_null=True)
    check = CheckSerializer(allow_null=True)


class VerificationSerializer(serializers.ModelSerializer[Verification]):
    """A walk along the chain that somebody asked for; `wrong` is empty where it holds."""

    started_by = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Verification
        fields = [
            "id", "status", "started_by", "done", "total", "wrong",
            "created_at", "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields


class NewExportSerializer(serializers.Serializer[Any]):
    """What is to be written, and how; the filters are those of the list of entries."""

    format = serializers.ChoiceField(choices=["jsonl", "csv"], default="jsonl")
    filters = serializers.DictField(
        child=serializers.CharField(allow_blank=True, max_length=200),
        default=dict,
        help_text=f"Any of {', '.join(NAMES)}.",
    )

    def validate_filters(self, given: dict[str, str]) -> dict[str, str]:
        """Refuse what is no filter, which would otherwise export more than was meant."""
        unknown = sorted(given.keys() - set(NAMES))
        if unknown:
            raise serializers.ValidationError(f"There is no filter {unknown[0]!r}.")
        return given


class ExportSerializer(serializers.ModelSerializer[Export]):
    """A copy of a part of the trail, fetched piece by piece until it expires."""

    name = serializers.CharField(source="__str__", read_only=True)
    format = serializers.CharField(read_only=True)
    filters = serializers.DictField(child=serializers.CharField(), read_only=True)
    pieces = serializers.SerializerMethodField(help_text="How many pieces there are to fetch.")

    class Meta:
        model = Export
        fields = [
            "id", "name", "status", "format", "filters", "done", "total", "size", "pieces", "trouble",
            "created_at", "started_at", "finished_at", "expires_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_pieces(self, export: Export) -> int:
        return export.pieces.count()
