"""What the guards would do with a text. It is looked at here and goes nowhere."""

from collections import Counter
from dataclasses import dataclass

from apps.gateway.exceptions import GuardRefused
from apps.gateway.guards.kinds import GROUP_OF, GROUPS, About, Action, Kind, Place
from apps.gateway.guards.policy import Guards
from apps.gateway.guards.redacting import Redactor
from apps.gateway.guards.scanning import Scanner
from apps.gateway.guards.standing_in import Placeholders
from apps.gateway.guards.tally import Tally


@dataclass(frozen=True)
class Found:
    """What of one kind a text holds, and what would become of it."""

    kind: Kind
    count: int
    action: Action

    @property
    def about(self) -> About:
        """The group that it belongs to."""
        return GROUPS[GROUP_OF[self.kind]]


@dataclass(frozen=True)
class Tried:
    """What would become of a text; `text` is what would be passed on."""

    found: tuple[Found, ...]
    text: str = ""
    refusal: str = ""


def tried(guards: Guards, place: Place, text: str) -> Tried:
    """Return what the guards would do; what they are not told to look for is named as allowed."""
    placeholders = Placeholders()
    placeholders.avoid([text])
    redactor = Redactor(guards, place, placeholders, Tally())
    kinds = frozenset(kind for kind in Kind if len(GROUPS[GROUP_OF[kind]].actions[place]) > 1)
    counts = Counter(each.kind for each in Scanner(kinds, guards.trusted_hosts).find(text))
    found = tuple(
        Found(kind, count, guards.action(kind, place)) for kind, count in counts.most_common()
    )
    passed = redactor.text(text)
    try:
        redactor.check()
    except GuardRefused as error:
        return Tried(found, refusal=error.message)
    return Tried(found, passed)
