"""Settings: the environment is read in one place, and what is read is used."""

import ast
from collections.abc import Iterator
from typing import Any

from django.conf import global_settings, settings

from tests.architecture.tree import below, name, parsed

READERS = {"env_str", "env_int", "env_list", "env_secret", "env_url"}
# Settings that libraries read.
LIBRARIES = ("ACCOUNT_", "ALLAUTH_", "MFA_", "SPECTACULAR_", "REST_FRAMEWORK", "CHANNEL_LAYERS")
# Who may look at the environment: the readers, the entrances that choose the settings, and what
# starts other programs and hands an environment on.
ENTRANCES = (
    "auterity/env.py",
    "auterity/asgi.py",
    "auterity/celery.py",
    "auterity/settings/test.py",  # gives each process of a test run a Redis of its own
    "manage.py",
    "apps/local/",
    "apps/gateway/adapters/litellm_adapter.py",  # says to litellm what it otherwise looks up
)


def _reads(node: ast.AST) -> set[str]:
    return {
        call.args[0].value
        for call in ast.walk(node)
        if isinstance(call, ast.Call)
        and isinstance(call.func, ast.Name)
        and call.func.id in READERS
        and isinstance(call.args[0], ast.Constant)
        and isinstance(call.args[0].value, str)
    }


def _assignments() -> Iterator[tuple[str, ast.AST]]:
    for path in below("auterity/settings/"):
        for node in parsed(path).body:
            if isinstance(node, ast.Assign) and isinstance(node.targets[0], ast.Name):
                yield node.targets[0].id, node.value
            elif (
                isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name) and node.value
            ):
                yield node.target.id, node.value


def _used() -> set[str]:
    """Return the settings that our code asks for, or that other settings are made of."""
    asked = {
        node.attr
        for path in below("apps/", "auterity/")
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute)
        and isinstance(node.value, ast.Name)
        and node.value.id == "settings"
    }
    made_of = {
        node.id
        for value in [*(value for _, value in _assignments()), *_calls()]
        for node in ast.walk(value)
        if isinstance(node, ast.Name)
    }
    return asked | made_of


def _calls() -> Iterator[ast.AST]:
    """Yield what settings check before they go on."""
    for path in below("auterity/settings/"):
        yield from (node for node in parsed(path).body if isinstance(node, ast.Expr))


def test_every_variable_is_read_by_something() -> None:
    used, idle = _used(), {}
    for setting, value in _assignments():
        known = setting in used or hasattr(global_settings, setting)
        if _reads(value) and not known and not setting.startswith(LIBRARIES):
            idle[setting] = _reads(value)
    assert not idle


def test_some_variables_are_found_at_all() -> None:
    found = set().union(*(_reads(value) for _, value in _assignments()))
    assert {"PORT", "DATABASE_URL", "AUTERITY_EGRESS_ALLOW", "AUTERITY_MASTER_KEY"} <= found


def test_the_environment_is_read_in_one_place() -> None:
    found = [
        f"{name(path)}:{node.lineno}"
        for path in below("apps/", "auterity/", "manage.py")
        if not name(path).startswith(ENTRANCES)
        for node in ast.walk(parsed(path))
        if isinstance(node, ast.Attribute) and node.attr in {"environ", "getenv"}
    ]
    assert not found


def test_messages_caches_and_sessions_hold_json() -> None:
    """Whoever writes into Redis or a session must not be able to run something by it."""
    celery: Any = settings.CELERY
    assert celery["accept_content"] == ["json"]
    assert {celery["task_serializer"], celery["result_serializer"]} == {"json"}
    assert settings.SESSION_SERIALIZER.endswith(".JSONSerializer")
    caches: Any = settings.CACHES
    for cache in caches.values():
        assert cache["OPTIONS"]["serializer"] == "apps.common.cache.JSONSerializer"


def test_no_other_site_is_trusted_with_our_forms() -> None:
    """Other workspaces are neighbours below the same domain, and each other's attackers."""
    assert "CSRF_TRUSTED_ORIGINS" not in {found for found, _ in _assignments()}
