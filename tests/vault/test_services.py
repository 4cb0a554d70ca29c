"""Sealing and what must not open a seal."""

import pytest
from hypothesis import HealthCheck, given
from hypothesis import settings as hypothesis_settings
from hypothesis import strategies as st
from pytest_django import Settings

from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.vault.exceptions import CannotUnseal
from apps.vault.models import DataKey
from apps.vault.services import rotate_data_key, seal, unseal


def test_round_trip_hides_the_text(alpha: Tenant) -> None:
    token = seal("sk-secret ü", context="credential:1")
    assert "secret" not in token
    assert unseal(token, context="credential:1") == "sk-secret ü"


def test_same_text_never_looks_the_same(alpha: Tenant) -> None:
    assert seal("x", context="c") != seal("x", context="c")


def test_other_context_or_tenant_cannot_open(alpha: Tenant, beta: Tenant) -> None:
    token = seal("x", context="credential:1")
    with pytest.raises(CannotUnseal):
        unseal(token, context="credential:2")
    with tenant_context(beta), pytest.raises(CannotUnseal):
        unseal(token, context="credential:1")


def test_a_copied_data_key_does_not_open_in_another_tenant(alpha: Tenant, beta: Tenant) -> None:
    token = seal("x", context="c")
    key = DataKey.objects.get(retired_at=None)
    with tenant_context(beta):
        DataKey.objects.create(pk=key.pk, wrapped=key.wrapped, master_id=key.master_id)
        with pytest.raises(CannotUnseal):
            unseal(token, context="c")


@pytest.mark.parametrize(
    "token",
    [
        "",
        "v1",
        "v1..",
        "v2.x.y",
        "v1.not-a-uuid.AAAA",
        "v1.0192a0f0-0000-7000-8000-000000000000.AAAA",
    ],
)
def test_garbage_is_refused(alpha: Tenant, token: str) -> None:
    with pytest.raises(CannotUnseal):
        unseal(token, context="c")


@given(position=st.integers(min_value=40, max_value=90))
@hypothesis_settings(
    suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None, max_examples=30
)
def test_any_changed_character_is_found(alpha: Tenant, position: int) -> None:
    token = seal("a text of some length", context="c")
    place = position % len(token)
    changed = token[:place] + ("A" if token[place] != "A" else "B") + token[place + 1 :]
    with pytest.raises(CannotUnseal):
        unseal(changed, context="c")


def test_rotation_keeps_old_seals_readable(alpha: Tenant, settings: Settings) -> None:
    old = seal("x", context="c")
    settings.MASTER_KEY = f"new,{settings.MASTER_KEY}"
    rotate_data_key()
    new = seal("y", context="c")
    assert unseal(old, context="c") == "x"
    settings.MASTER_KEY = "new"
    assert unseal(new, context="c") == "y"
    with pytest.raises(CannotUnseal):
        unseal(old, context="c")
