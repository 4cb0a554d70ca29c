"""Asking people: who they are, what they are told, and what time does while nobody answers.

Everything here is rows: a question waits without a worker. A timer of the run looks after
reminders and the escalation; doing that twice changes nothing.
"""

from collections.abc import Collection, Iterable
from datetime import datetime, timedelta
from uuid import UUID

from django.db import transaction
from django.db.models import Q
from django.urls import reverse
from django.utils import timezone

from apps.accounts.models import GROUP, Group, Role, RoleBinding, User
from apps.classification.placeholders import holds_some, in_words
from apps.common.types import JSONDict
from apps.dispatch import services as dispatch
from apps.dispatch.models import Timer
from apps.dispatch.services import Alarm
from apps.nodes.base import NodeError
from apps.notifications import services as notifications
from apps.notifications.kinds import Kind
from apps.notifications.outbox import Letter
from apps.notifications.services import Notice
from apps.runs.approvals import links
from apps.runs.approvals.terms import Terms
from apps.runs.models import Run, Wait, WaitQuerySet
from apps.runs.state.events import Event, tell_listeners

ASKED, REMINDED, ESCALATED = "approval.asked", "approval.reminder", "approval.escalated"
KINDS = (
    Kind(ASKED, "A decision is asked of you", "When a run asks you", "hand"),
    Kind(
        REMINDED,
        "Reminders of open decisions",
        "As often as the workflow says, until it is decided",
        "calendar-clock",
    ),
    Kind(
        ESCALATED,
        "Decisions that others left open",
        "When a question is passed on to you",
        "megaphone",
    ),
)
MOST_TOLD = 50
MOST_QUOTED = 2_000


def check(run: Run, question: JSONDict) -> None:
    """Raise NodeError where nobody, or not enough people, could decide a question."""
    terms = Terms.of(question["terms"])
    for names in [*terms.stages, *([terms.escalate_to] if terms.escalate_to else [])]:
        able = _able(run, names)
        for name in names:
            if not any(_goes_by(user, name, run) for user in able):
                raise _nobody(run, name)
        needed = 1 if names is terms.escalate_to else terms.needed(len(able))
        if len(able) < needed:
            raise NodeError(
                "too_few_deciders",
                f"Approvals needed: {needed}. People who can give one here: {len(able)}.",
                hint="Ask more people, or need fewer approvals.",
            )


def people(wait: Wait) -> list[User]:
    """Return who is asked now and can decide."""
    return _able(wait.run, wait.assignees)


def ask(wait: Wait) -> None:
    """Tell those who are asked now; to be called in the transaction that asks them."""
    _tell(wait, ASKED, people(wait))


def first_nudge(wait: Wait) -> Alarm | None:
    """Return the timer that looks after the question, if there is anything to look after."""
    at = _next_nudge(wait)
    return None if at is None else Alarm(str(wait.pk), Timer.Kind.NUDGE, at)


@transaction.atomic
def nudge(wait_id: UUID, run_id: UUID, now: datetime) -> None:
    """Remind and escalate as far as it is time, and set the timer for what comes next."""
    waits = Wait.objects.select_for_update(of=("self",)).select_related("run__workflow__folder")
    wait = waits.open().filter(pk=wait_id).first()
    if wait is None:
        dispatch.clear_timers(run_id, [str(wait_id)])
        return
    reminded = _remind(wait, now)  # first: who is asked only now needs no reminder
    if _escalate(wait, now):
        _note_due(wait, "escalation")
    elif reminded:
        _note_due(wait, "reminder")
    schedule(wait)


def schedule(wait: Wait) -> None:
    """Set the timer for what comes next, or remove it. For engines: services ask theirs."""
    alarm = first_nudge(wait) if wait.status == Wait.Status.OPEN else None
    if alarm is None:
        dispatch.clear_timers(wait.run_id, [str(wait.pk)])
    else:
        dispatch.set_timers(wait.run_id, [alarm])


def ask_instead(wait: Wait, leaving: User, heir: User) -> None:
    """Put the heir wherever the question names who leaves, and tell them if it is asked now."""

    def named(names: list[str]) -> list[str]:
        return list(dict.fromkeys(heir.email if name == leaving.email else name for name in names))

    terms = Terms.of(wait.terms)
    wait.terms = wait.terms | {"stages": [named(stage) for stage in terms.stages]}
    wait.terms |= {"escalate_to": named(terms.escalate_to)}
    is_asked_now = leaving.email in wait.assignees
    wait.assignees = named(wait.assignees)
    wait.save(update_fields=["terms", "assignees", "updated_at"])
    if is_asked_now:
        _tell(wait, ASKED, [heir])


def ended(waits: Iterable[UUID], run_id: UUID) -> None:
    """Let everybody off who was asked, because the questions are settled; and forget their timers."""
    for wait_id in waits:
        dispatch.clear_timers(run_id, [str(wait_id)])
        let_off(wait_id)


def let_off(wait_id: UUID) -> None:
    """Tell everybody who was asked that there is nothing to answer any more."""
    notifications.settle(wait_id)


def cancel(waits: WaitQuerySet) -> None:
    """Close what nobody needs to answer or end any more."""
    asked = list(waits.open().approvals().values_list("pk", "run_id"))
    waits.open().update(status=Wait.Status.CANCELLED, updated_at=timezone.now())
    for wait_id, run_id in asked:
        ended([wait_id], run_id)


def _able(run: Run, names: Collection[str]) -> list[User]:
    """Return the people who may decide for the run and go by one of the names, or by any."""
    found = User.objects.members().filter(is_active=True)
    if names:
        in_a_role = User.objects.holding(RoleBinding.objects.filter(role__name__in=names))
        in_a_group = User.objects.in_some_of(Group.objects.named(names))
        others = Q(pk__in=in_a_role.values("pk")) | Q(pk__in=in_a_group.values("pk"))
        found = found.filter(Q(email__in=names) | others)
    path = _path(run)
    able = [user for user in found.with_roles() if "approval.decide" in user.permissions_in(path)]
    return [user for user in able if not names or any(_goes_by(user, name, run) for name in names)]


def _goes_by(user: User, name: str, run: Run) -> bool:
    held = {binding.role.name for binding in user.bindings if binding.covers(_path(run))}
    return name == user.email or name in held or name in user.group_handles


def _path(run: Run) -> str:
    return run.workflow.folder.path if run.workflow.folder else ""


def _nobody(run: Run, name: str) -> NodeError:
    """Return why a name stands for nobody who can decide."""
    person = User.objects.filter(email=name).first()
    if person is not None and not person.is_active:
        reason, hint = f"{person} is suspended.", "Ask somebody else."
    elif person is not None:
        reason = f"{person} may not decide on approvals of this workflow."
        hint = "Give them a role that may, such as operator, or ask somebody else."
    elif Role.objects.filter(name=name).exists():
        reason = f"Nobody with the role “{name}” may decide on approvals of this workflow."
        hint = "Give somebody the role, or ask others."
    elif Group.objects.named([name]).exists():
        reason = f"Nobody in “{name}” may decide on approvals of this workflow."
        hint = "Give the group a role that may, such as operator, or ask others."
    elif name.startswith(GROUP):
        reason = f"There is no group called “{name.removeprefix(GROUP)[:200]}”."
        hint = "Correct the assignees of this step, or make the group."
    else:
        reason = f"“{name[:200]}” is neither a member's e-mail address nor a role."
        hint = "Correct the assignees of this step, or invite the person. A group is named as group:name."
    return NodeError("unknown_assignee", reason, hint=hint)


def _next_nudge(wait: Wait) -> datetime | None:
    terms, since = Terms.of(wait.terms), wait.asked_at
    if since is None:
        return None
    times = []
    if terms.remind_every_s and wait.reminded < terms.reminders:
        times.append(since + timedelta(seconds=terms.remind_every_s * (wait.reminded + 1)))
    if terms.escalate_after_s and not wait.escalated:
        times.append(since + timedelta(seconds=terms.escalate_after_s))
    return min(times, default=None)


def _note_due(wait: Wait, why: str) -> None:
    """Let the apps above hear that a question is still open; the history of the run is not longer."""
    data = {"wait": str(wait.pk), "due": why}
    tell_listeners(wait.run, [Event("approval.due", wait.node, data=data, frame=wait.frame)])


def _escalate(wait: Wait, now: datetime) -> bool:
    """Ask the others as well, once it is time; tell whether that was now."""
    terms = Terms.of(wait.terms)
    if wait.escalated or not terms.escalate_after_s or wait.asked_at is None:
        return False
    if wait.asked_at + timedelta(seconds=terms.escalate_after_s) > now:
        return False
    before = {user.pk for user in people(wait)}
    wait.escalated = True
    if wait.assignees:  # an empty list stays: everybody is asked already
        wait.assignees = list(dict.fromkeys([*wait.assignees, *terms.escalate_to]))
    wait.save(update_fields=["escalated", "assignees", "updated_at"])
    others = _able(wait.run, terms.escalate_to)
    _tell(wait, ESCALATED, [each for each in others if each.pk not in before or not wait.assignees])
    return True


def _remind(wait: Wait, now: datetime) -> bool:
    """Remind once, however many reminders were missed; tell whether that was now."""
    terms = Terms.of(wait.terms)
    if not terms.remind_every_s or wait.asked_at is None or wait.reminded >= terms.reminders:
        return False
    due = int((now - wait.asked_at).total_seconds() // terms.remind_every_s)
    if due <= wait.reminded:
        return False
    wait.reminded = min(due, terms.reminders)
    wait.save(update_fields=["reminded", "updated_at"])
    _tell(wait, REMINDED, people(wait))
    return True


def _tell(wait: Wait, kind: str, asked: Iterable[User]) -> None:
    """Tell those who have not answered; by mail only who was named, not everybody who may."""
    voted = set(wait.votes.filter(round=wait.round).values_list("voter_id", flat=True))
    told = [user for user in asked if user.pk not in voted][:MOST_TOLD]
    by_mail = bool(wait.assignees) or kind == ESCALATED
    notices = [
        Notice(
            user, wait.headline, text=wait.run.workflow.name, path=links.page_of(wait),
            letter=_letter(wait, kind, user) if by_mail else None,
        )
        for user in told
    ]  # fmt: skip
    key = f"{kind}:{wait.pk}:{wait.round}:{wait.reminded}"
    notifications.tell(notices, kind=kind, key=key, about=wait.pk)


_SUBJECTS = {ASKED: "{}", REMINDED: "Reminder: {}", ESCALATED: "Still undecided: {}"}


def _letter(wait: Wait, kind: str, user: User) -> Letter:
    body = in_words(wait.body)[:MOST_QUOTED]
    context: JSONDict = {
        "user": str(user),
        "kind": kind,
        "title": " ".join(wait.headline.split()),
        "lines": body.splitlines(),
        "is_cut": len(wait.body) > MOST_QUOTED,
        "withholds": holds_some(wait.title) or holds_some(wait.body),
        "workflow": wait.run.workflow.name,
        "expires_at": wait.expires_at,
        "signs_in": Terms.of(wait.terms).link_requires_sign_in,
        "link": links.make(wait, user),
        "settings": links.address(reverse("notifications:preferences", urlconf=links.SITE)),
    }
    return Letter("approval", _SUBJECTS[kind].format(wait.headline or "A decision"), context)
