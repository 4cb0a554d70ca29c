"""The page and the API of evidence packs."""

import io
from typing import Any

import pytest
from asgiref.sync import async_to_sync

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.evidence import writing
from apps.evidence.checking import check
from apps.evidence.models import Pack
from tests.evidence.conftest import fetched, written
from tests.factories.browsers import browser
from tests.factories.cast import api_client

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("folder")]
URL, API = "/evidence/", "/api/v1/evidence-packs/"
PERIOD = {"since": "2026-01-01T00:00:00Z", "until": "2099-01-01T00:00:00Z"}


def test_the_page_follows_a_pack(alice: User, entries: list[AuditEntry]) -> None:
    client = browser(alice)
    assert "No pack was asked for yet." in client.get(URL).content.decode()
    days = {"first": "2026-01-01", "last": "2098-01-01"}
    assert client.post(f"{URL}new/", days)["Location"] == URL
    page = client.get(URL).content.decode()
    assert "every 2s" in page
    again = client.post(f"{URL}new/", days)
    assert (again.status_code, "still being written" in again.content.decode()) == (422, True)
    pack = Pack.objects.get()
    assert client.post(f"{URL}{pack.pk}/file/").status_code == 409
    writing.carry(pack.pk)
    assert f"{URL}{pack.pk}/file/" in client.get(URL).content.decode()
    answer: Any = client.post(f"{URL}{pack.pk}/file/")
    assert answer["Content-Type"] == "application/zip"
    data = _streamed(answer)
    assert len(data) == int(answer["Content-Length"])
    assert check(io.BytesIO(data)).wrong == []
    assert AuditEntry.objects.filter(action="evidence.downloaded").count() == 1
    assert "No pack fits." in client.get(f"{URL}?status=cancelled").content.decode()
    assert client.get(f"{URL}?status=odd").status_code == 422
    client.post(f"{URL}{pack.pk}/delete/")
    assert not Pack.objects.exists()


def test_days_that_make_no_sense_are_blamed(alice: User) -> None:
    for days in ({"first": "2026-02-01", "last": "2026-01-01"}, {"first": "x", "last": ""}):
        assert browser(alice).post(f"{URL}new/", days).status_code == 422
    assert browser(alice).post(f"{URL}new/", {"first": "2026-01-01", "last": "9999-12-31"}).status_code == 422  # fmt: skip


def test_it_is_cancelled_on_the_page(alice: User, entries: list[AuditEntry]) -> None:
    client = browser(alice)
    client.post(f"{URL}new/", {"first": "2026-01-01", "last": "2098-01-01"})
    pack = Pack.objects.get()
    client.post(f"{URL}{pack.pk}/cancel/")
    assert "Cancelled" in client.get(URL).content.decode()


def test_the_whole_of_it_over_the_api(alice: User, entries: list[AuditEntry]) -> None:
    client = api_client(alice)
    asked = client.post(API, PERIOD)
    assert (asked.status_code, asked.json()["status"]) == (202, "queued")
    pack = Pack.objects.get()
    writing.carry(pack.pk)
    told = client.get(f"{API}{pack.pk}/").json()
    assert (told["status"], told["percent"], told["wrong"]) == ("done", 100, "")
    assert _streamed(client.get(f"{API}{pack.pk}/file/")) == fetched(pack).getvalue()
    assert len(client.get(API, {"status": "done", "q": "ali"}).json()["results"]) == 1
    assert client.post(f"{API}{pack.pk}/cancel/").status_code == 409
    assert client.delete(f"{API}{pack.pk}/").status_code == 204
    backwards = {"since": PERIOD["until"], "until": PERIOD["since"]}
    assert client.post(API, backwards).status_code == 422


def test_builders_see_nothing_of_it(alice: User, bob: User, entries: list[AuditEntry]) -> None:
    pack = written(alice)
    assert browser(bob).get(URL).status_code == 403
    assert browser(bob).post(f"{URL}{pack.pk}/file/").status_code == 403
    client = api_client(bob)
    for path in (API, f"{API}{pack.pk}/", f"{API}{pack.pk}/file/"):
        assert client.get(path).status_code == 403
    assert client.post(API, PERIOD).status_code == 403
    assert client.delete(f"{API}{pack.pk}/").status_code == 403


def _streamed(answer: Any) -> bytes:
    async def gathered() -> bytes:
        return b"".join([part async for part in answer.streaming_content])

    return async_to_sync(gathered)()
