"""Shapes of archives."""

from typing import Any

from rest_framework import serializers

from apps.portability.models import Export, Import
from apps.portability.sealing import SHORTEST


class NewArchiveSerializer(serializers.Serializer[Any]):
    """What goes into an archive beside what always does."""

    passphrase = serializers.CharField(
        required=False,
        default="",
        allow_blank=True,
        max_length=200,
        trim_whitespace=False,
        write_only=True,
        help_text=(
            "With one, secrets go with it, sealed with the passphrase; kept nowhere. "
            f"At least {SHORTEST} characters."
        ),
    )


class ArchiveSerializer(serializers.ModelSerializer[Export]):
    """An archive of the workspace, fetched piece by piece until it expires."""

    name = serializers.CharField(source="__str__", read_only=True)
    started_by = serializers.CharField(read_only=True, allow_null=True)
    pieces = serializers.SerializerMethodField(help_text="How many pieces there are to fetch.")
    moment = serializers.DateTimeField(
        source="snapshot.moment", read_only=True, allow_null=True, default=None,
        help_text="As when the workspace is in it.",
    )  # fmt: skip

    class Meta:
        model = Export
        fields = [
            "id", "name", "status", "started_by", "moment", "rows", "done", "total", "size", "pieces",
            "with_secrets", "trouble", "created_at", "started_at", "finished_at", "expires_at",
        ]  # fmt: skip
        read_only_fields = fields

    def get_pieces(self, export: Export) -> int:
        return export.pieces.count() if export.is_ready else 0


class NewArchiveImportSerializer(serializers.Serializer[Any]):
    """An archive that is going to be sent."""

    file_name = serializers.CharField(max_length=200, default="archive.zip")


class StartArchiveImportSerializer(serializers.Serializer[Any]):
    """What opens the secrets in an archive."""

    passphrase = serializers.CharField(
        required=False, default="", allow_blank=True, max_length=200, trim_whitespace=False,
        write_only=True, help_text="Where it was written with secrets; else they are left out.",
    )  # fmt: skip


class LeftRowsSerializer(serializers.Serializer[Any]):
    """Rows that were left out, and why."""

    kind = serializers.CharField()
    why = serializers.CharField()
    count = serializers.IntegerField()


class ChangedRowsSerializer(serializers.Serializer[Any]):
    """Rows that came in otherwise than they were, and how."""

    kind = serializers.CharField()
    what = serializers.CharField()
    count = serializers.IntegerField()


class ArrivalReportSerializer(serializers.Serializer[Any]):
    """What came of an archive."""

    came = serializers.DictField(child=serializers.IntegerField())
    left = LeftRowsSerializer(many=True)
    changed = ChangedRowsSerializer(many=True)


class ArchiveImportSerializer(serializers.ModelSerializer[Import]):
    """An archive that comes in: all of it, or nothing."""

    started_by = serializers.CharField(read_only=True, allow_null=True)
    pieces = serializers.IntegerField(source="pieces.count", read_only=True)
    report = ArrivalReportSerializer(read_only=True, allow_null=True)
    archive = serializers.UUIDField(read_only=True, allow_null=True)

    class Meta:
        model = Import
        fields = [
            "id", "file_name", "status", "started_by", "size", "pieces", "done", "total", "trouble",
            "archive", "source", "moment", "report", "created_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields
