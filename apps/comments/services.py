"""Beginning threads, going on with them, and being done with them."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import transaction
from django.db.models import Max, QuerySet
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.comments import anchors, live, news, people
from apps.comments.exceptions import (
    BadAnchor,
    CommentDeleted,
    Empty,
    NoSuchStep,
    NotYourComment,
    ThreadFull,
    TooManyThreads,
)
from apps.comments.models import Comment, Reading, Thread
from apps.common.types import JSONDict
from apps.notifications import services as notifications
from apps.workflows.exceptions import InBin
from apps.workflows.models import Workflow

MOST_OPEN = 500  # threads of one workflow
MOST_COMMENTS = 500  # of one thread


@dataclass(frozen=True)
class Anchor:
    """What a thread is about: a step, perhaps one of its fields, or a point of the canvas."""

    node: str = ""
    field: str = ""
    at: tuple[int, int] | None = None


def find_thread(thread_id: UUID | str, *, actor: User) -> Thread:
    """Return a thread that the actor may see. Raises NotFound."""
    return policies.find(actor, Thread.objects.select_related("workflow__folder"), pk=thread_id)


def find_comment(thread: Thread, comment_id: UUID | str, *, actor: User) -> Comment:
    """Return a comment of a thread. Raises NotFound."""
    comment = policies.find(actor, thread.comments.with_people(), pk=comment_id)
    comment.thread = thread
    return comment


@transaction.atomic
def begin_thread(
    workflow: Workflow,
    *,
    actor: User,
    anchor: Anchor,
    text: str,
    mentions: Collection[UUID] = (),
) -> Thread:
    """Say the first word about something.

    Raises BadAnchor, NoSuchStep, Empty, MayNotSee, TooManyThreads, InBin, Forbidden.
    """
    _check_open(workflow, actor)
    named = people.mentioned(workflow, mentions)
    _check_room(workflow)
    thread = Thread(
        workflow=workflow, opened_by=actor, last_at=timezone.now(), **_spot(workflow, anchor)
    )
    thread.save()
    comment = _say(thread, actor, text, named)
    record("comment.added", actor=actor, target=workflow, after=_shown(comment))
    news.tell_mentioned(comment, _others(named, actor))
    return thread


@transaction.atomic
def reply(thread: Thread, *, actor: User, text: str, mentions: Collection[UUID] = ()) -> Comment:
    """Go on with a thread; one that was resolved is open again.

    Raises Empty, MayNotSee, ThreadFull, InBin, Forbidden.
    """
    _check_open(thread.workflow, actor)
    named = people.mentioned(thread.workflow, mentions)
    thread = _locked(thread)
    if thread.comments.count() >= MOST_COMMENTS:
        raise ThreadFull
    comment = _say(thread, actor, text, named)
    thread.last_at, thread.resolved_at, thread.resolved_by = comment.created_at, None, None
    _save(thread)
    record("comment.added", actor=actor, target=thread.workflow, after=_shown(comment))
    news.tell_mentioned(comment, _others(named, actor))
    news.tell_replied(comment, except_for=named)
    return comment


@transaction.atomic
def change_comment(
    comment: Comment, *, actor: User, text: str, mentions: Collection[UUID] = ()
) -> Comment:
    """Say one's own comment in other words; who is mentioned newly is told.

    Raises NotYourComment, CommentDeleted, Empty, MayNotSee, InBin, Forbidden.
    """
    thread = comment.thread
    _check_open(thread.workflow, actor)
    if comment.author_id != actor.pk:
        raise NotYourComment
    thread, comment = _locked(thread), _living(comment)
    named = people.mentioned(thread.workflow, mentions)
    comment.text, comment.edited_at = _words(text), timezone.now()
    comment.save(update_fields=["text", "edited_at", "updated_at"])
    known = set(comment.mentioned.values_list("pk", flat=True))
    comment.mentioned.set(named)
    _save(thread)
    record("comment.changed", actor=actor, target=thread.workflow, after=_shown(comment))
    news.tell_mentioned(comment, [user for user in _others(named, actor) if user.pk not in known])
    return comment


@transaction.atomic
def delete_comment(comment: Comment, *, actor: User) -> None:
    """Take back one's own comment, or another's as an admin; a thread without any goes with it.

    Raises NotYourComment, CommentDeleted, InBin, Forbidden.
    """
    thread = comment.thread
    _check_open(thread.workflow, actor)
    is_own = comment.author_id == actor.pk
    if not is_own and not policies.allows(actor, "moderate", thread):
        raise NotYourComment
    thread, comment = _locked(thread), _living(comment)
    record("comment.deleted", actor=actor, target=thread.workflow, before=_shown(comment))
    comment.text, comment.deleted_at = "", timezone.now()
    comment.save(update_fields=["text", "deleted_at", "updated_at"])
    comment.mentioned.clear()
    notifications.take_back(comment.pk)
    _save(thread)
    if not thread.comments.living().exists():
        notifications.take_back(thread.pk)
        thread.delete()


@transaction.atomic
def resolve_thread(thread: Thread, *, actor: User) -> Thread:
    """Be done with a thread. Repeating changes nothing. Raises InBin, Forbidden."""
    _check_open(thread.workflow, actor)
    thread = _locked(thread)
    if thread.resolved_at is None:
        thread.resolved_at, thread.resolved_by = timezone.now(), actor
        _save(thread)
        record("comment.resolved", actor=actor, target=thread.workflow, after=_named(thread))
        news.tell_resolved(thread, actor)
    return thread


@transaction.atomic
def reopen_thread(thread: Thread, *, actor: User) -> Thread:
    """Take a thread up again. Repeating changes nothing. Raises TooManyThreads, InBin, Forbidden."""
    _check_open(thread.workflow, actor)
    thread = _locked(thread)
    if thread.resolved_at is not None:
        _check_room(thread.workflow)
        thread.resolved_at = thread.resolved_by = None
        _save(thread)
        record("comment.reopened", actor=actor, target=thread.workflow, after=_named(thread))
    return thread


@transaction.atomic
def mark_read(threads: QuerySet[Thread], *, actor: User) -> None:
    """Note that a person has read threads up to their newest comments, and heard of them."""
    newest = threads.annotate(newest=Max("comments__created_at"))
    seen: dict[UUID, datetime] = dict(newest.values_list("pk", "newest"))
    Reading.objects.bulk_create(
        [Reading(thread_id=pk, user=actor, seen_at=at) for pk, at in seen.items()],
        update_conflicts=True, unique_fields=["thread", "user"], update_fields=["seen_at"],
    )  # fmt: skip
    comments = Comment.objects.filter(thread__in=seen).values_list("pk", flat=True)
    notifications.heard([*seen, *comments], by=actor)


def _check_open(workflow: Workflow, actor: User) -> None:
    policies.check(actor, "comment", workflow)
    if workflow.deleted_at is not None:
        raise InBin


def _check_room(workflow: Workflow) -> None:
    if Thread.objects.open().filter(workflow=workflow).count() >= MOST_OPEN:
        raise TooManyThreads


def _spot(workflow: Workflow, anchor: Anchor) -> JSONDict:
    if bool(anchor.node) == (anchor.at is not None) or (anchor.field and not anchor.node):
        raise BadAnchor
    if anchor.at is not None:
        return {"x": anchor.at[0], "y": anchor.at[1]}
    titles = anchors.titles_of(workflow)
    if anchor.node not in titles:
        raise NoSuchStep.at("node", NoSuchStep.__doc__ or "")
    return {"node": anchor.node, "field": anchor.field, "node_title": titles[anchor.node]}


def _say(thread: Thread, author: User, text: str, named: list[User]) -> Comment:
    comment = Comment.objects.create(thread=thread, author=author, text=_words(text))
    comment.mentioned.set(named)
    Reading.objects.update_or_create(
        thread=thread, user=author, defaults={"seen_at": comment.created_at}
    )
    live.tell(thread)
    return comment


def _words(text: str) -> str:
    words = text.strip()
    if not words:
        raise Empty.at("text", Empty.__doc__ or "")
    return words


def _locked(thread: Thread) -> Thread:
    rows = Thread.objects.select_for_update(of=("self",)).select_related("workflow__folder")
    return rows.get(pk=thread.pk)


def _living(comment: Comment) -> Comment:
    comment.refresh_from_db(fields=["text", "deleted_at"])
    if comment.deleted_at is not None:
        raise CommentDeleted
    return comment


def _save(thread: Thread) -> None:
    thread.save(update_fields=["last_at", "resolved_at", "resolved_by", "updated_at"])
    live.tell(thread)


def _others(people_named: list[User], actor: User) -> list[User]:
    return [user for user in people_named if user.pk != actor.pk]


def _named(thread: Thread) -> JSONDict:
    return {"thread": str(thread.pk), "place": thread.place}


def _shown(comment: Comment) -> JSONDict:
    """Return what the trail keeps, without the words: what is deleted is gone."""
    return _named(comment.thread) | {"comment": str(comment.pk), "author": str(comment.author_id)}
