"""Where people are signed in, and ending it."""

from datetime import datetime, timedelta

from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.backends.db import SessionStore
from django.db import transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import SignIn, User
from apps.accounts.models.people import bound_to
from apps.audit.services import record

NOTED = "noted"  # in the session: its own key and when it was last written down
FRESH = timedelta(minutes=5)


def note_use(session: SessionBase, user: User, *, ip: str, user_agent: str) -> None:
    """Write down that a session is used: once in a while, and at once when its key is new."""
    key, now = session.session_key, timezone.now()
    before = session.get(NOTED)
    if before and before[0] == key and datetime.fromisoformat(before[1]) > now - FRESH:
        return
    seen = {
        "user": user,
        "bound_to": bound_to(user),
        "ip": ip or None,
        "user_agent": user_agent[:300],
        "seen_at": now,
    }
    SignIn.objects.update_or_create(session_key=key, defaults=seen)
    session[NOTED] = [key, now.isoformat()]


@transaction.atomic
def end_sign_in(sign_in: SignIn, *, actor: User) -> None:
    """Sign somebody out of one browser; its next request, and its open sockets, are refused."""
    check_may_end(sign_in.user, actor)
    SessionStore(sign_in.session_key).delete()
    record("session.ended", actor=actor, target=sign_in.user, before={"browser": str(sign_in)})
    sign_in.delete()


@transaction.atomic
def end_all_sign_ins(user: User, *, actor: User) -> None:
    """Sign somebody out everywhere, also where nobody wrote down that they are signed in."""
    check_may_end(user, actor)
    user.session_epoch += 1
    user.save(update_fields=["session_epoch", "updated_at"])
    user.sign_ins.all().delete()
    record("session.all_ended", actor=actor, target=user)


def check_may_end(user: User, actor: User) -> None:
    """Raise Forbidden unless it is the actor's own, or they manage members; owners manage owners."""
    if user.pk == actor.pk:
        return
    policies.require(actor, "member.manage")
    if user.role is not None and user.role.name == "owner":
        policies.require(actor, "owner.manage")
