"""Comments over HTTP: the form, the filters, and what is refused."""

from typing import Any

import pytest
from rest_framework.response import Response

from apps.accounts.models import User
from apps.accounts.services import create_api_key
from apps.comments.models import Thread
from apps.comments.services import Anchor, begin_thread, reply, resolve_thread
from apps.workflows.models import Workflow
from tests.factories.cast import api_client, key_client


def threads_url(workflow: Workflow) -> str:
    return f"/api/v1/workflows/{workflow.pk}/comment-threads/"


def begin(user: User, workflow: Workflow, **body: Any) -> Any:
    return api_client(user).post(threads_url(workflow), body, format="json")


def listed(user: User, workflow: Workflow, query: str = "") -> list[dict[str, Any]]:
    answer = api_client(user).get(f"{threads_url(workflow)}?{query}")
    assert answer.status_code == 200, answer.content
    found: list[dict[str, Any]] = answer.json()["results"]
    return found


def test_a_thread_and_its_comments(workflow: Workflow, bob: User, vera: User) -> None:
    made = begin(
        bob, workflow, node="greet", field="config.fields", text="@Vera?", mentions=[str(vera.pk)]
    )
    assert made.status_code == 201
    thread = made.json()
    assert (thread["node_title"], thread["detached"], thread["resolved"]) == (
        "Transform",
        False,
        False,
    )
    assert thread["first"]["mentions"][0]["name"] == "Vera"
    comments = f"/api/v1/comment-threads/{thread['id']}/comments/"
    said = api_client(vera).post(comments, {"text": "Yes."}, format="json")
    assert said.status_code == 201
    told = api_client(bob).get(comments).json()
    assert [(each["author"]["name"], each["text"]) for each in told["results"]] == [
        ("Bob", "@Vera?"), ("Vera", "Yes."),
    ]  # fmt: skip
    own = f"{comments}{said.json()['id']}/"
    assert api_client(bob).patch(own, {"text": "No."}, format="json").status_code == 403
    assert api_client(vera).patch(own, {"text": "No."}, format="json").json()["text"] == "No."
    assert api_client(bob).delete(own).json()["code"] == "not_your_comment"
    assert api_client(vera).delete(own).status_code == 204


def test_the_list_is_filtered(workflow: Workflow, thread: Thread, bob: User, vera: User) -> None:
    spot = begin_thread(workflow, actor=vera, anchor=Anchor(at=(5, 6)), text="Too crowded")
    resolve_thread(spot, actor=vera)
    ids = {"greet": str(thread.pk), "spot": str(spot.pk)}
    for query, expected in (
        ("", ["spot", "greet"]), ("state=open", ["greet"]), ("state=resolved", ["spot"]),
        ("mine=true", ["greet"]), ("unread=true", ["spot"]), ("node=greet", ["greet"]),
        ("q=crowded", ["spot"]), ("q=transf", ["greet"]), ("q=vera", ["spot"]), ("q=zzz", []),
    ):  # fmt: skip
        assert [each["id"] for each in listed(bob, workflow, query)] == [
            ids[name] for name in expected
        ], query
    assert api_client(bob).get(f"{threads_url(workflow)}?state=odd").json()["code"] == "invalid"
    assert api_client(bob).get(f"{threads_url(workflow)}?mine=yes").status_code == 422


def test_pages_go_on_where_they_ended(workflow: Workflow, bob: User) -> None:
    for number in range(5):
        begin_thread(workflow, actor=bob, anchor=Anchor(at=(number, 0)), text=f"No. {number}")
    first = api_client(bob).get(f"{threads_url(workflow)}?page_size=3").json()
    second = api_client(bob).get(first["next"]).json()
    seen = [each["at"][0] for each in first["results"] + second["results"]]
    assert (seen, second["next"]) == ([4, 3, 2, 1, 0], None)


def test_reading_resolving_reopening(thread: Thread, workflow: Workflow, vera: User) -> None:
    def post(what: str) -> Any:
        return api_client(vera).post(f"/api/v1/comment-threads/{thread.pk}/{what}/").json()

    assert listed(vera, workflow)[0]["unread"] == 1
    assert post("read")["unread"] == 0
    resolved = post("resolve")
    assert (resolved["resolved"], resolved["resolved_by"]["name"]) == (True, "Vera")
    assert post("reopen")["resolved"] is False


def test_all_is_read_at_once(thread: Thread, workflow: Workflow, vera: User) -> None:
    assert api_client(vera).post(f"{threads_url(workflow)}read/").status_code == 204
    assert listed(vera, workflow, "unread=true") == []


@pytest.mark.parametrize(
    ("body", "code"),
    [
        ({"text": "?"}, "bad_anchor"),
        ({"text": "?", "node": "greet", "at": [0, 0]}, "bad_anchor"),
        ({"text": "?", "node": "nowhere"}, "no_such_step"),
        ({"text": " ", "at": [0, 0]}, "empty"),
        ({"text": "x" * 4_001, "at": [0, 0]}, "invalid"),
        ({"text": "?", "at": [0, 99_000_000]}, "invalid"),
        ({"text": "?", "at": [0]}, "invalid"),
        ({"text": "?", "at": [0, 0], "mentions": ["nobody"]}, "invalid"),
    ],
)
def test_what_cannot_be_is_refused(
    workflow: Workflow, bob: User, body: dict[str, Any], code: str
) -> None:
    answer = begin(bob, workflow, **body)
    assert answer.status_code == 422, answer.content
    assert answer.json()["code"] == code


def test_a_mention_of_a_stranger_says_who(workflow: Workflow, bob: User, gus: User) -> None:
    answer = begin(bob, workflow, at=[0, 0], text="@Gus", mentions=[str(gus.pk)])
    assert answer.json()["code"] == "may_not_see"
    assert answer.json()["errors"][0]["message"] == "Gus may not see this workflow."
    shown = api_client(bob).get(f"/api/v1/workflows/{workflow.pk}/mentionable/?q=gus").json()
    assert shown == {"results": []}


def test_the_same_request_says_it_once(workflow: Workflow, bob: User) -> None:
    def send() -> Response:
        answer: Response = api_client(bob).post(
            threads_url(workflow), {"at": [0, 0], "text": "Once"}, format="json",
            HTTP_IDEMPOTENCY_KEY="kept-while-offline",
        )  # fmt: skip
        return answer

    assert send().json()["id"] == send().json()["id"]  # type: ignore[attr-defined]
    assert Thread.objects.count() == 1


def test_readers_read_and_strangers_find_nothing(
    thread: Thread, workflow: Workflow, rita: User, gus: User
) -> None:
    assert len(listed(rita, workflow)) == 1
    assert begin(rita, workflow, at=[0, 0], text="?").status_code == 403
    one = f"/api/v1/comment-threads/{thread.pk}/"
    assert api_client(rita).post(f"{one}read/").status_code == 200
    assert api_client(rita).post(f"{one}resolve/").status_code == 403
    assert api_client(rita).get(f"/api/v1/workflows/{workflow.pk}/mentionable/").status_code == 403
    for url in (one, f"{one}comments/", threads_url(workflow)):
        assert api_client(gus).get(url).status_code == 404
    assert api_client(gus).post(f"{one}comments/", {"text": "?"}, format="json").status_code == 404


def test_a_key_says_it_in_its_persons_name(thread: Thread, bob: User) -> None:
    _, text = create_api_key(name="CI", role="viewer", user=bob, actor=bob)
    answer = key_client(text).post(
        f"/api/v1/comment-threads/{thread.pk}/comments/", {"text": "Deployed."}, format="json"
    )
    assert answer.json()["author"]["name"] == "Bob"


def test_lists_ask_few_questions(
    workflow: Workflow, thread: Thread, bob: User, vera: User, django_assert_max_num_queries: Any
) -> None:
    for number in range(8):
        other = begin_thread(workflow, actor=bob, anchor=Anchor(at=(number, 0)), text="?")
        reply(other, actor=vera, text="@Bob", mentions=[bob.pk])
    client = api_client(bob)
    client.get(threads_url(workflow))
    with django_assert_max_num_queries(12):
        assert len(client.get(threads_url(workflow)).json()["results"]) == 9
