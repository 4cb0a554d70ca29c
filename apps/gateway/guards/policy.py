"""What a route, or a workspace, decides about the groups of what guards look for."""

from collections.abc import Iterator
from typing import Annotated, Self

from pydantic import BaseModel, ConfigDict, Field, model_validator

from apps.classification.slugs import DataClassSlug
from apps.common.types import JSONDict
from apps.gateway.guards.kinds import GROUP_OF, GROUPS, Action, Group, Kind, Place

MOST_HOSTS, MOST_PATHS, MOST_CLASSES = 100, 50, 100
LONGEST_HOURS = 90 * 24
# Groups of which something stands in texts, not orders or links.
MASKED = (Group.CONTACT, Group.FINANCIAL, Group.IDENTITY, Group.SECRETS)
PATH = r"^(asked|answered)(\.([A-Za-z0-9_-]{1,64}|\*)){0,12}$"
Path = Annotated[str, Field(pattern=PATH)]

HOST = r"^(\*\.)?[a-z0-9]([a-z0-9.-]{0,251}[a-z0-9])?$"
Host = Annotated[str, Field(pattern=HOST)]


class Rule(BaseModel):
    """What becomes of the findings of a group."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    input: Action = Action.ALLOW
    output: Action = Action.ALLOW


class Keeping(BaseModel):
    """How long what is asked and answered is kept, and what of it; None: nothing is."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    hours: int | None = Field(None, ge=1, le=LONGEST_HOURS)
    unmasked: tuple[Group, ...] = Field((), max_length=len(Group))  # all others are masked
    leave_out: tuple[Path, ...] = Field((), max_length=MOST_PATHS)


class Guards(BaseModel):
    """The guards of a route: a rule for each group. By default nothing is looked for."""

    model_config = ConfigDict(frozen=True, extra="forbid")

    contact: Rule = Rule()
    financial: Rule = Rule()
    identity: Rule = Rule()
    secrets: Rule = Rule()
    hidden: Rule = Rule()
    override: Rule = Rule()
    links: Rule = Rule()
    # To which answers may show links and images; `*.` stands for what is below a name.
    trusted_hosts: tuple[Host, ...] = Field((), max_length=MOST_HOSTS)
    # Whether a call ends that holds what nobody can look into: images, documents, numbers of tokens.
    refuse_unreadable: bool = False
    keeping: Keeping = Keeping()
    # Classes of data whose values prompts of runs may hold; of all others they hold placeholders.
    data_classes: tuple[DataClassSlug, ...] = Field((), max_length=MOST_CLASSES)

    @model_validator(mode="after")
    def _check_actions(self) -> Self:
        for group, place, action in self._rules():
            offered = GROUPS[group].actions[place]
            if action not in offered:
                raise ValueError(f"{group}.{place} is one of {', '.join(offered)}")
        return self

    def action(self, kind: Kind, place: Place) -> Action:
        """Return what becomes of a finding."""
        return self.rule(GROUP_OF[kind], place)

    def rule(self, group: Group, place: Place) -> Action:
        """Return what becomes of the findings of a group."""
        rule: Rule = getattr(self, group)
        return Action(getattr(rule, place))

    def wanted(self, place: Place) -> frozenset[Kind]:
        """Return the kinds that are looked for."""
        return frozenset(kind for kind in Kind if self.action(kind, place) != Action.ALLOW)

    @property
    def in_force(self) -> Iterator[JSONDict]:
        """The groups that are looked for, as they are shown."""
        for group, about in GROUPS.items():
            rules = {str(place): self.rule(group, place) for place in Place}
            if set(rules.values()) != {Action.ALLOW}:
                yield {"label": about.label, **rules}

    def settings(self) -> JSONDict:
        """Return what differs from the default, as it is stored."""
        return self.model_dump(mode="json", exclude_defaults=True)

    @property
    def is_idle(self) -> bool:
        """Whether nothing is looked for."""
        rules = all(action == Action.ALLOW for _, _, action in self._rules())
        return rules and not self.refuse_unreadable

    @property
    def is_needed(self) -> bool:
        """Whether calls have to be looked at."""
        return not self.is_idle or self.keeping.hours is not None or bool(self.data_classes)

    def _rules(self) -> Iterator[tuple[Group, Place, Action]]:
        return ((group, place, self.rule(group, place)) for group in Group for place in Place)


NONE = Guards()
