"""docs/data-protection.md gives each app that keeps something one level, and each level its rules."""

import re

from django.apps import apps

from tests.architecture.tree import ROOT

PAGE = (ROOT / "docs" / "data-protection.md").read_text()
LEVELS = ("secret", "content", "personal", "operational")
APPS = re.findall(r"^\| `(\w+)` \| (.+?) \| (\w+) \|$", PAGE, re.MULTILINE)
RULES = re.findall(r"^\| (?!---|`)([^|]+?) \| (.+) \|$", PAGE, re.MULTILINE)
ASKED = {
    "encryption", "integrity", "who sees it", "log, trail, mails", "how long", "on its way",
    "at the workspace's end",
}  # fmt: skip


def keepers() -> set[str]:
    """Return the apps of ours that have tables."""
    return {
        config.label
        for config in apps.get_app_configs()
        if config.name.startswith("apps.") and any(config.get_models())
    }


def test_each_app_that_keeps_something_has_one_level() -> None:
    assert sorted(name for name, _, _ in APPS) == sorted(keepers())
    assert {level for _, _, level in APPS} == set(LEVELS)


def test_each_level_has_every_rule() -> None:
    rules = {name: row.split(" | ") for name, row in RULES if name != "app"}
    assert rules.keys() >= ASKED
    assert all(len(row) == len(LEVELS) and all(row) for row in rules.values())


def test_what_is_sealed_belongs_to_an_app_of_a_level_that_seals() -> None:
    """An app with a column for what is sealed keeps a secret, or contents."""
    levels = {name: level for name, _, level in APPS}
    for config in apps.get_app_configs():
        for model in config.get_models() if config.name.startswith("apps.") else ():
            if any(field.name.startswith("sealed") for field in model._meta.fields):
                assert levels[config.label] in ("secret", "content"), model
