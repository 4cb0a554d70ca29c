"""What the API takes and tells of evidence packs."""

from typing import Any

from rest_framework import serializers

from apps.evidence.models import Pack


class NewPackSerializer(serializers.Serializer[Any]):
    """A period; what is not past of it is left out."""

    since = serializers.DateTimeField()
    until = serializers.DateTimeField()


class PackSerializer(serializers.ModelSerializer[Pack]):
    """A pack: how far it is, and once it is written the hash of its manifest."""

    name = serializers.CharField(source="__str__", read_only=True)
    status = serializers.CharField(read_only=True)
    asked_by = serializers.CharField(read_only=True, allow_null=True)
    percent = serializers.IntegerField(read_only=True)

    class Meta:
        model = Pack
        fields = [
            "id", "name", "status", "asked_by", "since", "until", "done", "total", "percent", "size",
            "trouble", "wrong", "manifest", "created_at", "started_at", "finished_at",
        ]  # fmt: skip
        read_only_fields = fields
