"""Who is told of comments, and by what."""

import pytest

from apps.accounts.models import RoleBinding, User
from apps.comments.models import Thread
from apps.comments.news import MENTIONED, REPLIED, RESOLVED, path_of
from apps.comments.people import named_in, offered
from apps.comments.services import (
    change_comment,
    delete_comment,
    mark_read,
    reply,
    resolve_thread,
)
from apps.notifications import outbox
from apps.notifications.models import Mail, Notification
from apps.notifications.services import choose_mails
from apps.workflows.models import Workflow
from tests.factories.cast import member


def told(user: User) -> list[str]:
    mine = Notification.objects.filter(user=user).order_by("created_at", "id")
    return list(mine.values_list("kind", flat=True))


def test_who_is_mentioned_is_told_with_a_way_there(
    thread: Thread, bob: User, vera: User, mailoutbox: list[object]
) -> None:
    reply(thread, actor=bob, text="@Vera is this right?\nI doubt it.", mentions=[vera.pk])
    notice = Notification.objects.get(user=vera)
    assert (notice.kind, notice.path) == (MENTIONED, path_of(thread))
    assert notice.title == "Bob mentioned you in “Refund”"
    outbox.send_due()
    (mail,) = mailoutbox
    assert str(mail.to) == "['vera@viewer.example']"  # type: ignore[attr-defined]
    assert f"?comment={thread.pk}" in mail.body  # type: ignore[attr-defined]
    assert "> I doubt it." in mail.body  # type: ignore[attr-defined]


def test_who_takes_part_hears_of_replies_and_of_the_end(
    thread: Thread, alice: User, bob: User, vera: User
) -> None:
    reply(thread, actor=vera, text="Because.", mentions=[vera.pk])
    assert (told(bob), told(vera)) == ([REPLIED], [])
    reply(thread, actor=bob, text="@Alice agreed?", mentions=[alice.pk])
    assert (told(vera), told(alice)) == ([REPLIED], [MENTIONED])
    resolve_thread(thread, actor=alice)
    assert (told(bob), told(vera), told(alice)) == (
        [REPLIED, RESOLVED], [REPLIED, RESOLVED], [MENTIONED],
    )  # fmt: skip


def test_an_edit_tells_those_who_are_new_in_it(
    thread: Thread, alice: User, bob: User, vera: User
) -> None:
    comment = reply(thread, actor=bob, text="@Vera", mentions=[vera.pk])
    for _ in range(2):
        change_comment(comment, actor=bob, text="@Vera @Alice", mentions=[vera.pk, alice.pk])
    assert (told(vera), told(alice)) == ([MENTIONED], [MENTIONED])


def test_who_lost_the_right_is_told_nothing(thread: Thread, bob: User, vera: User) -> None:
    reply(thread, actor=vera, text="Because.")
    RoleBinding.objects.filter(user=vera).delete()
    reply(thread, actor=bob, text="I see.")
    assert told(vera) == []


def test_mails_are_sent_to_whom_wants_them(thread: Thread, bob: User, vera: User) -> None:
    choose_mails(vera, [REPLIED])
    reply(thread, actor=bob, text="@Vera", mentions=[vera.pk])
    assert (told(vera), Mail.objects.count()) == ([MENTIONED], 0)


def test_reading_the_thread_is_reading_the_news(thread: Thread, bob: User, vera: User) -> None:
    reply(thread, actor=bob, text="@Vera", mentions=[vera.pk])
    mark_read(Thread.objects.filter(pk=thread.pk), actor=vera)
    assert not Notification.objects.unread().filter(user=vera).exists()


def test_what_is_deleted_is_in_no_inbox(thread: Thread, bob: User, vera: User) -> None:
    comment = reply(thread, actor=bob, text="@Vera the password is x", mentions=[vera.pk])
    delete_comment(comment, actor=bob)
    assert told(vera) == []
    assert not Mail.objects.filter(status=Mail.Status.QUEUED).exists()


def test_people_are_offered_who_may_see_it(
    workflow: Workflow, alice: User, bob: User, vera: User, gus: User
) -> None:
    assert offered(workflow) == [alice, bob, vera]
    assert offered(workflow, text=" VIEWER.ex") == [vera]


@pytest.mark.parametrize(
    ("text", "named"),
    [
        ("@Bobby come", ["Bobby"]),
        ("Ask @Bobby, then @Bob.", ["Bobby", "Bob"]),
        ("@Gus, bob@alpha.example", []),
        ("Bob", []),
    ],
)
def test_pages_find_names_in_the_text(
    workflow: Workflow, bob: User, gus: User, text: str, named: list[str]
) -> None:
    member("Bobby", "viewer")
    assert [str(user) for user in named_in(text, workflow)] == named
