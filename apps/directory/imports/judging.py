"""Who of a file would join, and why others would not; nothing is changed by it."""

from collections.abc import Iterable, Iterator

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from apps.accounts.models import User
from apps.directory.imports.files import Candidate
from apps.directory.models import ImportRow, PeopleImport
from apps.identity.models import Domain

MAX_NAME = 120
Outcome = ImportRow.Outcome


def rows_of(job: PeopleImport, candidates: Iterable[Candidate]) -> Iterator[ImportRow]:
    """Return the rows of an import, judged in the order of the file."""
    members = set(User.objects.members().values_list("email", flat=True))
    required = {domain.name: str(domain.connection) for domain in Domain.objects.proved().select_related("connection").filter(enforced=True)}  # fmt: skip
    seen: set[str] = set()
    for number, each in enumerate(candidates, start=1):
        email = each.email.lower()
        why_not = _why_not(each, email, members, seen)
        seen.add(email)
        through = required.get(email.rpartition("@")[2], "")
        password = "" if why_not or through else each.password
        yield ImportRow(
            job=job,
            number=number,
            email=email[:254],
            name=(each.name or email.partition("@")[0])[:MAX_NAME],
            password=password,
            outcome=Outcome.REFUSED if why_not else Outcome.JOINS,
            words=(why_not or _how(each, through, password))[:200],
        )


def _why_not(candidate: Candidate, email: str, members: set[str], seen: set[str]) -> str:
    """Return why somebody does not join; empty for who does."""
    if not _is_address(email):
        return "There is no e-mail address that can be read."
    if candidate.blocked:
        return "They are blocked where they come from."
    if not candidate.verified:
        return "Their address was never verified there. Invite them instead."
    if email in members:
        return "They are a member already."
    return "They stand in the file twice." if email in seen else ""


def _how(candidate: Candidate, through: str, password: str) -> str:
    """Return how somebody signs in first."""
    if through:
        return f"Signs in through {through}."
    if password:
        return "Signs in with the password from before."
    if candidate.hashed:
        return "The password cannot be taken over: a code by e-mail lets them in."
    return "There is no password in the file: a code by e-mail lets them in."


def _is_address(email: str) -> bool:
    try:
        validate_email(email)
    except ValidationError:
        return False
    return email.isascii() and len(email) <= 254
