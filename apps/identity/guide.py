"""What can be seen of the provider's side: which of its steps are done, and what each claim was good for."""

from dataclasses import dataclass
from typing import Any

from apps.common.types import JSONDict
from apps.identity.models import Connection
from apps.identity.testing import Outcome
from apps.identity.vendors import (
    ANSWERED,
    EMAIL,
    ENTERED,
    GROUPS,
    PASSED,
    SUBJECT,
    VENDORS,
    Step,
)

OF_SUBJECT = frozenset({"no_subject", "changing_subject"})
OF_EMAIL = frozenset({"no_email", "outside_domains", "email_not_verified"})


@dataclass(frozen=True)
class Mark:
    """How far a step is: done, wrong, or nothing to be seen yet; and what was seen."""

    state: str = ""
    seen: str = ""


@dataclass(frozen=True)
class GuideStep:
    """A step as it is shown: with what is copied at it, and how far it is."""

    step: Step
    values: list[tuple[str, str]]
    mark: Mark


def steps(connection: Connection, values: dict[str, str], told: JSONDict | None) -> list[GuideStep]:
    """Return the provider's own steps; `told` is what the last test found."""
    marks = _marks(connection, told)
    return [
        GuideStep(step, copied, marks.get(each.shown_by, Mark()))
        for each in VENDORS[connection.vendor].steps[connection.protocol]
        for step, copied in [each.with_values(values)]
    ]


def _marks(connection: Connection, told: JSONDict | None) -> dict[str, Mark]:
    marks = {ENTERED: Mark("done" if connection.proposed.issuer else "")}
    if not told or not told.get("checks"):  # nothing came that could be believed
        return marks
    problem = told["problem"] or {}
    code, what = problem.get("code", ""), problem.get("what", "")
    groups = (told.get("person") or {}).get("groups", [])
    subject = Mark("bad", what) if code in OF_SUBJECT else Mark("done")
    email = Mark("bad", what) if code in OF_EMAIL else Mark("done")
    return marks | {
        ANSWERED: Mark("done"),
        SUBJECT: subject,
        EMAIL: email if code not in OF_SUBJECT else Mark(),
        GROUPS: Mark("done", f"{len(groups)} received")
        if groups
        else Mark("bad", "None were received."),
        PASSED: Mark("" if problem else "done"),
    }


def checked(connection: Connection, told: JSONDict, outcome: Outcome | None) -> list[JSONDict]:
    """Return what was received, each with what was checked of it, in words."""
    code = (told["problem"] or {}).get("code", "")
    groups = outcome.groups if outcome else []
    mapped = sum(each["mapped"] for each in groups)
    domains = ", ".join(connection.domains.proved().values_list("name", flat=True))
    words: dict[str, tuple[str, bool]] = {
        "Person id": ("Changes at every sign-in", True)
        if code == "changing_subject"
        else ("Stays the same for a person", False),
        "E-mail": ("Outside the proved domain", True)
        if code == "outside_domains"
        else (f"Inside {domains}" if domains else "An address; no domain is proved yet", False),
        "Vouched for": ("Not confirmed there", True)
        if code == "email_not_verified"
        else ("The provider vouches for the address", False),
        "Name": ("Present", False),
        "Groups": (f"{len(groups)} received, {mapped} mapped", False)
        if groups
        else ("Received", False),
    }
    return [_checked(row, words) for row in told["claims"]]


def _checked(row: JSONDict, words: dict[str, tuple[str, bool]]) -> JSONDict:
    said, bad = words.get(row["used_as"], ("", False))
    if row["missing"]:
        said, bad = ("Needed", True) if row["bad"] else ("Not needed", False)
    any_bad: Any = row["bad"] or bad
    return row | {"checked": said, "bad": any_bad}
