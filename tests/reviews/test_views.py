"""The pages of reviews: what they show to whom, and that their forms do what they say."""

import pytest
from django.test import Client

from apps.accounts.models import Role, User
from apps.comments.models import Comment, Thread
from apps.comments.services import Anchor, begin_thread
from apps.notifications.models import Notification
from apps.reviews.models import Review, Rule
from apps.reviews.services import request_review
from apps.workflows.models import Workflow
from apps.workflows.services import create_workflow
from tests.factories.browsers import browser
from tests.factories.cast import member
from tests.workflows.definitions import greeting

pytestmark = pytest.mark.django_db


@pytest.fixture
def review(workflow: Workflow, bob: User) -> Review:
    return request_review(workflow, actor=bob, notes="Please look at the amount.")


def shown(client: Client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status
    return answer.content.decode()


def test_the_list_has_what_is_for_me(review: Review, bob: User, rosa: User) -> None:
    assert "Refund" in shown(browser(rosa), "/reviews/")
    assert "Nothing waits for your review." in shown(browser(bob), "/reviews/")
    assert "Refund" in shown(browser(bob), "/reviews/?state=open")
    assert "No review is closed yet." in shown(browser(bob), "/reviews/?state=closed")
    assert "No review fits." in shown(browser(rosa), "/reviews/?q=nothing")


def test_a_review_shows_what_changes_and_takes_an_opinion(
    review: Review, bob: User, rosa: User
) -> None:
    path = f"/reviews/{review.pk}/"
    page = shown(browser(rosa), path)
    assert "data.transform" in page
    assert "Please look at the amount." in page
    assert 'name="verdict"' in page
    assert 'name="verdict"' not in shown(browser(bob), path)

    refused = browser(rosa).post(f"{path}answer/", {"verdict": "refuse", "comment": ""})
    assert refused.status_code == 422
    assert "Say why" in refused.content.decode()
    browser(rosa).post(f"{path}answer/", {"verdict": "approve"})
    review.refresh_from_db()
    assert review.status == Review.Status.APPROVED
    late = browser(member("Rita", "builder")).post(f"{path}answer/", {"verdict": "approve"})
    assert late.status_code == 409
    assert "This review is closed." in late.content.decode()


def test_ones_own_work_is_refused_on_the_page(review: Review, bob: User) -> None:
    answer = browser(bob).post(f"/reviews/{review.pk}/answer/", {"verdict": "approve"})
    assert answer.status_code == 403
    assert "somebody else must look at it" in answer.content.decode()


def test_a_review_is_withdrawn(review: Review, bob: User) -> None:
    browser(bob).post(f"/reviews/{review.pk}/withdraw/")
    review.refresh_from_db()
    assert review.status == Review.Status.WITHDRAWN


def test_rules_are_made_changed_and_removed(alice: User, bob: User, rule: Rule) -> None:
    client = browser(alice)
    client.post("/reviews/rules/new/", {"folder": "everywhere", "approvals": "2"})
    whole = Rule.objects.get(folder=None)
    assert whole.approvals == 2
    again = client.post("/reviews/rules/new/", {"folder": "everywhere", "approvals": "2"})
    assert again.status_code == 422
    client.post(f"/reviews/rules/{whole.pk}/", {"approvals": "3"})
    whole.refresh_from_db()
    assert whole.approvals == 3
    client.post(f"/reviews/rules/{whole.pk}/remove/")
    assert list(Rule.objects.all()) == [rule]
    assert "New rule" not in shown(browser(bob), "/reviews/rules/")
    assert browser(bob).post(f"/reviews/rules/{rule.pk}/remove/").status_code == 403


def test_steps_are_talked_about_in_the_same_threads(
    review: Review, bob: User, rosa: User, workflow: Workflow
) -> None:
    path = f"/reviews/{review.pk}/"
    assert "Nobody has said anything of these steps yet." in shown(browser(rosa), path)
    said = browser(rosa).post(f"{path}comment/", {"node": "greet", "text": "@Bob why this?"})
    thread = Thread.objects.get()
    assert (said.status_code, said["Location"]) == (302, f"{path}#thread-{thread.pk}")
    assert (thread.workflow, thread.node) == (workflow, "greet")
    assert Notification.objects.get(user=bob, kind="comment.mentioned").path.endswith(
        f"?comment={thread.pk}"
    )
    browser(bob).post(f"{path}comments/{thread.pk}/", {"text": "Because."})
    page = shown(browser(rosa), path)
    assert "@Bob why this?" in page
    assert "Because." in page
    browser(rosa).post(f"{path}comments/{thread.pk}/resolve/")
    thread.refresh_from_db()
    assert thread.resolved_by == rosa
    assert "Open again" in shown(browser(bob), path)
    browser(bob).post(f"{path}comments/{thread.pk}/resolve/")
    thread.refresh_from_db()
    assert thread.resolved_at is None


def test_what_was_written_is_kept_when_it_is_refused(
    review: Review, rosa: User, workflow: Workflow
) -> None:
    path = f"/reviews/{review.pk}/"
    for body in ({"node": "nowhere", "text": "Kept words"}, {"node": "greet", "text": "x" * 4_001}):
        answer = browser(rosa).post(f"{path}comment/", body)
        assert answer.status_code == 422
        assert body["text"][:10] in answer.content.decode()
    thread = begin_thread(workflow, actor=rosa, anchor=Anchor("greet"), text="?")
    answer = browser(rosa).post(f"{path}comments/{thread.pk}/", {"text": " "})
    assert answer.status_code == 422
    assert Comment.objects.count() == 1


def test_who_only_reads_writes_nothing_there(review: Review, rosa: User, bob: User) -> None:
    thread = begin_thread(review.workflow, actor=rosa, anchor=Anchor("greet"), text="?")
    Role.objects.create(name="reader", label="Reader", permissions=["workflow.view", "review.view"])
    reader, path = browser(member("Rita", "reader")), f"/reviews/{review.pk}/"
    page = shown(reader, path)
    assert f"thread-{thread.pk}" in page
    assert f"{path}comment/" not in page
    for address in ("comment/", f"comments/{thread.pk}/", f"comments/{thread.pk}/resolve/"):
        assert reader.post(f"{path}{address}", {"text": "?"}).status_code == 403


def test_a_thread_of_another_workflow_is_not_there(review: Review, rosa: User, bob: User) -> None:
    other = create_workflow(actor=bob, name="Other", definition=greeting())
    thread = begin_thread(other, actor=bob, anchor=Anchor("greet"), text="?")
    answer = browser(rosa).post(f"/reviews/{review.pk}/comments/{thread.pk}/", {"text": "?"})
    assert answer.status_code == 404
