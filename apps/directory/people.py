"""People as a directory keeps them: who joins, what they are called, who leaves.

A document is what the directory said of a person, read by `scim.reading`. An address counts inside the
proved domains of the connection alone, as at a sign-in; owners are above what a directory says.
"""

from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import IntegrityError, transaction

from apps.accounts.exceptions import AlreadyMember
from apps.accounts.models import User
from apps.accounts.services import add_member, change_details, remove_member, set_active
from apps.audit.services import record
from apps.common.types import JSONDict
from apps.directory import following
from apps.directory.exceptions import InvalidValue, NotUnique, OutsideDomains, OwnersStay
from apps.directory.models import Directory, Person
from apps.identity import granting
from apps.identity.models import Domain

MAX_NAME = 120


@transaction.atomic
def add(directory: Directory, document: JSONDict) -> Person:
    """Keep somebody new, or a member with this address. Raises OutsideDomains, NotUnique, BeyondCap."""
    email = _email(directory, document)
    directory.people.filter(user_name__iexact=document["userName"]).exclude(
        user__removed_at=None
    ).delete()  # who was removed here comes back as somebody new
    user = User.objects.members().filter(email=email).first()
    if user is not None and Person.objects.filter(user=user).exists():
        raise NotUnique("This e-mail address is somebody's already.")
    joins = user is None
    user = user or _join(directory, document, email)
    person = _create(directory, user, document)
    after = {"user_name": person.user_name, "joined": joins}
    record("member.kept", actor=directory, target=user, after=after)
    if not joins and not person.is_owner:
        change_details(user, name=_name(document, email), email=email, actor=directory)
    if not person.active:
        _leave(person)
    return person


@transaction.atomic
def change(person: Person, document: JSONDict) -> Person:
    """Keep what the directory says now; what it says again changes nothing.

    Raises OwnersStay, OutsideDomains, NotUnique, BeyondCap.
    """
    person = _locked(person)
    before = person.document
    document = {"active": person.active} | document
    if document == before:
        return person
    _change_user(person, document)
    was_active, person.active = person.active, document["active"]
    person.user_name = document["userName"]
    person.external_id = document.get("externalId", "")
    person.document, person.version = document, person.version + 1
    _save(person)
    record("member.kept_otherwise", actor=person.directory, target=person.user, **_told(before, document))  # fmt: skip
    if was_active != person.active:
        _return(person) if person.active else _leave(person)
    return person


@transaction.atomic
def remove(person: Person) -> None:
    """End the membership of somebody whom the directory deleted. Raises OwnersStay."""
    person = _locked(person)
    if person.is_owner:
        raise OwnersStay
    directory = person.directory
    remove_member(person.user, actor=directory, heir=directory.heir_of(person.user))
    person.delete()


def _join(directory: Directory, document: JSONDict, email: str) -> User:
    """Make a member with the role of everyone, if there is one; groups bring others later."""
    role = granting.wanted(directory.connection, []).get(None)
    if role is not None:
        following.check_may_bring(directory, role)
    name = _name(document, email)
    try:
        return add_member(email=email, name=name, role=role.name if role else None, actor=directory)
    except (AlreadyMember, IntegrityError) as error:
        raise NotUnique("This e-mail address is somebody's already.") from error


def _create(directory: Directory, user: User, document: JSONDict) -> Person:
    document = {"active": True} | document
    person = Person(
        directory=directory,
        user=user,
        user_name=document["userName"],
        external_id=document.get("externalId", ""),
        active=document["active"],
        document=document,
    )
    _save(person)
    return person


def _save(person: Person) -> None:
    try:
        with transaction.atomic():
            person.save()
    except IntegrityError as error:
        raise NotUnique(f"{person.user_name[:100]} is somebody's user name already.") from error


def _locked(person: Person) -> Person:
    people = Person.objects.select_related("user").select_for_update(of=("self",))
    found = people.get(pk=person.pk)
    found.directory = person.directory  # which knows through which token it acts
    return found


def _change_user(person: Person, document: JSONDict) -> None:
    """Let the member be called as the document says; an owner only keeps their place in it."""
    if person.is_owner:
        if _chosen_email(document) != _chosen_email(person.document) or not document["active"]:
            raise OwnersStay
        return
    email = _chosen_email(document)
    if email != person.user.email:
        email = _email(person.directory, document)
        following.check_may_readdress(person.directory, person.user)
    try:
        change_details(
            person.user, name=_name(document, email), email=email, actor=person.directory
        )
    except AlreadyMember as error:
        raise NotUnique("This e-mail address is somebody's already.") from error


def _leave(person: Person) -> None:
    """Suspend them, unless somebody here did so before: then that stays theirs to take back."""
    if person.is_owner:
        raise OwnersStay
    if person.user.is_active:
        directory = person.directory
        heir = directory.heir_of(person.user)
        set_active(person.user, active=False, actor=directory, heir=heir)
        person.suspended = True
        person.save(update_fields=["suspended", "updated_at"])


def _return(person: Person) -> None:
    if person.suspended:
        set_active(person.user, active=True, actor=person.directory)
        person.suspended = False
        person.save(update_fields=["suspended", "updated_at"])


def _email(directory: Directory, document: JSONDict) -> str:
    """Return the person's address. Raises InvalidValue, OutsideDomains."""
    email = _chosen_email(document)
    try:
        validate_email(email)
    except ValidationError as error:
        raise InvalidValue("An e-mail address is needed, as userName or among emails.") from error
    domain = Domain.objects.of_email(email) if email.isascii() else None
    if domain is None or domain.connection_id != directory.connection_id:
        raise OutsideDomains(
            f"{email[:254]} lies outside the proved domains of {directory.connection}."
        )
    return email


def _chosen_email(document: JSONDict) -> str:
    """Return the address that is theirs here: the primary one, that for work, or the user name."""
    emails = document.get("emails", [])
    primary = [each for each in emails if each.get("primary")]
    for_work = [each for each in emails if str(each.get("type", "")).lower() == "work"]
    found = [each["value"] for each in (*primary, *for_work, *emails)]
    return str(found[0] if found else document["userName"]).strip().lower()


def _name(document: JSONDict, email: str) -> str:
    """Return what the person is called."""
    parts = document.get("name", {})
    both = f"{parts.get('givenName', '')} {parts.get('familyName', '')}"
    candidates = (document.get("displayName"), parts.get("formatted"), both.strip())
    found = next((each for each in candidates if each), email.partition("@")[0])
    return " ".join(str(found).split())[:MAX_NAME]


def _told(before: JSONDict, after: JSONDict) -> dict[str, Any]:
    """Return what of a document changed."""
    names = sorted(name for name in {*before, *after} if before.get(name) != after.get(name))
    return {
        "before": {name: before.get(name) for name in names},
        "after": {name: after.get(name) for name in names},
    }
