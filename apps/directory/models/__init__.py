"""Directories with what they keep, and imports of people."""

from apps.directory.models.imports import ImportRow, PeopleImport
from apps.directory.models.kept import (
    Directory,
    Exchange,
    KeptGroup,
    Person,
    PersonQuerySet,
    Token,
)

__all__ = [
    "Directory",
    "Exchange",
    "ImportRow",
    "KeptGroup",
    "PeopleImport",
    "Person",
    "PersonQuerySet",
    "Token",
]
