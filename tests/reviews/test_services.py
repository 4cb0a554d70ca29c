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
from tests.reviews.conftest import person
from tests.workflows.definitions import asking, expecting, greeting


def edit(workflow: Workflow, actor: User, definition: dict[str, object]) -> Workflow:
    changes = {"definition": definition}
    return update_workflow(workflow, actor=actor, revision=None, changes=changes)


def test_without_an_approval_nobody_publishes(
    workflow: Workflow, owner: User, author: User
) -> None:
    for actor in (owner, author):
        with pytest.raises(ReviewNeeded):
            publish_workflow(workflow, actor=actor)


def test_what_is_approved_is_published_once(
    workflow: Workflow, author: User, reviewer: User
) -> None:
    review = request_review(workflow, actor=author, notes="Please look.")
    give_opinion(review, actor=reviewer, approves=True)
    first = publish_workflow(workflow, actor=author)
    review.refresh_from_db()
    assert review.status == Review.Status.PUBLISHED

    workflow = edit(workflow, author, asking("Sure?"))
    with pytest.raises(ReviewNeeded):
        publish_workflow(workflow, actor=author)
    workflow = restore_version(first, actor=author)
    assert not workflow.has_unpublished_changes


def test_an_approval_is_not_kept_for_a_later_return(
    workflow: Workflow, author: User, reviewer: User
) -> None:
    give_opinion(request_review(workflow, actor=author), actor=reviewer, approves=True)
    edit(workflow, author, asking("Sure?"))
    give_opinion(
        request_review(workflow, actor=author), actor=person("rita", "builder"), approves=True
    )
    publish_workflow(workflow, actor=author)
    edit(workflow, author, greeting())
    with pytest.raises(ReviewNeeded):
        publish_workflow(workflow, actor=author)


def test_an_approval_covers_the_draft_as_it_was(
    workflow: Workflow, author: User, reviewer: User
) -> None:
    give_opinion(request_review(workflow, actor=author), actor=reviewer, approves=True)
    changed = edit(workflow, author, asking("Sure?"))
    with pytest.raises(ReviewNeeded):
        publish_workflow(changed, actor=author)


def test_nobody_answers_for_their_own_work(
    workflow: Workflow, author: User, owner: User, reviewer: User
) -> None:
    edit(workflow, owner, asking("Sure?"))
    review = request_review(workflow, actor=author)
    for actor in (author, owner):
        with pytest.raises(OwnWork):
            give_opinion(review, actor=actor, approves=True)
    assert give_opinion(review, actor=reviewer, approves=True).status == Review.Status.APPROVED


def test_who_only_asks_does_not_answer_either(workflow: Workflow, reviewer: User) -> None:
    with pytest.raises(OwnWork):
        give_opinion(request_review(workflow, actor=reviewer), actor=reviewer, approves=True)


def test_rights_are_asked_for(workflow: Workflow, author: User, owner: User) -> None:
    operator, viewer = person("otto", "operator"), person("vera", "viewer")
    review = request_review(workflow, actor=author)
    for actor in (operator, viewer):
        with pytest.raises(Forbidden):
            request_review(workflow, actor=actor)
        with pytest.raises(Forbidden):
            give_opinion(review, actor=actor, approves=True)
        with pytest.raises(Forbidden):
            withdraw_review(review, actor=actor)
    with pytest.raises(Forbidden):
        set_rule(actor=author, folder=None, approvals=1)


def test_one_refusal_ends_it_and_says_why(workflow: Workflow, author: User, reviewer: User) -> None:
    review = request_review(workflow, actor=author)
    with pytest.raises(ReasonMissing):
        give_opinion(review, actor=reviewer, approves=False, comment="  ")
    give_opinion(review, actor=reviewer, approves=False, comment="The amount is not checked.")
    with pytest.raises(ReviewClosed):
        give_opinion(review, actor=person("rita", "builder"), approves=True)
    with pytest.raises(ReviewNeeded):
        publish_workflow(workflow, actor=author)
    told = Notification.objects.get(user=author, kind="review.answered")
    assert "not approved" in told.title
    assert told.text == "The amount is not checked."


def test_so_many_approvals_as_the_rule_says(
    workflow: Workflow, author: User, reviewer: User, owner: User, rule: Rule
) -> None:
    change_rule(rule, actor=owner, approvals=2)
    review = request_review(workflow, actor=author)
    review = give_opinion(review, actor=reviewer, approves=True)
    assert review.is_open
    with pytest.raises(SaidAlready):
        give_opinion(review, actor=reviewer, approves=True)
    give_opinion(review, actor=owner, approves=True)
    publish_workflow(workflow, actor=author)


def test_a_stricter_rule_counts_for_what_is_approved_already(
    workflow: Workflow, author: User, reviewer: User, owner: User, rule: Rule
) -> None:
    give_opinion(request_review(workflow, actor=author), actor=reviewer, approves=True)
    change_rule(rule, actor=owner, approvals=2)
    with pytest.raises(ReviewNeeded):
        publish_workflow(workflow, actor=author)


def test_a_new_question_ends_the_older_one(
    workflow: Workflow, author: User, reviewer: User
) -> None:
    older = request_review(workflow, actor=author)
    asked = Notification.objects.get(user=reviewer, kind="review.asked")
    edit(workflow, author, asking("Sure?"))
    request_review(workflow, actor=author)
    older.refresh_from_db()
    asked.refresh_from_db()
    assert older.status == Review.Status.WITHDRAWN
    assert asked.read_at is not None


def test_reviewers_are_told_and_authors_are_not(
    workflow: Workflow, author: User, reviewer: User, owner: User
) -> None:
    person("vera", "viewer")
    request_review(workflow, actor=author)
    told = Notification.objects.filter(kind="review.asked").values_list("user", flat=True)
    assert set(told) == {reviewer.pk, owner.pk}


def test_no_workflow_leaves_for_where_it_is_published_more_easily(
    workflow: Workflow, author: User, owner: User
) -> None:
    free = create_folder(name="Free", actor=owner)
    for folder in (free, None):
        with pytest.raises(LeavesReview):
            update_workflow(workflow, actor=author, revision=None, changes={"folder": folder})
    moved = update_workflow(workflow, actor=owner, revision=None, changes={"folder": free})
    assert moved.folder == free


def test_a_rule_holds_below_its_folder_and_the_strictest_counts(
    owner: User, folder: Folder, rule: Rule
) -> None:
    inner = create_folder(name="Inner", parent=folder, actor=owner)
    assert [needed_in(each) for each in (folder, inner, None)] == [1, 1, 0]
    whole = set_rule(actor=owner, folder=None, approvals=2)
    assert [needed_in(each) for each in (folder, inner, None)] == [2, 2, 2]
    with pytest.raises(RuleTaken):
        set_rule(actor=owner, folder=None, approvals=1)
    remove_rule(whole, actor=owner)
    assert needed_in(None) == 0


def test_where_no_rule_holds_there_is_no_review(author: User, owner: User, alpha: Tenant) -> None:
    free = create_workflow(actor=author, name="Free", definition=expecting("x"))
    with pytest.raises(NoReviewNeeded):
        request_review(free, actor=author)
    assert publish_workflow(free, actor=author).number == 1
