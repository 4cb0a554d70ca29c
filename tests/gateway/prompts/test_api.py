"""The library over the API and on its pages."""

import pytest
from django.test import Client

from apps.accounts.models import User
from apps.gateway.models import Prompt
from apps.gateway.prompts import services
from tests.factories.cast import api_client
from tests.gateway.prompts.writing import content, written

pytestmark = pytest.mark.django_db
API = "/api/v1/gateway/prompts/"
PAGES = "/relaycore/prompts/"


def browser(user: User) -> Client:
    client = Client(HTTP_HOST="alpha.localhost")
    client.force_login(user)
    return client


def test_a_prompt_lives(bob: User) -> None:
    client = api_client(bob)
    body = {"slug": "reply", "content": content("Answer {{ question }}"), "notes": "First"}
    made = client.post(API, body, format="json")
    assert made.status_code == 201, made.json()
    assert (made.json()["name"], made.json()["newest"]) == ("reply", 1)
    url = f"{API}reply/"
    assert client.post(url + "versions/", body, format="json").status_code == 409
    body["content"] = content("Answer {{ question }} shortly")
    assert client.post(url + "versions/", body, format="json").json()["number"] == 2
    label = client.put(url + "labels/production/", {"version": 2}, format="json")
    assert (label.status_code, label.json()["version"]) == (200, 2)
    listed = client.get(url + "versions/").json()["results"]
    assert [(each["number"], each["labels"]) for each in listed] == [(2, ["production"]), (1, [])]
    assert client.get(url + "versions/1/").json()["content"]["variables"][0]["name"] == "question"
    assert client.get(url + "versions/3/").status_code == 404
    kinds = [line["kind"] for line in client.get(url + "diff/?from=1&to=2").json()[0]["lines"]]
    assert kinds == ["same", "removed", "added"]
    assert client.get(url + "diff/?from=1&to=x").status_code == 422
    assert client.patch(url, {"name": "Reply"}, format="json").json()["name"] == "Reply"
    assert client.delete(url + "labels/production/").status_code == 204
    assert client.delete(url).status_code == 204
    assert not Prompt.objects.exists()


def test_what_makes_no_sense_is_named(bob: User) -> None:
    body = {"slug": "reply", "content": content("x", variables=[{"name": "a"}, {"name": "a"}])}
    answer = api_client(bob).post(API, body, format="json")
    assert (answer.status_code, answer.json()["code"]) == (422, "bad_prompt")
    assert answer.json()["errors"][0]["field"] == "variables.1.name"


def test_who_may_not_edit_reads(bob: User, vera: User) -> None:
    written(bob)
    client = api_client(vera)
    assert client.get(f"{API}reply/").status_code == 200
    assert (
        client.post(API, {"slug": "x", "content": content("x")}, format="json").status_code == 403
    )
    assert client.delete(f"{API}reply/").status_code == 403
    pages = browser(vera)
    assert pages.get(f"{PAGES}reply/").status_code == 200
    assert pages.post(f"{PAGES}reply/", {"name": "x"}).status_code == 403
    assert pages.post(f"{PAGES}reply/delete/").status_code == 403
    assert pages.get("/relaycore/new-prompt/").status_code == 403


def test_the_list_is_searched_and_filtered(bob: User) -> None:
    client = browser(bob)
    assert "will be listed here" in client.get(PAGES).content.decode()
    written(bob, "Answer the bees")
    other = written(bob, "Sort by urgency", slug="triage")
    services.set_label(other, "production", actor=bob, number=1)
    found = {
        query: {each.slug for each in client.get(f"{PAGES}?{query}").context["prompts"]}
        for query in ("", "q=BEES", "q=triage", "label=production", "q=nothing")
    }
    assert found == {
        "": {"reply", "triage"}, "q=BEES": {"reply"}, "q=triage": {"triage"},
        "label=production": {"triage"}, "q=nothing": set(),
    }  # fmt: skip
    listed = api_client(bob).get(f"{API}?label=production").json()["results"]
    assert [each["slug"] for each in listed] == ["triage"]


def rows(*words: str, **more: str) -> dict[str, str]:
    """Return the fields of a version's form."""
    data = {"messages-TOTAL_FORMS": str(len(words)), "messages-INITIAL_FORMS": "0"}
    data |= {"variables-TOTAL_FORMS": "1", "variables-INITIAL_FORMS": "0"}
    for place, each in enumerate(words):
        data |= {f"messages-{place}-role": "user", f"messages-{place}-content": each}
    return {**data, **more}


def test_it_is_written_on_pages(bob: User) -> None:
    client = browser(bob)
    typed = {"variables-0-name": "count", "variables-0-type": "number", "variables-0-default": "3"}
    named = {"name": "Reply", "slug": "reply"}
    wrong = client.post(
        "/relaycore/new-prompt/",
        rows("Take {{ count }}", **named, **{**typed, "variables-0-default": "x"}),
    )
    assert (wrong.status_code, "This is no number" in wrong.content.decode()) == (422, True)
    empty = client.post("/relaycore/new-prompt/", rows("", **named))
    assert empty.status_code == 422
    made = client.post("/relaycore/new-prompt/", rows("Take {{ count }}", "", **named, **typed))
    assert made.status_code == 302
    version = Prompt.objects.get().versions.get()
    assert version.content["variables"][0] == {
        "name": "count", "type": "number", "required": False, "default": 3, "description": "",
    }  # fmt: skip
    again = client.post(f"{PAGES}reply/new-version/", rows("Take {{ count }}", **typed))
    assert (again.status_code, "says the same" in again.content.decode()) == (422, True)
    client.post(f"{PAGES}reply/new-version/", rows("Take two", notes="Two"))
    client.post(f"{PAGES}reply/labels/", {"name": "production", "number": "2"})
    page = client.get(f"{PAGES}reply/").content.decode()
    assert ("@production" in page, "Take two" in page) == (True, True)
    assert "<ins>Take two" in client.get(f"{PAGES}reply/diff/").content.decode()
    assert client.post(f"{PAGES}reply/labels/", {"name": "", "number": "2"}).status_code == 422
    client.post(f"{PAGES}reply/labels/production/remove/")
    client.post(f"{PAGES}reply/", {"name": "Replies", "description": ""})
    assert Prompt.objects.get().name == "Replies"
    client.post(f"{PAGES}reply/delete/")
    assert not Prompt.objects.exists()
