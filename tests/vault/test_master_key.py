"""Another master key: data keys are wrapped anew, what they seal is left alone."""

import pytest
from django.core.management import CommandError, call_command
from pytest_django import Settings

from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.vault.exceptions import CannotUnseal
from apps.vault.models import DataKey
from apps.vault.services import rotate_data_key, seal, unseal

CONTEXT = "credential:1"


def test_all_keys_are_wrapped_anew_and_the_old_master_key_may_go(
    alpha: Tenant, beta: Tenant, settings: Settings, capsys: pytest.CaptureFixture[str]
) -> None:
    first = seal("x", context=CONTEXT)
    rotate_data_key()
    second = seal("x", context=CONTEXT)
    with public_scope():
        third = seal("y", context=CONTEXT)
    before = settings.MASTER_KEY
    settings.MASTER_KEY = f"the-new-one,{before}"
    call_command("rotate_master_key")
    assert "3 data keys are wrapped anew" in capsys.readouterr().out
    settings.MASTER_KEY = "the-new-one"
    assert unseal(first, context=CONTEXT) == unseal(second, context=CONTEXT) == "x"
    with public_scope():
        assert unseal(third, context=CONTEXT) == "y"
    settings.MASTER_KEY = before
    with pytest.raises(CannotUnseal):
        unseal(first, context=CONTEXT)


def test_repeating_it_changes_nothing(alpha: Tenant, capsys: pytest.CaptureFixture[str]) -> None:
    seal("x", context=CONTEXT)
    before = DataKey.objects.get().wrapped
    call_command("rotate_master_key")
    assert "0 data keys" in capsys.readouterr().out
    assert DataKey.objects.get().wrapped == before


def test_without_the_key_before_it_says_which_workspace_needs_it(
    alpha: Tenant, beta: Tenant, settings: Settings
) -> None:
    with tenant_context(beta):
        seal("x", context=CONTEXT)
    settings.MASTER_KEY = "the-new-one"
    with pytest.raises(CommandError, match="of beta was wrapped by a master key"):
        call_command("rotate_master_key")
