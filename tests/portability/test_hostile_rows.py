"""Hostile rows: each is held to what the product could have written, or all of the archive is refused."""

import copy
from collections.abc import Callable, Iterator
from typing import Any
from uuid import uuid4

import pytest

from apps.accounts.models import Folder, Invitation, Role, RoleBinding, User
from apps.accounts.services import add_member, create_group, create_role
from apps.audit.models import AuditEntry
from apps.comments import services as comments
from apps.credentials.models import StoredCredential
from apps.credentials.services import create_credential
from apps.files.models import Blob
from apps.portability import services
from apps.portability.models import FormerEntry, Import, ImportPiece, StoredFile
from apps.retention import services as retention
from apps.runs.models import SavedView
from apps.runs.services import save_view
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.triggers.models import Trigger
from apps.triggers.services import create_trigger
from apps.workflows import images
from apps.workflows import services as workflows
from apps.workflows.models import Workflow, WorkflowVersion
from tests.factories.cast import member
from tests.factories.pictures import png
from tests.portability.archives import Archive, written
from tests.portability.forging import Forged
from tests.portability.test_round_trip import take_in
from tests.workflows.definitions import greeting

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]
Change = Callable[[Forged], object]


@pytest.fixture
def genuine(alice: User, bob: User) -> Archive:
    """An archive of a small workspace with something of most kinds."""
    folder = Folder.objects.create(name="Sales")
    workflow = workflows.create_workflow(
        actor=alice, name="Greeting", definition=greeting(), folder=folder
    )
    workflows.publish_workflow(workflow, actor=alice)
    workflow.refresh_from_db()
    images.add_image(workflow, png(), actor=alice)
    create_trigger(
        actor=alice, workflow=workflow, kind="webhook", name="Hook", config={}, enabled=True
    )
    create_role(label="Auditor", permissions=["audit.view"], actor=alice)
    create_group(name="Team", role="viewer", actor=alice)
    create_credential(
        actor=alice, name="CRM", kind="bearer", values={"token": "a-token-of-a-test"},
        hosts=["api.example.com"],
    )  # fmt: skip
    comments.begin_thread(workflow, actor=bob, anchor=comments.Anchor("greet"), text="Why?")
    retention.change_rules({"runs": 30}, actor=alice)
    save_view(actor=bob, name="Failed", filters={"status": "failed"}, is_shared=True)
    return written(services.start_export(actor=alice))


@pytest.fixture
def newcomer(beta: Tenant) -> Iterator[User]:
    with tenant_context(beta):
        yield add_member(email="nora@new.example", name="Nora", role="owner", password="x" * 14)


def forged(archive: Archive) -> Forged:
    """Take an archive apart."""
    found = Forged({kind: copy.deepcopy(archive.rows(kind)) for kind in archive.manifest["kinds"]})
    found.stored = {
        each["path"].removeprefix("files/"): archive.read(each["path"])
        for each in archive.manifest["files"]
        if each["path"].startswith("files/")
    }
    return found


def put(kind: str, field: str, value: Any, row: int = 0) -> Change:
    """Put a value into a row."""

    def change(archive: Forged) -> None:
        archive.rows[kind][row][field] = value

    return change


def without(kind: str, row: int = 0) -> Change:
    """Take a row away."""
    return lambda archive: archive.rows[kind].pop(row)


def twice(kind: str) -> Change:
    """Have a row twice."""
    return lambda archive: archive.rows[kind].append(copy.deepcopy(archive.rows[kind][0]))


def _other_bytes(archive: Forged) -> None:
    archive.stored = dict.fromkeys(archive.stored, b"MZ no picture")


def _telling_picture(archive: Forged) -> None:
    archive.stored = {name: data + b"and more" for name, data in archive.stored.items()}


def _unknown_file(archive: Forged) -> None:
    archive.stored[str(uuid4())] = b"x"


def _no_bytes(archive: Forged) -> None:
    archive.stored = {}


def _loop(archive: Forged) -> None:
    archive.rows["folders"][0]["parent"] = archive.rows["folders"][0]["id"]


def _other_graph(archive: Forged) -> None:
    archive.rows["workflow_versions"][0]["definition"]["nodes"][0]["title"] = "Another"


def _no_graph(archive: Forged) -> None:
    archive.rows["workflow_versions"][0]["definition"]["edges"] = [{"source": "x"}]


def _other_document(archive: Forged) -> None:
    archive.rows["workflow_drafts"][0]["definition"]["nodes"][0]["title"] = "Another"


def _of_the_product(archive: Forged) -> None:
    for row in archive.rows["roles"]:
        if not row["builtin"]:
            row["name"] = "owner"


def _wide_role(archive: Forged) -> None:
    for row in archive.rows["roles"]:
        if not row["builtin"]:
            row["permissions"] = {"owner.manage": True}


def _invented_role(archive: Forged) -> None:
    archive.rows["roles"][0] |= {"builtin": True, "name": "god"}


def _two_holders(archive: Forged) -> None:
    for row in archive.rows["role_bindings"]:
        row["group"] = archive.rows["groups"][0]["id"]


def _owning_group(archive: Forged) -> None:
    owner = next(row["id"] for row in archive.rows["roles"] if row["name"] == "owner")
    for row in archive.rows["role_bindings"]:
        if row["group"]:
            row["role"] = owner


def _unseen_view(archive: Forged) -> None:
    archive.rows["run_views"][0] |= {"owner": None, "is_shared": False}


def _uncalled_provider(archive: Forged) -> None:
    """The archive's only provider is the product's own, which is never taken in."""
    own = {"kind": "openai_compatible", "slug": "other", "base_url": "https://models.example/v1"}
    archive.rows["providers"][0] |= {**own, "max_calls": 0}


REFUSED: list[tuple[str, Change, str]] = [
    ("a field too many", put("folders", "owner", "x"), "folders, row 1: owner is missing, or is no"),
    ("a field too few", lambda a: a.rows["folders"][0].pop("name"), "name is missing"),
    ("a text that is a number", put("folders", "name", 7), "name is no text"),
    ("a text that is too long", put("folders", "name", "x" * 81), "longer than 80"),
    ("a text that is null", put("folders", "name", None), "name is missing"),
    ("an id that is none", put("folders", "id", "1; DROP TABLE"), "id is no id"),
    ("a time without offset", put("folders", "created_at", "2026-01-01T00:00:00"), "no time"),
    ("a time that cannot be", put("folders", "created_at", "9999-12-31T23:59:59+00:00"), "no time"),
    ("a number that is true", put("workflows", "revision", True), "no whole number"),
    ("a number below zero", put("workflows", "draft_seq", -1), "draft_seq is not right"),
    ("a number beyond", put("workflows", "revision", 1 << 70), "revision is not right"),
    ("a word that is no choice", put("workflows", "created_via", "magic"), "cannot be 'magic'"),
    ("a list that is none", put("workflows", "tags", {"a": 1}), "tags is no list"),
    ("a list without end", put("workflows", "tags", ["x"] * 10_001), "very long one"),
    ("a tag that is too long", put("workflows", "tags", ["x" * 41]), "longer than 40"),
    ("bytes that are no base64", put("workflows", "snapshot", "***"), "no base64"),
    ("bytes that are no draft", put("workflow_updates", "data", "AAECAwQF"), "no update of a draft"),
    ("a snapshot ahead of its draft", put("workflows", "snapshot_seq", 99), "newer than the draft"),
    ("a log with a gap", without("workflow_updates"), "has a gap"),
    ("a log that goes on", put("workflow_updates", "seq", 50), "has a gap"),
    ("a draft without its document", without("workflow_drafts"), "not in the archive"),
    ("another document", _other_document, "not what its log amounts to"),
    ("another graph", _other_graph, "not the one that its hash names"),
    ("a graph that is none", _no_graph, "a graph is none"),
    ("a version of nothing", put("workflow_versions", "workflow", str(uuid4())), "not in the archive"),
    ("a folder of nothing", put("workflows", "folder", str(uuid4())), "not in the archive"),
    ("a version of another workspace", put("workflows", "published_version", str(uuid4())), "not in"),
    ("folders that lie in each other", _loop, "in each other"),
    ("a path that is another's", put("folders", "path", "x/"), "not that of its folder"),
    ("a row twice", twice("folders"), "contradict each other"),
    ("a comment twice", twice("comments"), "contradict each other"),
    ("an address that is none", put("people", "email", "no address", row=1), "cannot be one"),
    ("an address in large letters", put("people", "email", "BOB@x.example", row=1), "small letters"),
    ("a role of the product", _of_the_product, "is a role of the product"),
    ("permissions that are no list", _wide_role, "no list of names"),
    ("a role that nobody knows", _invented_role, "no role 'god'"),
    ("a right of two", _two_holders, "one person's or one group's"),
    ("a group that owns", _owning_group, "an owner is a person"),
    ("hosts that are none", put("credentials", "hosts", ["http://"]), "hosts cannot be read"),
    ("a credential with a reference", put("credentials", "reference", {"name": "PATH"}), "cannot be read"),
    ("a credential that never gets a call", put("credentials", "max_calls", 0), "credentials_has_calls"),
    ("a provider that never gets a call", _uncalled_provider, "provider_has_calls"),
    ("a trigger without a kind", put("triggers", "config", {"x": 1}), "none of its kind"),
    ("a rule below the least", put("retention_rules", "days", 0), "none that could be set"),
    ("a rule beyond", put("retention_rules", "days", 99_999), "none that could be set"),
    ("filters that are no texts", put("run_views", "filters", {"status": ["failed"]}), "names with texts"),
    ("a view that nobody sees", _unseen_view, "runs_view_has_readers"),
    ("bytes that are no picture", _other_bytes, "no picture"),
    ("a picture that tells of itself", _telling_picture, "no picture|tells of itself"),
    ("a picture of another kind", put("workflow_images", "media_type", "image/gif"), "of that kind"),
    ("a file of no row", _unknown_file, "belongs to no row"),
    ("a row without its bytes", _no_bytes, "not in the archive"),
    ("another hash of a file", put("files", "sha256", "0" * 64), "not those that their row"),
    ("a comment of nobody's thread", put("comments", "thread", str(uuid4())), "not in the archive"),
    ("a comment of a stranger", put("comments", "author", str(uuid4())), "not in the archive"),
    ("history with a wrong address", put("trail", "ip", "nowhere"), "ip is not right"),
]  # fmt: skip


def test_each_is_refused_whole(genuine: Archive, newcomer: User, beta: Tenant) -> None:
    """One after the other into the same workspace: nothing of any of them stays in it."""
    with tenant_context(beta):
        before, wrong = _everything(), list[str]()
        for name, change, why in REFUSED:
            archive = forged(genuine)
            change(archive)
            job = take_in(archive.data(), newcomer)
            if job.status != "failed" or not any(word in job.trouble for word in why.split("|")):
                wrong.append(f"{name}: {job.status}, {job.trouble}")
            if job.status == "done":
                break
            if _everything() != before:
                wrong.append(f"{name}: something of it stayed")
        assert not wrong, "\n".join(wrong)
        assert not ImportPiece.objects.exists()
        assert not StoredFile.objects.exists()
        failed = AuditEntry.objects.filter(action="archive.import_failed")
        assert failed.count() == Import.objects.filter(status="failed").count() == len(REFUSED)
        job = take_in(forged(genuine).data(), newcomer)
        assert job.status == "done", job.trouble


def _everything() -> dict[str, int]:
    models = (Folder, Workflow, WorkflowVersion, User, Role, RoleBinding, Invitation, Trigger)
    more = (StoredCredential, FormerEntry, Blob)
    return {model.__name__: model._base_manager.count() for model in (*models, *more)}


def owning(archive: Forged) -> None:
    """Make everybody in it an owner."""
    owner = next(row["id"] for row in archive.rows["roles"] if row["name"] == "owner")
    for row in archive.rows["role_bindings"]:
        if row["user"]:
            row["role"] = owner


def test_rights_are_no_more_than_may_be_given(
    genuine: Archive, newcomer: User, beta: Tenant
) -> None:
    archive = forged(genuine)
    for row in archive.rows["roles"]:
        if not row["builtin"]:
            row["permissions"] = ["owner.manage", "audit.view"]
    owning(archive)
    with tenant_context(beta):
        job = take_in(archive.data(), newcomer)
        assert job.status == "done", job.trouble
        assert not Role.objects.filter(builtin=False).exists()
        left = {(each["kind"], each["why"]) for each in (job.report or {})["left"]}
        assert ("roles", "It gives what no role of a workspace may give.") in left
        for user in User.objects.exclude(pk=newcomer.pk):
            assert not user.is_active
            assert not user.permissions_in()


def test_who_is_here_already_gets_nothing_by_it(
    genuine: Archive, newcomer: User, beta: Tenant
) -> None:
    archive = forged(genuine)
    with tenant_context(beta):
        vera = member("Vera", "viewer")
        archive.rows["people"][1]["email"] = vera.email
        archive.rows["people"][1] |= {"name": "Somebody else", "is_active": False}
        owning(archive)
        job = take_in(archive.data(), newcomer)
        assert job.status == "done", job.trouble
        vera.refresh_from_db()
        assert (vera.name, vera.is_active) == ("Vera", True)
        assert [each.role.name for each in RoleBinding.objects.filter(user=vera)] == ["viewer"]
        assert not Invitation.objects.filter(for_user=vera).exists()


@pytest.mark.parametrize("filters", [{}, {"status": "broken"}, {"page": "2"}])
def test_a_view_that_the_list_does_not_know_stays_out(
    genuine: Archive, newcomer: User, beta: Tenant, filters: dict[str, str]
) -> None:
    archive = forged(genuine)
    archive.rows["run_views"][0]["filters"] = filters
    with tenant_context(beta):
        job = take_in(archive.data(), newcomer)
        assert job.status == "done", job.trouble
        left = {each["kind"]: each["why"] for each in (job.report or {})["left"]}
        assert left["run_views"] == "The list of runs does not know its filters."
        assert not SavedView.objects.exists()


def test_history_is_no_part_of_the_trail(genuine: Archive, newcomer: User, beta: Tenant) -> None:
    archive = forged(genuine)
    archive.rows["trail"][0] |= {"action": "archive.imported", "actor_label": "Nora"}
    with tenant_context(beta):
        job = take_in(archive.data(), newcomer)
        assert job.status == "done", job.trouble
        [own] = AuditEntry.objects.filter(action="archive.imported")
        assert own.target_id == str(job.pk)
        assert FormerEntry.objects.filter(action="archive.imported").count() == 1
        with pytest.raises(Exception, match="permission denied"):
            FormerEntry.objects.update(action="nothing.happened")


@pytest.mark.parametrize("kind", ["api_keys", "connections", "audit_streams", "invitations"])
def test_what_opens_doors_is_never_taken_in(
    genuine: Archive, newcomer: User, beta: Tenant, kind: str
) -> None:
    archive = forged(genuine)
    archive.rows[kind] = [{"id": str(uuid4()), "secret_hash": "0" * 64, "anything": "at all"}]
    with tenant_context(beta):
        job = take_in(archive.data(), newcomer)
        assert job.status == "done", job.trouble
        assert kind not in (job.report or {})["came"]
        assert kind in {each["kind"] for each in (job.report or {})["left"]}
