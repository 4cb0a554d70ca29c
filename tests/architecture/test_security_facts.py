"""Every figure of docs/security-facts.md is the one in code."""

import re
from datetime import timedelta
from importlib import import_module
from typing import Any

import pytest
from django.conf import settings
from django.db import models

from tests.architecture.tree import ROOT

PAGE = (ROOT / "docs" / "security-facts.md").read_text()
PLACE = r"`[\w.]+:[\w.-]+`"
ROWS = re.findall(r"^\| (?!fact|what|---)(.+?) \| (.+?) \| (.+?) \|$", PAGE, re.MULTILINE)
FIGURES = [
    (fact, figure, where.strip("`")) for fact, figure, where in ROWS if re.fullmatch(PLACE, where)
]
UNITS = {
    "seconds": 1, "minutes": 60, "hour": 3600, "hours": 3600, "days": 86_400,
    "KiB": 1 << 10, "MiB": 1 << 20, "GiB": 1 << 30, "bytes": 1, "bits": 1, "characters": 1, "a minute": 1, "": 1,
}  # fmt: skip


def value_of(where: str) -> Any:
    """Return what stands at `module:NAME`, in a setting, a mapping, or as a field's default."""
    module, _, name = where.partition(":")
    if module == "settings":
        return getattr(settings, name)
    holder, _, inner = name.partition(".")
    found = getattr(import_module(module), holder)
    if isinstance(found, dict):
        return found[inner]
    if inner and issubclass(found, models.Model):
        return found._meta.get_field(inner).default
    return found


def said(figure: str) -> float | str:
    """Return the number that a figure says, in seconds, bytes or pieces; else its words."""
    number, _, unit = figure.partition(" ")
    return int(number) * UNITS[unit] if number.isdigit() else figure


def test_there_are_figures() -> None:
    assert len(FIGURES) > 40
    assert len({where for _, _, where in FIGURES}) == len(FIGURES)


@pytest.mark.parametrize(("fact", "figure", "where"), FIGURES)
def test_a_figure_is_the_one_in_code(fact: str, figure: str, where: str) -> None:
    value = value_of(where)
    if where == "settings:PASSWORD_HASHERS":  # of tests, whose first one is a quick one
        assert any(figure in each for each in value)
    elif isinstance(value, timedelta):
        assert value.total_seconds() == said(figure), fact
    else:
        assert value == said(figure), fact


@pytest.mark.parametrize(
    ("figure", "number"),
    [
        ("5 minutes", 300),
        ("16 MiB", 16 << 20),
        ("1 hour", 3600),
        ("64", 64),
        ("no-store", "no-store"),
    ],
)
def test_figures_are_read_as_they_are_meant(figure: str, number: float | str) -> None:
    assert said(figure) == number
