"""The chain of the trail: linked in order, signed at the end of a batch, and every harm is found."""

from collections.abc import Callable
from datetime import timedelta
from functools import partial
from io import StringIO
from random import Random
from typing import Any

import pytest
from django.core.management import CommandError, call_command
from django.db import DatabaseError, transaction
from django.db.models import F
from django.utils import timezone

from apps.audit import chain, checking, trimming
from apps.audit.models import AuditEntry, Check, Link
from apps.audit.services import record
from apps.common.ids import uuid7
from apps.tenants.context import current_schema, maintenance, public_scope, tenant_context
from apps.tenants.models import Tenant

Harm = Callable[[], object]


def written(count: int) -> list[AuditEntry]:
    return [
        record(f"thing.{number}", actor=None, before={"n": number}, after={"n": number / 3})
        for number in range(count)
    ]


@pytest.fixture
def trail(alpha: Tenant) -> list[AuditEntry]:
    """Nine entries in three batches, each signed at its end."""
    chain.link()
    entries = []
    for _ in range(3):
        entries += written(3)
        chain.link()
    assert checking.verify().wrong == ""
    return entries


def numbers() -> list[int]:
    return list(Link.objects.order_by("number").values_list("number", flat=True))


class TestLinking:
    def test_entries_follow_each_other_in_one_chain(self, trail: list[AuditEntry]) -> None:
        assert numbers() == list(range(1, len(numbers()) + 1))
        ends = Link.objects.exclude(signature="").values_list("entry", flat=True)
        assert {trail[2].pk, trail[5].pk, trail[8].pk} <= set(ends)
        assert trail[0].pk not in ends

    def test_an_entry_has_one_place(self, trail: list[AuditEntry]) -> None:
        assert chain.link([entry.pk for entry in trail]) == 0

    def test_only_those_that_are_named_are_linked(self, trail: list[AuditEntry]) -> None:
        first, second = written(2)
        assert chain.link([second.pk]) == 1
        assert list(chain.unlinked()) == [first]

    def test_a_chain_that_begins_takes_in_what_is_there(self, alpha: Tenant) -> None:
        entries = written(3)
        chain.link([entries[0].pk])
        assert not chain.unlinked().exists()

    def test_a_long_trail_is_linked_in_batches(
        self, alpha: Tenant, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(chain, "AT_ONCE", 2)
        monkeypatch.setattr(checking, "AT_ONCE", 2)
        chain.link()
        written(5)
        assert [chain.link() for _ in range(4)] == [2, 2, 1, 0]
        assert checking.verify().wrong == ""

    def test_the_workspaces_own_role_only_adds(self, trail: list[AuditEntry]) -> None:
        for change in (
            lambda: Link.objects.update(hash=""),
            lambda: Link.objects.all().delete(),
            lambda: Check.objects.update(number=0),
        ):
            with pytest.raises(DatabaseError, match="permission denied"), transaction.atomic():
                change()

    def test_a_column_that_comes_later_leaves_hashes_alone(self, trail: list[AuditEntry]) -> None:
        entry = trail[0]
        before = chain.hash_of(1, entry, "")
        entry.via = ""
        assert chain.hash_of(1, entry, "") == before


def entry_of(place: int) -> Any:
    return AuditEntry.objects.filter(pk=Link.objects.get(number=place).entry)


def changed(name: str, value: object) -> None:
    entry_of(3).update(**{name: value})


HARMS: dict[str, Harm] = {
    **{
        f"{name} is changed": partial(changed, name, value)
        for name, value in {
            "actor_type": "x", "actor_id": "x", "actor_label": "x", "via": "x", "action": "x",
            "target_type": "x", "target_id": "x", "target_label": "x", "before": {"n": 9},
            "after": None, "result": "denied", "ip": "192.0.2.9", "request_id": "x",
            "at": F("at") + timedelta(microseconds=1),
        }.items()
    },
    "an entry is deleted": lambda: entry_of(3).delete(),
    "the last entry is deleted": lambda: entry_of(numbers()[-1]).delete(),
    "a link is deleted": lambda: Link.objects.filter(number=3).delete(),
    "the first links are deleted": lambda: Link.objects.filter(number__lte=3).delete(),
    "the first links are deleted, and it says so": lambda: (
        Link.objects.filter(number__lt=3).delete(), Link.objects.filter(number=3).update(begins=True)
    ),
    "a hash is changed": lambda: Link.objects.filter(number=3).update(hash="0" * 64),
    "a link leads to another entry": lambda: (
        Link.objects.filter(number=3).update(entry=uuid7())
    ),
    "two places are swapped": lambda: swap(2, 3),
    "a signature is another's": lambda: Link.objects.exclude(signature="").update(
        signature=Link.objects.exclude(signature="").order_by("number")[0].signature
    ),
    "the last signature is gone": lambda: Link.objects.update(signature=""),
    "it is written anew from some place": lambda: rewritten(4),
}  # fmt: skip


def swap(one: int, other: int) -> None:
    first, second = Link.objects.get(number=one), Link.objects.get(number=other)
    first.entry, second.entry = second.entry, first.entry
    Link.objects.filter(number=one).update(entry=uuid7())
    second.save()
    first.save()


def rewritten(place: int) -> None:
    """Change an entry and hash everything after it anew, as somebody without our key would."""
    entry_of(place).update(action="x")
    before = Link.objects.get(number=place - 1).hash
    for link in Link.objects.filter(number__gte=place).order_by("number"):
        before = chain.hash_of(link.number, AuditEntry.objects.get(pk=link.entry), before)
        Link.objects.filter(number=link.number).update(hash=before)


class TestChecking:
    @pytest.mark.parametrize("harm", HARMS)
    def test_harm_is_found(self, trail: list[AuditEntry], harm: str) -> None:
        with maintenance(current_schema()):
            HARMS[harm]()
        assert checking.verify().wrong, harm

    def test_any_change_of_any_byte_is_found(self, trail: list[AuditEntry]) -> None:
        """Random changes of text anywhere in the trail: none passes."""
        dice, columns = Random(7), ("actor_label", "action", "request_id", "target_id")
        for _ in range(40):
            entry, column = dice.choice(trail), dice.choice(columns)
            old = getattr(entry, column)
            place = dice.randrange(len(old) + 1)
            with maintenance(current_schema()):
                rows = AuditEntry.objects.filter(pk=entry.pk)
                rows.update(**{column: old[:place] + chr(dice.randrange(33, 900)) + old[place:]})
                assert checking.verify().wrong
                rows.update(**{column: old})
        assert checking.verify().wrong == ""

    def test_what_is_cut_off_is_missed_by_who_knew_of_it(self, trail: list[AuditEntry]) -> None:
        noted = str(Link.objects.order_by("number").last())
        assert checking.check().wrong == ""
        with maintenance(current_schema()):
            end = numbers()[-3:]
            AuditEntry.objects.filter(pk__in=[each.pk for each in trail[-3:]]).delete()
            Link.objects.filter(number__in=end).delete()
            assert "ended at entry" in checking.verify().wrong
            Check.objects.all().delete()
        assert checking.verify().wrong == ""  # the database alone no longer knows of them
        assert "does not hold" in checking.verify(noted).wrong

    def test_an_entry_that_nobody_links_is_found(self, trail: list[AuditEntry]) -> None:
        [entry] = written(1)
        assert checking.verify().wrong == ""
        with maintenance(current_schema()):
            entry.at = timezone.now() - checking.LATE * 2
            entry.save()
        assert checking.verify().wrong == "1 entries stand outside of the chain."

    def test_another_workspaces_signature_does_not_fit(
        self, trail: list[AuditEntry], beta: Tenant
    ) -> None:
        with tenant_context(beta):
            written(1)
            chain.link()
            foreign = Link.objects.order_by("number").last()
            assert foreign is not None
        with maintenance(current_schema()):
            Link.objects.filter(number=numbers()[-1]).update(signature=foreign.signature)
        assert "not ours" in checking.verify().wrong


class TestTrimming:
    def test_what_a_rule_deleted_leaves_a_signed_beginning(self, trail: list[AuditEntry]) -> None:
        old = trimming.older(trail[4].at)
        trimming.trim(old)
        assert checking.verify().wrong == ""
        assert [entry in AuditEntry.objects.all() for entry in trail[3:5]] == [False, True]
        written(1)
        chain.link()
        trimming.trim(trimming.older(trail[6].at))
        assert checking.verify().wrong == ""

    def test_a_whole_trail_may_go(self, trail: list[AuditEntry]) -> None:
        last = numbers()[-1]
        trimming.trim(trimming.older(timezone.now()))
        assert numbers() == [last]
        written(1)
        chain.link()
        assert numbers() == [last, last + 1]
        assert checking.verify().wrong == ""

    def test_nothing_of_a_broken_chain_is_deleted(self, trail: list[AuditEntry]) -> None:
        with maintenance(current_schema()):
            AuditEntry.objects.filter(pk=trail[0].pk).update(action="x")
        assert trimming.older(timezone.now()) == []


class TestCommand:
    def test_it_tells_of_each_workspace_and_of_the_platform(self, trail: list[AuditEntry]) -> None:
        with public_scope():
            record("workspace.created", actor=None)
            chain.link()
            said = told()
        assert f"alpha: intact up to {numbers()[-1]}:" in said
        assert "beta: nothing is linked." in said
        assert "public: intact up to" in said

    def test_a_broken_chain_fails_it(self, trail: list[AuditEntry]) -> None:
        with maintenance(current_schema()):
            entry_of(3).delete()
        with pytest.raises(CommandError, match="Broken: alpha"):
            told("--tenant", "alpha")

    def test_a_checkpoint_is_given_back(self, trail: list[AuditEntry]) -> None:
        assert "intact" in told("--tenant", "alpha", "--kept", str(Link.objects.get(number=3)))
        with pytest.raises(CommandError, match="Broken: alpha"):
            told("--tenant", "alpha", "--kept", "3:other")

    @pytest.mark.parametrize("given", [("--tenant", "nobody"), ("--kept", "3:x")])
    def test_what_makes_no_sense_is_refused(self, alpha: Tenant, given: tuple[str, ...]) -> None:
        with pytest.raises(CommandError):
            told(*given)


def told(*arguments: str) -> str:
    out = StringIO()
    with public_scope():
        call_command("verify_audit", *arguments, stdout=out)
    return out.getvalue()
