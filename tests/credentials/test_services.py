"""Keeping credentials: who may, what is sealed, and what the trail says of it."""

import json

import pytest

from apps.accounts.models import Folder, User
from apps.accounts.services import give_right
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden, NotFound
from apps.credentials.exceptions import BadCredential, CredentialNameTaken, CredentialUsed
from apps.credentials.models import StoredCredential
from apps.credentials.services import (
    change_credential,
    delete_credential,
    rotate_credential,
    set_enabled,
    values_of,
)
from apps.vault.exceptions import CannotUnseal
from apps.workflows.services import create_workflow
from tests.credentials.keeping import SECRET, VALUES, keep
from tests.workflows.definitions import edge, node


def actions() -> list[str]:
    found = AuditEntry.objects.filter(target_type="storedcredential").order_by("at")
    return list(found.values_list("action", flat=True))


@pytest.mark.parametrize("kind", VALUES)
def test_values_are_sealed_and_come_back_for_who_sends_them(alice: User, kind: str) -> None:
    made = StoredCredential.objects.get(pk=keep(alice, kind).pk)
    row = json.dumps(StoredCredential.objects.filter(pk=made.pk).values().get(), default=str)
    assert SECRET not in row
    assert values_of(made).of(VALUES[kind]) == values_of(made)
    entry = AuditEntry.objects.get(action="credential.created")
    assert entry.after is not None
    assert entry.after["hosts"] == ["api.example.com"]
    assert SECRET not in json.dumps(entry.after)


def test_a_sealed_value_opens_in_its_own_row_alone(alice: User) -> None:
    first, second = keep(alice), keep(alice, "header")
    first.sealed = second.sealed
    with pytest.raises(CannotUnseal):
        values_of(first)


def test_who_builds_uses_and_does_not_manage(alice: User, bob: User, oscar: User) -> None:
    with pytest.raises(Forbidden):
        keep(bob)
    made = keep(alice)
    for change in (
        lambda who: change_credential(made, actor=who, changes={"name": "x"}),
        lambda who: rotate_credential(made, actor=who, values=VALUES["bearer"]),
        lambda who: set_enabled(made, actor=who, enabled=False),
        lambda who: delete_credential(made, actor=who),
    ):
        with pytest.raises(Forbidden):
            change(bob)
        with pytest.raises(NotFound):
            change(oscar)
    assert actions() == ["credential.created"]


def test_a_folders_admin_manages_what_lies_there(alice: User, oscar: User) -> None:
    folder, other = (Folder.objects.create(name=name) for name in ("Finance", "Other"))
    give_right(folder, oscar, role="admin", actor=alice)
    made = keep(oscar, folder=folder)
    with pytest.raises(Forbidden):
        keep(oscar, "header")
    for place in (other, None):
        with pytest.raises((Forbidden, NotFound)):
            change_credential(made, actor=oscar, changes={"folder": place})
    assert StoredCredential.objects.get().folder == folder


def test_a_name_is_had_once_and_hosts_are_needed(alice: User) -> None:
    keep(alice)
    with pytest.raises(CredentialNameTaken):
        keep(alice, name="STOCK bearer")
    for field, told in (
        ("name", {"name": " "}),
        ("hosts", {"hosts": []}),
        ("hosts", {"hosts": ["*"]}),
    ):
        with pytest.raises(BadCredential) as refused:
            keep(alice, "header", **told)
        assert refused.value.errors[0]["field"] == field


def test_hosts_are_taken_away_freely_and_added_with_the_secret_alone(alice: User) -> None:
    made = keep(alice, hosts=["*.example.com", "stock.example"])
    made = change_credential(made, actor=alice, changes={"hosts": ["eu.example.com"]})
    assert made.hosts == ["eu.example.com"]
    for wider in ("evil.example", "*.example.com", "eu.example.com:8443"):
        with pytest.raises(BadCredential) as refused:
            change_credential(made, actor=alice, changes={"hosts": [wider]})
        assert "Rotate the credential" in refused.value.errors[0]["message"]
    with pytest.raises(BadCredential):
        rotate_credential(made, actor=alice, values={}, hosts=["evil.example"])
    made = rotate_credential(made, actor=alice, values={"token": "new"}, hosts=["new.example"])
    assert (made.hosts, values_of(made).headers()) == (
        ["new.example"], {"Authorization": "Bearer new"},
    )  # fmt: skip
    assert actions() == ["credential.created", "credential.changed", "credential.rotated"]


def test_rotating_keeps_what_is_shown(alice: User) -> None:
    made = rotate_credential(keep(alice, "basic"), actor=alice, values={"password": "another"})
    assert made.settings == {"username": "robot"}
    assert made.rotated_at is not None
    assert next(values_of(made).secrets()) == "another"


def test_disabling_twice_is_said_once(alice: User) -> None:
    made = keep(alice)
    for _ in range(2):
        made = set_enabled(made, actor=alice, enabled=False)
    assert not made.is_active
    assert set_enabled(made, actor=alice, enabled=True).is_active
    assert actions() == ["credential.created", "credential.disabled", "credential.enabled"]


def test_what_is_used_is_deleted_with_a_word_more(alice: User, bob: User) -> None:
    made = keep(alice)
    call = node("call", "http.request", config={"url": "https://x", "credential": str(made.pk)})
    definition = {"nodes": [node("start", "core.start"), call], "edges": [edge("start", "call")]}
    create_workflow(actor=bob, name="Stock", definition=definition)
    with pytest.raises(CredentialUsed) as refused:
        delete_credential(made, actor=alice)
    assert refused.value.extra == {"workflows": ["Stock"], "hidden": 0}
    delete_credential(made, actor=alice, confirmed=True)
    assert not StoredCredential.objects.exists()
    entry = AuditEntry.objects.get(action="credential.deleted")
    assert entry.before is not None
    assert entry.before["used_by"] == 1
