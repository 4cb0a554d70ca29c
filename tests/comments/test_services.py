"""Threads: what they are about, who may say what, and what becomes of it."""

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.comments import services
from apps.comments.exceptions import (
    BadAnchor,
    CommentDeleted,
    Empty,
    MayNotSee,
    NoSuchStep,
    NotYourComment,
    ThreadFull,
    TooManyThreads,
)
from apps.comments.models import Comment, Thread
from apps.comments.services import (
    Anchor,
    begin_thread,
    change_comment,
    delete_comment,
    find_comment,
    find_thread,
    mark_read,
    reopen_thread,
    reply,
    resolve_thread,
)
from apps.common.errors import Forbidden, NotFound
from apps.workflows.exceptions import InBin
from apps.workflows.models import Workflow
from apps.workflows.services import delete_workflow

CANVAS = Anchor(at=(40, -20))


def unread(workflow: Workflow, user: User) -> int:
    shown = Thread.objects.filter(workflow=workflow).shown_to(user)
    return sum(thread.unread for thread in shown)


def test_a_thread_knows_what_its_step_is_called(thread: Thread) -> None:
    assert (thread.node, thread.node_title, thread.field) == ("greet", "Transform", "")
    assert thread.place == "“Transform”"


def test_a_thread_may_be_about_a_field_or_a_point(workflow: Workflow, vera: User) -> None:
    field = Anchor("greet", "config.fields")
    assert begin_thread(workflow, actor=vera, anchor=field, text="?").field == "config.fields"
    spot = begin_thread(workflow, actor=vera, anchor=CANVAS, text="Here")
    assert (spot.x, spot.y, spot.node) == (40, -20, "")


@pytest.mark.parametrize(
    "anchor", [Anchor(), Anchor("greet", at=(0, 0)), Anchor(field="config.fields", at=(0, 0))]
)
def test_a_thread_is_about_one_thing(workflow: Workflow, bob: User, anchor: Anchor) -> None:
    with pytest.raises(BadAnchor):
        begin_thread(workflow, actor=bob, anchor=anchor, text="?")


def test_a_step_that_is_not_there_is_refused(workflow: Workflow, bob: User) -> None:
    with pytest.raises(NoSuchStep):
        begin_thread(workflow, actor=bob, anchor=Anchor("nowhere"), text="?")
    with pytest.raises(Empty):
        begin_thread(workflow, actor=bob, anchor=CANVAS, text="  \n ")
    assert not Thread.objects.exists()


def test_viewers_say_something(thread: Thread, vera: User) -> None:
    comment = reply(thread, actor=vera, text=" Because.  ")
    assert comment.text == "Because."
    thread.refresh_from_db()
    assert thread.last_at == comment.created_at


def test_who_only_reads_says_nothing(thread: Thread, workflow: Workflow, rita: User) -> None:
    assert find_thread(thread.pk, actor=rita) == thread
    with pytest.raises(Forbidden):
        begin_thread(workflow, actor=rita, anchor=CANVAS, text="No")
    with pytest.raises(Forbidden):
        reply(thread, actor=rita, text="No")
    with pytest.raises(Forbidden):
        resolve_thread(thread, actor=rita)
    with pytest.raises(Forbidden):
        reopen_thread(thread, actor=rita)
    assert Comment.objects.count() == 1


def test_who_does_not_see_the_workflow_finds_nothing(
    thread: Thread, workflow: Workflow, gus: User
) -> None:
    with pytest.raises(NotFound):
        find_thread(thread.pk, actor=gus)
    with pytest.raises(NotFound):
        begin_thread(workflow, actor=gus, anchor=CANVAS, text="Hello")


def test_in_the_bin_nothing_is_said_any_more(thread: Thread, bob: User) -> None:
    delete_workflow(thread.workflow, actor=bob)
    with pytest.raises(InBin):
        reply(find_thread(thread.pk, actor=bob), actor=bob, text="Too late")


def test_only_who_sees_it_is_mentioned(thread: Thread, bob: User, vera: User, gus: User) -> None:
    comment = reply(thread, actor=bob, text="@Vera look", mentions=[vera.pk])
    assert list(comment.mentioned.all()) == [vera]
    with pytest.raises(MayNotSee) as refused:
        reply(thread, actor=bob, text="@Gus and @Vera", mentions=[gus.pk, vera.pk])
    assert [each["message"] for each in refused.value.errors] == ["Gus may not see this workflow."]
    with pytest.raises(MayNotSee, match="can be mentioned"):
        change_comment(comment, actor=bob, text="@Gus", mentions=[gus.pk])
    assert thread.comments.count() == 2


def test_authors_change_their_own(thread: Thread, alice: User, bob: User) -> None:
    comment = find_comment(thread, thread.comments.get().pk, actor=bob)
    with pytest.raises(NotYourComment):
        change_comment(comment, actor=alice, text="Mine now")
    changed = change_comment(comment, actor=bob, text="Why that?")
    assert (changed.text, changed.edited_at is not None) == ("Why that?", True)


def test_the_last_word_takes_the_thread_along(thread: Thread, bob: User) -> None:
    delete_comment(find_comment(thread, thread.comments.get().pk, actor=bob), actor=bob)
    assert not Thread.objects.exists()


def test_what_others_said_stays(thread: Thread, bob: User, vera: User) -> None:
    reply(thread, actor=vera, text="Because.")
    first = find_comment(thread, thread.comments.first().pk, actor=bob)  # type: ignore[union-attr]
    delete_comment(first, actor=bob)
    kept = list(thread.comments.all())
    assert [comment.text for comment in kept] == ["", "Because."]
    with pytest.raises(CommentDeleted):
        change_comment(first, actor=bob, text="Again")
    with pytest.raises(CommentDeleted):
        delete_comment(first, actor=bob)
    shown = Thread.objects.shown_to(bob).get()
    assert (shown.comment_count, shown.firsts[0].text) == (1, "Because.")


def test_admins_delete_what_others_said(
    thread: Thread, alice: User, oscar: User, vera: User
) -> None:
    comment = reply(thread, actor=vera, text="Rude words")
    with pytest.raises(NotYourComment):
        delete_comment(comment, actor=oscar)
    delete_comment(comment, actor=alice)
    entry = AuditEntry.objects.get(action="comment.deleted")
    assert entry.actor_label == "Alice"
    assert "Rude words" not in str(entry.before)


def test_resolving_and_taking_up_again(thread: Thread, bob: User, vera: User) -> None:
    resolved = resolve_thread(thread, actor=vera)
    assert resolved.resolved_by == vera
    assert resolve_thread(thread, actor=bob).resolved_by == vera
    assert reopen_thread(thread, actor=bob).resolved_at is None
    resolve_thread(thread, actor=vera)
    reply(thread, actor=bob, text="Not yet.")
    thread.refresh_from_db()
    assert thread.resolved_at is None
    assert [
        entry.action for entry in AuditEntry.objects.filter(action__startswith="comment.")
    ].count("comment.resolved") == 2


def test_unread_is_each_persons_own(
    thread: Thread, workflow: Workflow, bob: User, vera: User
) -> None:
    assert (unread(workflow, bob), unread(workflow, vera)) == (0, 1)
    mark_read(Thread.objects.all(), actor=vera)
    assert unread(workflow, vera) == 0
    reply(thread, actor=bob, text="And this?")
    assert (unread(workflow, bob), unread(workflow, vera)) == (0, 1)
    reply(thread, actor=vera, text="Because.")
    assert (unread(workflow, bob), unread(workflow, vera)) == (1, 0)


def test_there_is_an_end_to_it(
    thread: Thread, workflow: Workflow, bob: User, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(services, "MOST_OPEN", 1)
    monkeypatch.setattr(services, "MOST_COMMENTS", 1)
    with pytest.raises(TooManyThreads):
        begin_thread(workflow, actor=bob, anchor=CANVAS, text="One more")
    with pytest.raises(ThreadFull):
        reply(thread, actor=bob, text="One more")
    resolve_thread(thread, actor=bob)
    begin_thread(workflow, actor=bob, anchor=CANVAS, text="One more")
    with pytest.raises(TooManyThreads):
        reopen_thread(thread, actor=bob)
