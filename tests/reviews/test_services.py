"""Reviews: who may answer, what an approval covers, and that nothing is published around it."""

import pytest

from apps.accounts.models import Folder, User
from apps.accounts.services import create_folder
from apps.common.errors import Forbidden
from apps.notifications.models import Notification
from apps.reviews.exceptions import (
    LeavesReview,
    NoReviewNeeded,
    OwnWork,
    ReasonMissing,
    ReviewClosed,
    ReviewNeeded,
    RuleTaken,
    SaidAlready,
)
from apps.reviews.models import Review, Rule
from apps.reviews.rules import needed_in
from apps.reviews.services import (
    change_rule,
    give_opinion,
    remove_rule,
    request_review,
    set_rule,
    withdraw_review,
)
from apps.tenants.models import Tenant
from apps.workflows.models import Workflow
from apps.workflows.services import (
    create_workflow,
    publish_workflow,
    restore_version,
    update_workflow,
)
from tests.factories.cast import member
from tests.workflows.definitions import asking, expecting, greeting


def edit(workflow: Workflow, actor: User, definition: dict[str, object]) -> Workflow:
    changes = {"definition": definition}
    return update_workflow(workflow, actor=actor, revision=None, changes=changes)


def test_without_an_approval_nobody_publishes(workflow: Workflow, alice: User, bob: User) -> None:
    for actor in (alice, bob):
        with pytest.raises(ReviewNeeded):
            publish_workflow(workflow, actor=actor)


def test_what_is_approved_is_published_once(workflow: Workflow, bob: User, rosa: User) -> None:
    review = request_review(workflow, actor=bob, notes="Please look.")
    give_opinion(review, actor=rosa, approves=True)
    first = publish_workflow(workflow, actor=bob)
    review.refresh_from_db()
    assert review.status == Review.Status.PUBLISHED

    workflow = edit(workflow, bob, asking("Sure?"))
    with pytest.raises(ReviewNeeded):
        publish_workflow(workflow, actor=bob)
    workflow = restore_version(first, actor=bob)
    assert not workflow.has_unpublished_changes


def test_an_approval_is_not_kept_for_a_later_return(
    workflow: Workflow, bob: User, rosa: User
) -> None:
    give_opinion(request_review(workflow, actor=bob), actor=rosa, approves=True)
    edit(workflow, bob, asking("Sure?"))
    give_opinion(
        request_review(workflow, actor=bob), actor=member("Rita", "builder"), approves=True
    )
    publish_workflow(workflow, actor=bob)
    edit(workflow, bob, greeting())
    with pytest.raises(ReviewNeeded):
        publish_workflow(workflow, actor=bob)


def test_an_approval_covers_the_draft_as_it_was(workflow: Workflow, bob: User, rosa: User) -> None:
    give_opinion(request_review(workflow, actor=bob), actor=rosa, approves=True)
    changed = edit(workflow, bob, asking("Sure?"))
    with pytest.raises(ReviewNeeded):
        publish_workflow(changed, actor=bob)


def test_nobody_answers_for_their_own_work(
    workflow: Workflow, bob: User, alice: User, rosa: User
) -> None:
    edit(workflow, alice, asking("Sure?"))
    review = request_review(workflow, actor=bob)
    for actor in (bob, alice):
        with pytest.raises(OwnWork):
            give_opinion(review, actor=actor, approves=True)
    assert give_opinion(review, actor=rosa, approves=True).status == Review.Status.APPROVED


def test_who_only_asks_does_not_answer_either(workflow: Workflow, rosa: User) -> None:
    with pytest.raises(OwnWork):
        give_opinion(request_review(workflow, actor=rosa), actor=rosa, approves=True)


def test_rights_are_asked_for(workflow: Workflow, bob: User, alice: User) -> None:
    operator, viewer = member("Otto", "operator"), member("Vera", "viewer")
    review = request_review(workflow, actor=bob)
    for actor in (operator, viewer):
        with pytest.raises(Forbidden):
            request_review(workflow, actor=actor)
        with pytest.raises(Forbidden):
            give_opinion(review, actor=actor, approves=True)
        with pytest.raises(Forbidden):
            withdraw_review(review, actor=actor)
    with pytest.raises(Forbidden):
        set_rule(actor=bob, folder=None, approvals=1)


def test_one_refusal_ends_it_and_says_why(workflow: Workflow, bob: User, rosa: User) -> None:
    review = request_review(workflow, actor=bob)
    with pytest.raises(ReasonMissing):
        give_opinion(review, actor=rosa, approves=False, comment="  ")
    give_opinion(review, actor=rosa, approves=False, comment="The amount is not checked.")
    with pytest.raises(ReviewClosed):
        give_opinion(review, actor=member("Rita", "builder"), approves=True)
    with pytest.raises(ReviewNeeded):
        publish_workflow(workflow, actor=bob)
    told = Notification.objects.get(user=bob, kind="review.answered")
    assert "not approved" in told.title
    assert told.text == "The amount is not checked."


def test_so_many_approvals_as_the_rule_says(
    workflow: Workflow, bob: User, rosa: User, alice: User, rule: Rule
) -> None:
    change_rule(rule, actor=alice, approvals=2)
    review = request_review(workflow, actor=bob)
    review = give_opinion(review, actor=rosa, approves=True)
    assert review.is_open
    with pytest.raises(SaidAlready):
        give_opinion(review, actor=rosa, approves=True)
    give_opinion(review, actor=alice, approves=True)
    publish_workflow(workflow, actor=bob)


def test_a_stricter_rule_counts_for_what_is_approved_already(
    workflow: Workflow, bob: User, rosa: User, alice: User, rule: Rule
) -> None:
    give_opinion(request_review(workflow, actor=bob), actor=rosa, approves=True)
    change_rule(rule, actor=alice, approvals=2)
    with pytest.raises(ReviewNeeded):
        publish_workflow(workflow, actor=bob)


def test_a_new_question_ends_the_older_one(workflow: Workflow, bob: User, rosa: User) -> None:
    older = request_review(workflow, actor=bob)
    asked = Notification.objects.get(user=rosa, kind="review.asked")
    edit(workflow, bob, asking("Sure?"))
    request_review(workflow, actor=bob)
    older.refresh_from_db()
    asked.refresh_from_db()
    assert older.status == Review.Status.WITHDRAWN
    assert asked.read_at is not None


def test_reviewers_are_told_and_authors_are_not(
    workflow: Workflow, bob: User, rosa: User, alice: User
) -> None:
    member("Vera", "viewer")
    request_review(workflow, actor=bob)
    told = Notification.objects.filter(kind="review.asked").values_list("user", flat=True)
    assert set(told) == {rosa.pk, alice.pk}


def test_no_workflow_leaves_for_where_it_is_published_more_easily(
    workflow: Workflow, bob: User, alice: User
) -> None:
    free = create_folder(name="Free", actor=alice)
    for folder in (free, None):
        with pytest.raises(LeavesReview):
            update_workflow(workflow, actor=bob, revision=None, changes={"folder": folder})
    moved = update_workflow(workflow, actor=alice, revision=None, changes={"folder": free})
    assert moved.folder == free


def test_a_rule_holds_below_its_folder_and_the_strictest_counts(
    alice: User, folder: Folder, rule: Rule
) -> None:
    inner = create_folder(name="Inner", parent=folder, actor=alice)
    assert [needed_in(each) for each in (folder, inner, None)] == [1, 1, 0]
    whole = set_rule(actor=alice, folder=None, approvals=2)
    assert [needed_in(each) for each in (folder, inner, None)] == [2, 2, 2]
    with pytest.raises(RuleTaken):
        set_rule(actor=alice, folder=None, approvals=1)
    remove_rule(whole, actor=alice)
    assert needed_in(None) == 0


def test_where_no_rule_holds_there_is_no_review(bob: User, alice: User, alpha: Tenant) -> None:
    free = create_workflow(actor=bob, name="Free", definition=expecting("x"))
    with pytest.raises(NoReviewNeeded):
        request_review(free, actor=bob)
    assert publish_workflow(free, actor=bob).number == 1
