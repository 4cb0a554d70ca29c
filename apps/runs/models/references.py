"""How rows of runs refer to large values."""

from django.db import models
from django.db.models import Q

from apps.files.models import Blob


def blob() -> "models.ForeignKey[Blob | None, Blob | None]":
    """Return a reference to a large value; the few there are have an index of their own."""
    return models.ForeignKey(
        Blob, null=True, on_delete=models.PROTECT, related_name="+", db_index=False
    )


def index_of(name: str) -> models.Index:
    """Return the index by which rows that refer to a large value are found."""
    return models.Index(
        fields=[name], condition=Q(**{f"{name}__isnull": False}), name=f"runs_{name}"
    )
