"""People who come from Auth0 and Clerk: what is read, who joins, and that passwords open once as they were."""

import json
from typing import Any

import bcrypt
import pytest
from django.contrib.auth.hashers import get_hasher, identify_hasher
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.models import User
from apps.accounts.services import change_role
from apps.audit.models import AuditEntry
from apps.common.errors import Forbidden
from apps.directory.imports import carrying, services
from apps.directory.imports.files import MOST, UnreadableFile, read
from apps.directory.models import ImportRow, PeopleImport
from apps.dispatch import chores
from apps.dispatch.models import Chore
from apps.identity.models import Connection, Domain
from tests.factories.browsers import browser
from tests.factories.cast import member
from tests.factories.issuer import stranger

pytestmark = pytest.mark.django_db
PASSWORD = "correct horse 7 ünd"
HASHED = bcrypt.hashpw(PASSWORD.encode(), bcrypt.gensalt(4)).decode()
BASE = "/members/import/"


def auth0(email: str, **other: Any) -> dict[str, Any]:
    """Return somebody as Auth0 writes them into its file with hashes."""
    return {"_id": {"$oid": "60425dc43519d90068f82973"}, "email": email, "email_verified": True, "passwordHash": HASHED, "tenant": "halden", "connection": "Username-Password"} | other  # fmt: skip


def lines(*people: dict[str, Any]) -> bytes:
    return "\n".join(json.dumps(each) for each in people).encode()


CLERK_CSV = (
    "id,first_name,last_name,username,primary_email_address,verified_email_addresses,unverified_email_addresses,totp_secret,password_digest,password_hasher\n"
    f'user_1,Inês,Duarte,ines,ines@halden.example,"ines@halden.example, other@halden.example",,,{HASHED},bcrypt\n'
    "user_2,Kofi,Mensah,,kofi@halden.example,kofi@halden.example,,,$argon2id$v=19$m=1,argon2id\n"
    "user_3,Una,Verified,,una@halden.example,,una@halden.example,,,\n"
).encode()  # fmt: skip
CLERK_JSON = json.dumps(
    [
        {
            "id": "user_1", "first_name": "Samir", "last_name": "Haddad", "primary_email_address_id": "b",
            "email_addresses": [
                {"id": "a", "email_address": "first@halden.example", "verification": {"status": "verified"}},
                {"id": "b", "email_address": "Samir@Halden.example", "verification": {"status": "verified"}},
            ],
            "password_digest": HASHED, "password_hasher": "bcrypt", "banned": False,
        },
        {"id": "user_2", "email_addresses": [{"id": "c", "email_address": "b@halden.example", "verification": {"status": "verified"}}], "banned": True},
    ]
).encode()  # fmt: skip


def outcomes(job: PeopleImport) -> dict[str, tuple[str, str]]:
    return {row.email: (row.outcome, row.words) for row in job.rows.order_by("number")}


def carried(job: PeopleImport) -> PeopleImport:
    carrying.carry(job.pk)
    return PeopleImport.objects.get(pk=job.pk)


def by_password(email: str, password: str = PASSWORD) -> Any:
    return stranger().post("/accounts/login/", {"login": email, "password": password})


@pytest.mark.parametrize(
    "raw",
    [lines(auth0("a@halden.example")), json.dumps([auth0("a@halden.example")]).encode(), b"\xef\xbb\xbf" + lines(auth0("a@halden.example"))],
    ids=["lines", "json", "marked"],
)  # fmt: skip
def test_auth0_is_read_in_its_forms(alice: User, raw: bytes) -> None:
    job = services.read_file(name="users.json", raw=raw, actor=alice)
    assert job.source == "auth0"
    assert outcomes(job) == {
        "a@halden.example": ("joins", "Signs in with the password from before.")
    }


def test_clerk_is_read_as_csv(alice: User) -> None:
    job = services.read_file(name="clerk.csv", raw=CLERK_CSV, actor=alice)
    assert job.source == "clerk"
    assert [row.name for row in job.rows.order_by("number")][:2] == ["Inês Duarte", "Kofi Mensah"]
    told = outcomes(job)
    assert told["ines@halden.example"] == ("joins", "Signs in with the password from before.")
    assert told["kofi@halden.example"][0] == "joins"
    assert "cannot be taken over" in told["kofi@halden.example"][1]
    assert told["una@halden.example"][0] == "refused"
    assert "never verified" in told["una@halden.example"][1]


def test_clerk_is_read_as_json(alice: User) -> None:
    told = outcomes(services.read_file(name="clerk.json", raw=CLERK_JSON, actor=alice))
    assert told["samir@halden.example"][0] == "joins"
    assert told["b@halden.example"] == ("refused", "They are blocked where they come from.")


def test_who_does_not_join_and_why(alice: User, bob: User) -> None:
    raw = lines(
        auth0(bob.email.upper()), auth0("twice@halden.example"), auth0("Twice@halden.example"),
        auth0("no address"), auth0("a@halden.example", email_verified=False),
        auth0("blocked@halden.example", blocked=True), auth0("") | {"email": None},
    )  # fmt: skip
    job = services.read_file(name="users.json", raw=raw, actor=alice)
    said = [row.words for row in job.rows.order_by("number")]
    assert [word.split(".")[0] for word in said] == [
        "They are a member already", "Signs in with the password from before", "They stand in the file twice",
        "There is no e-mail address that can be read", "Their address was never verified there",
        "They are blocked where they come from", "There is no e-mail address that can be read",
    ]  # fmt: skip
    refused = ImportRow.objects.filter(outcome="refused")
    assert set(refused.values_list("password", flat=True)) == {""}


def test_people_join_and_their_passwords_open_and_are_hashed_anew(alice: User) -> None:
    raw = lines(auth0("ines@halden.example", name="Inês Duarte"), auth0("none@halden.example", passwordHash=None))  # fmt: skip
    job = services.read_file(name="users.json", raw=raw, actor=alice)
    assert not User.objects.filter(email="ines@halden.example").exists()
    services.start(job, role="operator", actor=alice)
    job = carried(job)
    assert (job.status, outcomes(job)["ines@halden.example"][0]) == ("done", "joined")
    ines = User.objects.get(email="ines@halden.example")
    assert (ines.name, ines.role and ines.role.name) == ("Inês Duarte", "operator")
    assert ines.password == f"bcrypt${HASHED}"
    assert by_password(ines.email, "wrong horse 7").status_code == 200
    assert by_password(ines.email).status_code == 302
    ines.refresh_from_db()
    assert identify_hasher(ines.password) is get_hasher()  # the preferred one
    assert by_password(ines.email).status_code == 302
    assert not User.objects.get(email="none@halden.example").has_usable_password()
    assert set(ImportRow.objects.values_list("password", flat=True)) == {""}
    assert not Chore.objects.filter(subject=job.pk).exists()
    actions = set(AuditEntry.objects.filter(target_type="peopleimport").values_list("action", flat=True))  # fmt: skip
    assert actions == {"people_import.read", "people_import.started", "people_import.finished"}
    assert AuditEntry.objects.filter(action="member.added", actor_id=str(alice.pk)).count() == 2
    assert HASHED not in str(list(AuditEntry.objects.values()))


def test_a_long_password_opens_as_far_as_bcrypt_looked_at_it(alice: User) -> None:
    long = "x" * 90
    hashed = bcrypt.hashpw(long.encode()[:72], bcrypt.gensalt(4)).decode()
    job = services.read_file(name="u", raw=lines(auth0("a@halden.example", passwordHash=hashed)), actor=alice)  # fmt: skip
    services.start(job, role="viewer", actor=alice)
    carried(job)
    assert by_password("a@halden.example", long).status_code == 302


@pytest.mark.parametrize("prefix", ["$2a$", "$2y$"])
def test_other_marks_of_bcrypt_open_too(alice: User, prefix: str) -> None:
    person = auth0("a@halden.example", custom_password_hash={"algorithm": "bcrypt", "hash": {"value": prefix + HASHED[4:]}}, passwordHash=None)  # fmt: skip
    job = services.read_file(name="u", raw=lines(person), actor=alice)
    services.start(job, role="viewer", actor=alice)
    carried(job)
    assert by_password("a@halden.example").status_code == 302


@pytest.mark.parametrize(
    "hashed",
    [HASHED.replace("$04$", "$31$"), HASHED.replace("$04$", "$00$"), HASHED[:-1], HASHED + "x", HASHED[:28] + "/" + HASHED[29:], "argon2$argon2id$v=19", "pbkdf2_sha256$1$a$b", "plain", "!", "md5$$" + "a" * 32],
    ids=["too dear", "too cheap", "cut", "longer", "salt of too many bits", "argon2", "pbkdf2", "plain", "none", "md5"],
)  # fmt: skip
def test_hashes_that_are_none_or_cost_too_much_are_not_taken_over(alice: User, hashed: str) -> None:
    job = services.read_file(name="u", raw=lines(auth0("a@halden.example", passwordHash=hashed)), actor=alice)  # fmt: skip
    assert job.rows.get().password == ""
    assert "cannot be taken over" in job.rows.get().words


def test_what_the_file_says_of_rights_means_nothing(alice: User) -> None:
    raw = lines(auth0("a@halden.example", role="owner", roles=["owner"], is_staff=True, app_metadata={"role": "owner"}, is_superuser=True))  # fmt: skip
    job = services.read_file(name="u", raw=raw, actor=alice)
    services.start(job, role="viewer", actor=alice)
    carried(job)
    user = User.objects.get(email="a@halden.example")
    assert (user.is_staff, user.is_superuser, user.role and user.role.name) == (False, False, "viewer")  # fmt: skip


def test_who_must_come_through_the_company_gets_no_password(
    connection: Connection, alice: User
) -> None:
    Domain.objects.update(enforced=True)
    job = services.read_file(name="u", raw=lines(auth0("a@halden.example")), actor=alice)
    assert job.rows.get().words == "Signs in through Okta."
    assert job.rows.get().password == ""


@pytest.mark.parametrize(
    "raw",
    [b"", b"[]", b"{}", b"[1]", b"<html>", b'{"email": "a@b.example"', b"name,age\nx,1\n", b"\xff\xfe", b"[" * 9000, lines({"name": "x"}), b'id,primary_email_address\n"x', b"user_id,email,name\nx,a@b.example,\x00\n"],
    ids=lambda raw: raw[:12].decode("latin-1"),
)  # fmt: skip
def test_files_that_are_none(alice: User, raw: bytes) -> None:
    with pytest.raises(UnreadableFile):
        services.read_file(name="u", raw=raw, actor=alice)
    assert not PeopleImport.objects.exists()


def test_files_that_are_too_long() -> None:
    with pytest.raises(UnreadableFile, match="10,000"):
        read(lines(*[{"_id": "x", "email": "a"}] * (MOST + 1)))
    with pytest.raises(UnreadableFile, match="8 MiB"):
        read(b"x" * ((8 << 20) + 1))


def test_nobody_gives_more_than_they_hold(alice: User) -> None:
    adam = member("Adam", "admin")
    job = services.read_file(name="u", raw=lines(auth0("a@halden.example")), actor=adam)
    with pytest.raises(Forbidden):
        services.start(job, role="owner", actor=adam)
    with pytest.raises(Forbidden):
        services.start(job, role="owner", actor=alice)
    with pytest.raises(Forbidden):
        services.start(job, role="caller", actor=alice)
    with pytest.raises(Forbidden):
        services.read_file(name="u", raw=lines(auth0("a@halden.example")), actor=member("Bo", "builder"))  # fmt: skip


def test_it_stops_when_the_one_who_started_it_lost_the_right(alice: User) -> None:
    adam = member("Adam", "admin")
    job = services.read_file(name="u", raw=lines(auth0("a@halden.example")), actor=adam)
    services.start(job, role="builder", actor=adam)
    change_role(adam, role="viewer", actor=alice)
    job = carried(job)
    assert (job.status, User.objects.filter(email="a@halden.example").exists()) == (
        "stopped",
        False,
    )
    assert job.rows.get().password == ""


def test_it_goes_on_where_it_stood_and_is_carried_once(
    alice: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(carrying, "BATCH", 2)
    people = [auth0(f"p{number}@halden.example") for number in range(5)]
    job = services.read_file(name="u", raw=lines(*people), actor=alice)
    services.start(job, role="viewer", actor=alice)
    assert carrying._advance(job.pk)
    assert job.rows.filter(outcome="joined").count() == 2
    member_meanwhile = member("P4", "viewer")
    User.objects.filter(pk=member_meanwhile.pk).update(email="p4@halden.example")
    carried(job)
    carrying.carry(job.pk)
    assert job.rows.filter(outcome="joined").count() == 4
    assert outcomes(job)["p4@halden.example"] == ("refused", "They became a member meanwhile.")
    assert AuditEntry.objects.filter(action="people_import.finished").count() == 1


def test_a_preview_is_forgotten_after_a_day(alice: User) -> None:
    job = services.read_file(name="u", raw=lines(auth0("a@halden.example")), actor=alice)
    due = Chore.objects.get(kind=carrying.FORGET, subject=job.pk).due_at
    assert (due - chores.now()).total_seconds() > 86_000
    carrying.forget(job.pk)
    assert not ImportRow.objects.exists()
    started = services.read_file(name="u", raw=lines(auth0("a@halden.example")), actor=alice)
    services.start(started, role="viewer", actor=alice)
    carrying.forget(started.pk)
    assert PeopleImport.objects.filter(pk=started.pk).exists()


def upload(client: Client, raw: bytes, name: str = "users.json") -> Any:
    return client.post(BASE, {"file": SimpleUploadedFile(name, raw)}, follow=True)


def test_the_pages_lead_from_the_file_to_the_report(alice: User) -> None:
    client = browser(alice)
    assert "Files that were read" in client.get(BASE).content.decode()
    page = upload(client, lines(auth0("a@halden.example", name="Ada"), auth0("b@halden.example", blocked=True)))  # fmt: skip
    text = page.content.decode()
    assert "Let 1 join" in text
    assert "blocked where they come from" in text
    assert HASHED not in text
    address = page.redirect_chain[-1][0]
    assert "Ada" not in client.get(address, {"outcome": "refused"}).content.decode()
    assert "Nobody matches" in client.get(address, {"q": "nothing"}).content.decode()
    assert client.post(f"{address}start/", {"role": "owner"}).status_code == 422
    client.post(f"{address}start/", {"role": "viewer"})
    assert "joined so far" in client.get(address).content.decode()
    carried(PeopleImport.objects.get())
    assert "1 joined as Viewer" in " ".join(client.get(address).content.decode().split())
    assert client.post(f"{address}discard/").status_code == 409
    assert "users.json" in client.get(BASE).content.decode()


def test_a_file_that_is_none_is_told_at_the_field(alice: User) -> None:
    page = upload(browser(alice), b"<html>")
    assert page.status_code == 422
    assert "no export of Auth0 or Clerk" in page.content.decode()


def test_a_preview_is_discarded(alice: User) -> None:
    client = browser(alice)
    address = upload(client, lines(auth0("a@halden.example"))).redirect_chain[-1][0]
    assert client.post(f"{address}discard/")["Location"] == BASE
    assert not PeopleImport.objects.exists()


def test_only_who_manages_members_sees_imports(alice: User, bob: User) -> None:
    address = upload(browser(alice), lines(auth0("a@halden.example"))).redirect_chain[-1][0]
    client = browser(bob)
    assert client.get(BASE).status_code == 403
    assert client.get(address).status_code == 403
    assert client.post(f"{address}start/", {"role": "viewer"}).status_code == 403
