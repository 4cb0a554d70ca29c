"""Another data key for the platform: all is given to it while it is used, and the old one goes."""

from datetime import timedelta
from typing import Any

import pytest
import time_machine
from django.core.management import call_command
from django.utils import timezone

from apps.audit.models import AuditEntry
from apps.grants.models import PlatformProvider
from apps.tenants.context import public_scope
from apps.vault.models import DataKey
from apps.vault.services import current_key_id, seal, unseal

pytestmark = pytest.mark.django_db(transaction=True)
COMMAND = "rotate_platform_key"


def provider(number: int) -> PlatformProvider:
    made = PlatformProvider.objects.create(
        slug=f"p{number}", name="P", kind="openai", origin="https://api.example.com"
    )
    made.sealed = seal(f"key {number}", context=made.context)
    made.save()
    return made


def opened() -> list[str]:
    rows = PlatformProvider.objects.order_by("slug")
    return [unseal(row.sealed, context=row.context) for row in rows]


def test_all_is_given_to_a_new_key_and_the_one_before_goes_a_day_later(
    transactional_db: None, capsys: Any
) -> None:
    with public_scope():
        rows = [provider(number) for number in range(3)]
        before = current_key_id()
    call_command(COMMAND)
    assert "3 values were sealed anew" in capsys.readouterr().out
    with public_scope():
        now = current_key_id()
        assert now != before
        assert opened() == ["key 0", "key 1", "key 2"]
        assert all(f".{now}." in each.sealed for each in PlatformProvider.objects.all())
        assert unseal(rows[0].sealed, context=rows[0].context) == "key 0"  # of a page under way
        assert AuditEntry.objects.get(action="data_key.rotated").target_id == str(now)
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=True):
        call_command(COMMAND, "--resume")
    assert "1 older keys are deleted" in capsys.readouterr().out
    with public_scope():
        assert [each.pk for each in DataKey.objects.all()] == [now]
        assert opened() == ["key 0", "key 1", "key 2"]


def test_broken_off_it_goes_on_with_the_same_key(transactional_db: None, capsys: Any) -> None:
    with public_scope():
        for number in range(3):
            provider(number)
        call_command(COMMAND)
        key = current_key_id()
        late = provider(3)  # as if it had been sealed with the key before
        old = DataKey.objects.exclude(pk=key).get()
        DataKey.objects.filter(pk=key).update(retired_at=timezone.now())
        DataKey.objects.filter(pk=old.pk).update(retired_at=None)
        late.sealed = seal("late", context=late.context)
        late.save()
        DataKey.objects.filter(pk=old.pk).update(retired_at=timezone.now())
        DataKey.objects.filter(pk=key).update(retired_at=None)
    capsys.readouterr()
    call_command(COMMAND, "--resume")
    assert "1 values were sealed anew" in capsys.readouterr().out
    with public_scope():
        assert current_key_id() == key
        assert opened()[3] == "late"


def test_what_does_not_open_keeps_its_key_and_is_told(transactional_db: None, capsys: Any) -> None:
    with public_scope():
        good, bad = provider(0), provider(1)
        PlatformProvider.objects.filter(pk=bad.pk).update(sealed=good.sealed)  # moved
    call_command(COMMAND)
    told = capsys.readouterr().out
    assert "1 values were sealed anew" in told
    assert "1 of grants_platformprovider.sealed do not open" in told
    with time_machine.travel(timezone.now() + timedelta(hours=25), tick=True):
        call_command(COMMAND, "--resume")
    with public_scope():
        assert DataKey.objects.count() == 2
