"""Where people are signed in, and ending it."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from allauth.mfa.models import Authenticator
from django.contrib.sessions.backends.base import SessionBase
from django.contrib.sessions.models import Session
from django.db import transaction
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import SignIn, SignInRules, User
from apps.accounts.models.sign_ins import bound_to
from apps.accounts.session_store import BEGAN, name_of
from apps.audit.services import record
from apps.common.errors import Forbidden

NOTED = "noted"  # in the session: its own name and when it was last written down
FRESH = timedelta(minutes=1)


@dataclass(frozen=True)
class Browser:
    """What is known of the browser that a request came from."""

    ip: str
    user_agent: str
    device: str


def note_use(session: SessionBase, user: User, browser: Browser) -> None:
    """Write down that a session is used: once in a while, and at once when it goes by a new name."""
    name, now = name_of(session.session_key), timezone.now()
    before = session.get(NOTED)
    if before and before[0] == name and datetime.fromisoformat(before[1]) > now - FRESH:
        return
    note_sign_in(session, user, browser)


def note_sign_in(session: SessionBase, user: User, browser: Browser) -> SignIn:
    """Write down where somebody is signed in."""
    now = timezone.now()
    if session.session_key is None:  # somebody else was signed in here until now
        session.save()
    session.setdefault(BEGAN, now.isoformat())
    seen = {
        "user": user,
        "bound_to": bound_to(user),
        "ip": browser.ip or None,
        "user_agent": browser.user_agent[:300],
        "device": browser.device,
        "began_at": datetime.fromisoformat(session[BEGAN]),
        "seen_at": now,
    }
    name = name_of(session.session_key)
    sign_in, _ = SignIn.objects.update_or_create(session_name=name, defaults=seen)
    session[NOTED] = [name, now.isoformat()]
    return sign_in


@transaction.atomic
def begin_session(session: SessionBase, user: User, browser: Browser, *, by: list[str]) -> bool:
    """Write down that somebody signed in and by what; return whether the browser is a new one.

    The first browser of a person is none: they were just invited.
    """
    user.sign_ins.forgotten().delete()
    known = set(user.sign_ins.values_list("device", flat=True))
    is_new = bool(known) and browser.device not in known
    sign_in = note_sign_in(session, user, browser)
    told = {"by": by, "browser": str(sign_in), "new_browser": is_new}
    record("session.began", actor=user, target=user, after=told)
    _end_surplus(user)
    return is_new


def _end_surplus(user: User) -> None:
    """Sign somebody out where they were not for the longest, if they are in more often than they may."""
    most = SignInRules.objects.now().most_sessions
    if most is None:
        return
    User.objects.select_for_update().get(pk=user.pk)  # of two sign-ins at once each sees the other
    for sign_in in SignIn.objects.filter(user=user).beyond(most):
        Session.objects.filter(pk=sign_in.session_name).delete()
        told = {"browser": str(sign_in), "reason": f"signed in elsewhere, at most {most} at once"}
        record("session.ended", actor=user, target=user, before=told)


def turn_key(session: SessionBase) -> None:
    """Give a session another key: whoever came to know the one before has nothing any more."""
    before = name_of(session.session_key)
    session.cycle_key()
    noted = SignIn.objects.filter(session_name=before)
    noted.update(session_name=name_of(session.session_key))


@transaction.atomic
def end_sign_in(sign_in: SignIn, *, actor: User) -> None:
    """Sign somebody out of one browser; its next request, and its open sockets, are refused."""
    check_may_end(sign_in.user, actor)
    Session.objects.filter(pk=sign_in.session_name).delete()
    same = sign_in.user.sign_ins.filter(device=sign_in.device)
    same.update(device="")  # whoever comes back with this browser is told of as new
    record("session.ended", actor=actor, target=sign_in.user, before={"browser": str(sign_in)})


@transaction.atomic
def end_all_sign_ins(user: User, *, actor: User) -> None:
    """Sign somebody out everywhere, also where nobody wrote down that they are signed in."""
    check_may_end(user, actor)
    user.session_epoch += 1
    user.save(update_fields=["session_epoch", "updated_at"])
    user.sign_ins.update(device="")
    record("session.all_ended", actor=actor, target=user)


@transaction.atomic
def reset_factors(user: User, *, actor: User) -> None:
    """Take the second factors off who lost them, and sign them out everywhere.

    Never one's own: that asks for the factor.
    """
    if user.pk == actor.pk:
        raise Forbidden("Your own second factor is changed in your profile.")
    check_may_end(user, actor)
    for factor in Authenticator.objects.filter(user=user):
        factor.delete()
    end_all_sign_ins(user, actor=actor)
    record("factor.reset", actor=actor, target=user)


def check_may_end(user: User, actor: User) -> None:
    """Raise Forbidden unless it is the actor's own, or they manage members; owners manage owners."""
    if user.pk == actor.pk:
        return
    policies.require(actor, "member.manage")
    if user.role is not None and user.role.name == "owner":
        policies.require(actor, "owner.manage")
