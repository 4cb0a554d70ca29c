"""Shapes of pinned outputs and data sets."""

from typing import Any

from drf_spectacular.types import OpenApiTypes
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from apps.workflows.models import DataSet, Pin


@extend_schema_field(OpenApiTypes.ANY)
class ValueField(serializers.JSONField):
    """Any JSON value, null too."""


class PinSerializer(serializers.ModelSerializer[Pin]):
    """An output that stands in for a step; `port` says by which way it is left."""

    output = ValueField(allow_null=True)
    port = serializers.CharField(max_length=80, required=False, allow_blank=True, default="")
    pinned_by = serializers.CharField(read_only=True, allow_null=True)

    class Meta:
        model = Pin
        fields = ["node", "output", "port", "pinned_by", "pinned_at"]
        read_only_fields = ["node", "pinned_by", "pinned_at"]


class PinsSerializer(serializers.Serializer[Any]):
    """All pins of a workflow."""

    results = PinSerializer(many=True)


class DataSetSerializer(serializers.ModelSerializer[DataSet]):
    """Inputs with a name; with `compares` the run's outputs should be `expected`."""

    inputs = serializers.DictField(required=False, default=dict)
    expected = ValueField(required=False, allow_null=True, default=None)

    class Meta:
        model = DataSet
        fields = ["id", "name", "inputs", "compares", "expected", "created_at", "updated_at"]
        read_only_fields = ["id", "created_at", "updated_at"]


class DataSetsSerializer(serializers.Serializer[Any]):
    """All data sets of a workflow."""

    results = DataSetSerializer(many=True)
