"""The page of retention in its states."""

from typing import Any

import pytest
from rest_framework.test import APIClient

from apps.accounts.models import User
from apps.retention.carrying import carry
from apps.retention.models import LegalHold, RetentionJob
from apps.retention.services import place_hold, rules, start_job
from tests.factories.cast import api_client, member


@pytest.fixture
def client(alice: User) -> APIClient:
    return api_client(alice)


def send(client: APIClient, form: str, **fields: str) -> Any:
    return client.post(f"/retention/{form}/", fields, format="multipart")


def text(client: APIClient, path: str = "/retention/") -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_at_first_it_says_what_will_be_there(client: APIClient) -> None:
    page = text(client)
    assert "Deletions will be listed here" in page
    assert "Nothing is held" in page
    assert 'value="90"' in page


def test_rules_are_saved_and_refused_in_place(client: APIClient) -> None:
    kept = {"payloads": "10", "history": "", "runs": "20", "audit": "400"}
    kept |= {"notices": "90", "deliveries": ""}
    assert send(client, "rules", **kept).status_code == 302
    found = rules()
    assert (found["payloads"], found["history"], found["runs"]) == (10, None, 20)
    assert (found["notices"], found["deliveries"]) == (90, None)
    refused = send(client, "rules", **{**kept, "audit": "3"})
    assert refused.status_code == 422
    assert "greater than or equal to 90" in refused.content.decode()
    assert rules()["audit"] == 400


def test_holds(client: APIClient, alice: User) -> None:
    assert send(client, "holds", reason="Case <5>").status_code == 302
    page = text(client)
    assert "Case &lt;5&gt;" in page
    assert "A legal hold keeps everything" in page
    assert send(client, "holds", reason="again").status_code == 422
    hold = LegalHold.objects.get()
    assert client.post(f"/retention/holds/{hold.pk}/release/").status_code == 302
    assert "1 hold released before" in text(client)


def test_admins_place_and_do_not_release(alice: User) -> None:
    admin = api_client(member("Adam", "admin"))
    hold = place_hold(actor=alice, reason="Case 6")
    assert "Release</button>" not in text(admin)
    assert admin.post(f"/retention/holds/{hold.pk}/release/").status_code == 403
    assert LegalHold.objects.active().exists()


def test_a_deletion_has_its_page(client: APIClient, alice: User) -> None:
    answer = client.post("/retention/jobs/")
    job = RetentionJob.objects.get()
    assert answer.headers["Location"] == f"/retention/jobs/{job.pk}/"
    assert "A worker takes it up" in text(client, f"/retention/jobs/{job.pk}/")
    assert "A deletion is going on" in text(client)
    carry(job.pk)
    assert "nothing to prove" in text(client, f"/retention/jobs/{job.pk}/")
    assert "Clear filters" in text(client, "/retention/?result=deleted")


def test_trouble_is_told(client: APIClient, alice: User) -> None:
    job = start_job(actor=alice)
    RetentionJob.objects.update(status="running", trouble="The file storage does not answer.")
    for path in ("/retention/", f"/retention/jobs/{job.pk}/"):
        assert "The file storage does not answer." in text(client, path)


def test_builders_see_neither_page_nor_place(bob: User) -> None:
    builder = api_client(bob)
    assert builder.get("/retention/").status_code == 403
    assert 'href="/retention/"' not in builder.get("/").content.decode()
