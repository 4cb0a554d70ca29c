"""Secrets that stay in HashiCorp Vault: named, read at the moment of a request, and told in words when not."""

import json
from typing import Any

import pytest
from aiohttp import web

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.credentials.exceptions import BadCredential
from apps.credentials.models import StoredCredential
from apps.credentials.services import rotate_credential
from apps.credentials.sources import vault_kv
from apps.credentials.trying import try_credential
from tests.credentials.keeping import SECRET, VALUES, keep
from tests.credentials.vault_server import ROLE, SECRET_ID, TOKEN, VaultServer
from tests.factories.browsers import browser
from tests.factories.cast import api_client
from tests.factories.runs import carry, error_of, step
from tests.factories.targets import Echo
from tests.runs.interpreter.test_borrowing import begin, calling, everything_kept

ALONE = pytest.mark.django_db(transaction=True)
PLACE = {"address": "https://vault.example.com", "path": "shop/stock", "secret": TOKEN}


def named(vault: VaultServer, **more: str) -> dict[str, str]:
    return {"address": vault.origin, "path": "shop/stock", "secret": TOKEN, **more}


def referring(alice: User, vault: VaultServer, echo: Echo, **more: str) -> StoredCredential:
    hosts = [echo.origin.removeprefix("http://")]
    return keep(alice, values={}, hosts=hosts, reference=named(vault, **more))


@ALONE
def test_a_step_sends_what_vault_holds_and_nothing_of_it_is_kept(
    alice: User, bob: User, vault: VaultServer, echo: Echo
) -> None:
    made = referring(alice, vault, echo)
    run = carry(begin(calling(echo, made), bob))
    assert run.status == "succeeded"
    assert json.loads(echo.heard[0])["headers"]["Authorization"] == "Bearer kept-in-vault-1"
    assert vault.asked == [("GET", "/v1/secret/data/shop/stock")]
    assert "•••" in json.dumps(step(run, "call").output, ensure_ascii=False)
    found = everything_kept()
    assert "kept-in-vault-1" not in found
    assert TOKEN not in found


@ALONE
def test_it_is_asked_once_a_minute_and_anew_with_another_token(
    alice: User, vault: VaultServer, echo: Echo
) -> None:
    made = referring(alice, vault, echo)
    for _ in range(3):
        assert try_credential(made, actor=alice, url=f"{echo.origin}/").ok
    assert len(vault.asked) == 1
    rotated = rotate_credential(
        made, actor=alice, values={}, reference=named(vault, secret="other")
    )
    trial = try_credential(rotated, actor=alice, url=f"{echo.origin}/")
    assert (trial.ok, trial.message) == (
        False, "127.0.0.1 does not let this token read secret/shop/stock.",
    )  # fmt: skip
    vault_kv.forget()
    vault.kept["secret/shop/stock"] = {"value": "newer-in-vault"}
    assert try_credential(made, actor=alice, url=f"{echo.origin}/").ok
    assert "newer-in-vault" in echo.heard[-1]


@ALONE
def test_an_approle_signs_in_and_names_its_namespace(
    alice: User, vault: VaultServer, echo: Echo
) -> None:
    role = {"role_id": ROLE, "secret": SECRET_ID, "namespace": "shop/eu"}
    made = referring(alice, vault, echo, **role)
    assert try_credential(made, actor=alice, url=f"{echo.origin}/").ok
    assert [path for _, path in vault.asked] == [
        "/v1/auth/approle/login",
        "/v1/secret/data/shop/stock",
    ]
    assert vault.namespaces == {"shop/eu"}
    wrong = rotate_credential(
        made, actor=alice, values={}, reference=named(vault, **{**role, "secret": "wrong"})
    )
    said = try_credential(wrong, actor=alice, url=f"{echo.origin}/").message
    assert said == "127.0.0.1 refused the AppRole: HTTP 400: invalid role or secret ID"
    assert SECRET_ID not in said


@ALONE
@pytest.mark.parametrize(
    ("kept", "answer", "said"),
    [
        ({}, None, "has nothing at secret/shop/stock, or its newest version is deleted"),
        ({"secret/shop/stock": None}, None, "has nothing at secret/shop/stock"),
        ({"secret/shop/stock": {"user": "x", "pass": "y"}}, None, "has no text in the field “value”. Its fields: pass, user."),
        ({"secret/shop/stock": {"value": 17}}, None, "has no text in the field “value”"),
        ({"secret/shop/stock": {"value": "two\nlines"}}, None, "holds signs that cannot be sent"),
        ({}, (503, '{"errors": ["Vault is sealed"]}'), "answered HTTP 503: Vault is sealed"),
        ({}, (200, "<html>"), "did not answer as Vault does"),
        ({}, (200, '{"data": {"value": "of version 1"}}'), "is no secret of a KV engine of version 2"),
        ({}, (307, ""), "answered HTTP 307"),
        ({}, (200, "x" * (2 << 20)), "larger than allowed"),
    ],
)  # fmt: skip
def test_what_vault_does_not_give_is_said_and_nothing_is_sent(
    alice: User, vault: VaultServer, echo: Echo, kept: dict[str, Any], answer: Any, said: str
) -> None:
    made = referring(alice, vault, echo)
    vault.kept = kept
    if answer:
        headers = {"Location": f"{echo.origin}/"} if answer[0] == 307 else {}
        vault.answer = web.Response(status=answer[0], text=answer[1], headers=headers)
    trial = try_credential(made, actor=alice, url=f"{echo.origin}/")
    assert not trial.ok
    assert said in trial.message
    assert echo.heard == []


@ALONE
def test_a_step_fails_with_the_reason_and_is_tried_again_where_that_may_help(
    alice: User, bob: User, vault: VaultServer, echo: Echo
) -> None:
    made = referring(alice, vault, echo, path="elsewhere")
    error = error_of(step(carry(begin(calling(echo, made), bob)), "call"))
    assert error["code"] == "credential_not_fetched"
    assert "has nothing at secret/elsewhere" in error["message"]


@pytest.mark.parametrize(
    ("told", "field"),
    [
        ({"address": "http://vault.example.com"}, "reference.address"),
        ({"address": "https://vault.example.com/v1"}, "reference.address"),
        ({"address": "https://127.0.0.1:8200"}, "reference.address"),
        ({"address": "vault.example.com"}, "reference.address"),
        ({"path": "../sys/mounts"}, "reference.path"),
        ({"path": "a/../b"}, "reference.path"),
        ({"path": "/a"}, "reference.path"),
        ({"mount": "a?b"}, "reference.mount"),
        ({"secret": "a b"}, "reference.secret"),
        ({"secret": ""}, "reference.secret"),
        ({"namespace": "a b"}, "reference.namespace"),
        ({"more": "x"}, "reference.more"),
    ],
)
def test_a_bad_reference_is_blamed_on_its_field(
    alice: User, told: dict[str, str], field: str
) -> None:
    with pytest.raises(BadCredential) as refused:
        keep(alice, values={}, reference={**PLACE, **told})
    assert [entry["field"] for entry in refused.value.errors] == [field]


def test_a_secret_is_here_or_there_and_headers_are_here(alice: User) -> None:
    for kind, values, field in (
        ("bearer", VALUES["bearer"], "values.token"),
        ("headers", {}, "reference"),
        ("basic", {}, "values.username"),
    ):
        with pytest.raises(BadCredential) as refused:
            keep(alice, kind, values=values, reference=PLACE)
        assert refused.value.errors[0]["field"] == field
    made = keep(alice, "basic", values={"username": "robot"}, reference=PLACE)
    assert (made.settings, made.last4, made.source) == ({"username": "robot"}, "", "vault")
    made = rotate_credential(made, actor=alice, values={"password": SECRET})
    assert (made.reference, made.source) == ({}, "kept")
    told = AuditEntry.objects.get(action="credential.rotated")
    assert TOKEN not in json.dumps([told.before, told.after])


def test_the_page_and_the_api_take_a_reference_and_never_show_what_opens_it(alice: User) -> None:
    client = browser(alice)
    place = "/credentials/new/bearer/?source=vault"
    assert "The secret stays in Vault." in client.get(place).content.decode()
    form = {
        "name": "Stock", "hosts": "api.example.com", "place_address": PLACE["address"],
        "place_mount": "secret", "place_path": "shop/stock", "place_field": "value",
        "place_secret": TOKEN,
    }  # fmt: skip
    refused = client.post(place, {**form, "place_path": "../x"})
    assert refused.status_code == 422
    assert "It holds signs that cannot be sent there." in refused.content.decode()
    page: Any = client.post(place, form, follow=True)
    shown = page.content.decode()
    assert "secret/shop/stock" in shown
    assert TOKEN not in shown
    made = StoredCredential.objects.get()
    rotating = client.get(f"/credentials/{made.pk}/rotate/?source=vault").content.decode()
    assert 'value="shop/stock"' in rotating
    assert TOKEN not in rotating
    told = api_client(alice).get(f"/api/v1/credentials/{made.pk}/")
    assert told.json()["reference"]["path"] == "shop/stock"
    assert TOKEN not in told.content.decode()
    body = {
        "name": "By API",
        "kind": "bearer",
        "values": {},
        "hosts": ["a.example"],
        "reference": PLACE,
    }
    posted = api_client(alice).post("/api/v1/credentials/", body, format="json")
    assert (posted.status_code, posted.json()["source"]) == (201, "vault")
    assert "in Vault" in client.get("/credentials/?source=vault").content.decode()
