"""A workspace that goes through an archive is the same workspace: exported, imported, exported, equal."""

from collections.abc import Iterator
from typing import Any

import pytest

from apps.accounts.models import ApiKey, Invitation, RoleBinding, User
from apps.accounts.services import add_member
from apps.audit.models import AuditEntry, Link
from apps.credentials.models import StoredCredential
from apps.gateway.models import Provider
from apps.portability import importing, receiving, services
from apps.portability.contents import KEPT
from apps.portability.models import FormerEntry, FormerLink, Import
from apps.runs.models import Run
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.triggers.models import Trigger
from apps.workflows.models import Workflow
from tests.isolation.world import World, make_world
from tests.portability.archives import Archive, written

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("folder"),
    pytest.mark.xdist_group("isolation"),
]
PASSPHRASE = "correct horse battery staple"
# What an import changes on purpose: fields of kinds, beside ids that are others here.
CHANGED: dict[str, set[str]] = {
    "people": {"is_active", "let_in_by", "removed_at"},
    "groups": {"external_id"},
    "credentials": {"disabled_at", "last_used_at", "last_workflow_id"},
    "providers": {"status"},
    "runs": {
        "key_id",
        "erased_at",
    },  # the values of classes stay with the workspace that sealed them
    "run_waits": {"status"},
    "triggers": {"enabled", "paused_reason", "run_as", "next_at"},
    "workflows": {"told_seq", "draft_sha256", "node_count", "problem_count"},
}
# Rows that are another workspace's own, or that the first archive cannot hold of the second.
OWN = {"files", "trail", "trail_links", "former_archives", "former_trail", "former_trail_links"}


@pytest.fixture
def world(transactional_db: None) -> World:
    return make_world("alpha")


@pytest.fixture
def newcomer(beta: Tenant) -> Iterator[User]:
    """The owner of a workspace in which nobody has made anything yet."""
    with tenant_context(beta):
        yield add_member(email="nora@new.example", name="Nora", role="owner", password="x" * 14)


def take_in(data: bytes, actor: User, passphrase: str = "") -> Import:
    """Send an archive and carry it to its end."""
    job = receiving.begin_import(actor=actor, file_name="alpha.zip")
    for number, at in enumerate(range(0, len(data), receiving.MOST_PIECE), start=1):
        piece = data[at : at + receiving.MOST_PIECE]
        receiving.add_piece(job.pk, number, piece, actor=actor)
    receiving.start_import(job.pk, actor=actor, passphrase=passphrase)
    importing.carry(job.pk)
    job.refresh_from_db()
    return job


def compared(archive: Archive, ids: dict[str, str]) -> dict[str, dict[str, Any]]:
    """Return the rows of each kind by id, without what an import changes."""
    found = dict[str, dict[str, Any]]()
    for kind in KEPT:
        if not kind.taken_in or kind.name in OWN:
            continue
        rows = {}
        for row in archive.rows(kind.name):
            plain = {
                key: value for key, value in row.items() if key not in CHANGED.get(kind.name, ())
            }
            rows[_key(plain)] = _mapped(plain, ids)
        found[kind.name] = rows
    return found


def _key(row: dict[str, Any]) -> str:
    return str(row.get("id") or sorted(row.items(), key=str))


def _mapped(value: Any, ids: dict[str, str]) -> Any:
    if isinstance(value, dict):
        return {key: _mapped(each, ids) for key, each in value.items()}
    if isinstance(value, list):
        return [_mapped(each, ids) for each in value]
    return ids.get(value, value) if isinstance(value, str) else value


def test_it_is_the_same_workspace(world: World, newcomer: User, beta: Tenant) -> None:
    with tenant_context(world.tenant):
        first = written(services.start_export(actor=world.people["owner"], passphrase=PASSPHRASE))
        trail = list(AuditEntry.objects.order_by("pk").values_list("pk", flat=True))
    with tenant_context(beta):
        job = take_in(first.data, newcomer, PASSPHRASE)
        assert job.status == "done", job.trouble
        second = written(services.start_export(actor=newcomer, passphrase=PASSPHRASE))
        left = {(each["kind"], each["why"]): each["count"] for each in (job.report or {})["left"]}
        _check_equal(first, second, left)
        _check_walls(first, trail, newcomer)
        assert (job.report or {})["came"]["workflows"] == len(first.rows("workflows"))


def _check_equal(first: Archive, second: Archive, left: dict[tuple[str, str], int]) -> None:
    ids = {row["id"]: row["sha256"] for each in (first, second) for row in each.rows("files")}
    for each in (first, second):
        ids |= {row["id"]: row["name"] for row in each.rows("roles") if row["builtin"]}
        ids |= {
            row["id"]: row["slug"] for row in each.rows("providers") if row["kind"] == "builtin"
        }
    before, after = compared(first, ids), compared(second, ids)
    dropped = dict.fromkeys(before, 0)
    for (kind, _), count in left.items():
        dropped[kind] = dropped.get(kind, 0) + count
    for kind, rows in before.items():
        own = {"people": 1, "role_bindings": 1, "roles": 0}.get(kind, 0)
        there = after[kind]
        if kind in {"roles", "providers"}:  # the product's own have ids of their own in each
            rows, there = _by_name(rows), _by_name(there)
        came = [key for key in rows if key in there]
        assert len(rows) - len(came) == dropped[kind], kind
        assert len(there) - len(came) == own, kind
        for key in came:
            assert rows[key] == there[key], kind
    wanted, found = first.rows("workflow_drafts"), second.rows("workflow_drafts")
    assert wanted == found
    assert {(row["kind"], row["id"]) for row in second.rows("secrets")} == {
        (row["kind"], row["id"]) for row in first.rows("secrets")
    }
    assert sorted(row["sha256"] for row in first.rows("files")) == sorted(
        row["sha256"] for row in second.rows("files")
    )


def _by_name(rows: dict[str, Any]) -> dict[str, Any]:
    return {
        row.get("slug") or row["name"]: {
            key: value
            for key, value in row.items()
            if key not in {"created_at", "updated_at"}
            or not (row.get("builtin") or row.get("kind") == "builtin")
        }
        for row in rows.values()
    }


def _check_walls(first: Archive, trail: list[Any], newcomer: User) -> None:
    """Nobody got in, nothing runs, no key opens, and the trail here is none but this one."""
    came = {row["id"] for row in first.rows("people")}
    assert not User.objects.filter(pk__in=came, is_active=True).exists()
    assert not any(each.has_usable_password() for each in User.objects.filter(pk__in=came))
    humans = [
        row for row in first.rows("people") if row["kind"] == "human" and not row["removed_at"]
    ]
    assert Invitation.objects.filter(for_user__isnull=False).count() == len(humans)
    assert not ApiKey.objects.exists()
    assert first.rows("api_keys")
    assert not Trigger.objects.filter(enabled=True).exists()
    assert not Trigger.objects.exclude(run_as=None).exists()
    assert not StoredCredential.objects.filter(disabled_at=None).exists()
    others = Provider.objects.exclude(kind="builtin")
    assert not others.filter(status="active").exists()
    assert not Run.objects.unfinished().exists()
    assert not AuditEntry.objects.filter(pk__in=trail).exists()
    assert not Link.objects.filter(entry__in=trail).exists()
    assert FormerEntry.objects.count() == len(first.rows("trail"))
    assert FormerLink.objects.count() == len(first.rows("trail_links"))
    assert Workflow.objects.exclude(draft_seq=0).exists()
    assert RoleBinding.objects.filter(user=newcomer).count() == 1
