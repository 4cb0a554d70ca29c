"""Telling people of comments: who is mentioned, whose thread goes on, what is resolved."""

from collections.abc import Iterable, Sequence
from uuid import UUID

from django.urls import reverse

from apps.accounts.models import User
from apps.comments.models import Comment, Thread
from apps.comments.people import who_see
from apps.notifications import services as notifications
from apps.notifications.kinds import Kind
from apps.notifications.outbox import Letter
from apps.notifications.services import Notice
from apps.tenants.addresses import workspace_url
from apps.tenants.context import current_tenant

MENTIONED, REPLIED, RESOLVED = "comment.mentioned", "comment.replied", "comment.resolved"
KINDS = (
    Kind(MENTIONED, "You are mentioned", "When somebody names you in a comment", "at-sign"),
    Kind(REPLIED, "Replies", "When a thread goes on in which you took part", "message-square"),
    Kind(RESOLVED, "Resolved threads", "When a thread is done in which you took part", "check"),
)
MOST_TOLD = 100
SITE = "auterity.urls"


def path_of(thread: Thread) -> str:
    """Return where a thread is seen, on the workspace's site."""
    studio = reverse("workflows:studio", args=[thread.workflow_id], urlconf=SITE)
    return f"{studio}?comment={thread.pk}"


def tell_mentioned(comment: Comment, people: Iterable[User]) -> None:
    """Tell those who are named in a comment."""
    title = f"{comment.author} mentioned you in “{comment.thread.workflow}”"
    _tell(comment.thread, MENTIONED, title, list(people), comment)


def tell_replied(comment: Comment, except_for: Iterable[User]) -> None:
    """Tell all who took part in the thread, but not the author nor who is told already."""
    left_out = {comment.author_id, *(user.pk for user in except_for)}
    title = f"{comment.author} replied in “{comment.thread.workflow}”"
    _tell(comment.thread, REPLIED, title, _others(comment.thread, left_out), comment)


def tell_resolved(thread: Thread, actor: User) -> None:
    """Tell all who took part that it is done."""
    title = f"{actor} resolved a thread in “{thread.workflow}”"
    _tell(thread, RESOLVED, title, _others(thread, {actor.pk}))


def _others(thread: Thread, left_out: set[UUID | None]) -> list[User]:
    """Return who took part, and may still see it."""
    said = Comment.objects.living().filter(thread=thread)
    part = {*said.values_list("author", flat=True), *said.values_list("mentioned", flat=True)}
    members = User.objects.members().filter(is_active=True, pk__in=part - left_out - {None})
    return who_see(thread.workflow, members.with_roles())[:MOST_TOLD]


def _tell(
    thread: Thread, kind: str, title: str, people: Sequence[User], comment: Comment | None = None
) -> None:
    text = comment.text if comment else thread.place
    path = path_of(thread)
    notices = [
        Notice(user, title, text=text, path=path, letter=_letter(thread, kind, title, text, user))
        for user in people
    ]
    about = comment.pk if comment else thread.pk
    key = f"{kind}:{comment.pk}" if comment else f"{kind}:{thread.pk}:{thread.resolved_at:%s}"
    notifications.tell(notices, kind=kind, key=key, about=about)


def _letter(thread: Thread, kind: str, title: str, text: str, user: User) -> Letter:
    base = workspace_url(current_tenant())
    context = {
        "user": str(user),
        "title": title,
        "is_quoted": kind != RESOLVED,
        "place": thread.place,
        "lines": text.splitlines(),
        "link": base + path_of(thread),
        "settings": base + reverse("notifications:preferences", urlconf=SITE),
    }
    return Letter("comment", title, context)
