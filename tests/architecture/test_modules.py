"""The shape of the code: floors that tables keep too, small modules that say what they are."""

import ast
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.apps import apps
from django.db.models import Model

from tests.architecture.tree import CODE, ROOT, below, floors, is_migration, name, parsed

MAX_LINES = 400
# A name that says nothing about what is inside. nodes/base.py is the contract itself.
BANNED = re.compile(r"(utils?|helpers?|misc|common_?code|managers?|stuff|base_\w+|\w+_utils?)\.py")
OWN = [model for model in apps.get_models() if model.__module__.startswith("apps.")]


def _app(model: type[Model]) -> str:
    return model.__module__.split(".")[1]


@pytest.mark.parametrize("model", OWN, ids=lambda model: model.__name__)
def test_foreign_keys_point_down_or_stay_in_their_app(model: type[Model]) -> None:
    for field in model._meta.get_fields():
        target = field.related_model if field.concrete and field.is_relation else None
        if not isinstance(target, type) or not target.__module__.startswith("apps."):
            continue
        own, other = _app(model), _app(target)
        assert other == own or floors()[other] < floors()[own], (
            f"{model.__name__}.{field.name} points up, to {target.__name__}"
        )


def test_every_app_has_a_floor() -> None:
    found = {path.parts[len(ROOT.parts) + 1] for path in below("apps/")} - {"__init__.py"}
    assert found <= set(floors())


def _long() -> Iterator[Path]:
    yield from below("apps/", "auterity/", "tests/", "bench/")
    yield from below("static/studio/", suffixes=(".ts", ".tsx"))


def test_no_module_is_longer_than_a_sitting() -> None:
    lengths = {
        name(path): len(path.read_text().splitlines()) for path in _long() if not is_migration(path)
    }
    assert not {path: lines for path, lines in lengths.items() if lines > MAX_LINES}


def test_every_module_says_what_it_is() -> None:
    silent = [
        name(path)
        for path in below(*CODE)
        if not is_migration(path)
        and path.read_text().strip()
        and not ast.get_docstring(parsed(path))
    ]
    assert not silent


def test_no_module_is_a_drawer_for_anything() -> None:
    assert not [name(path) for path in below(*CODE) if BANNED.fullmatch(path.name)]


def test_models_are_imported_not_looked_up() -> None:
    """`apps.get_model` hides an import from the floors; migrations need it, nothing else does."""
    found = [
        f"{name(path)}:{node.lineno}"
        for path in below("apps/", "auterity/")
        if not is_migration(path)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr == "get_model"
    ]
    assert not found
