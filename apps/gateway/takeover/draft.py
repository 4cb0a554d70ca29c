"""What would be made of a configuration: nothing of it exists yet, and each part left out has a reason."""

from collections.abc import Iterator
from dataclasses import dataclass, field
from decimal import Decimal

from apps.common.types import JSONDict
from apps.gateway.routes.versions import MAX_TARGETS
from apps.gateway.upstreams.known_providers import Entry


@dataclass(frozen=True)
class Secret:
    """A key: its text stands in the file, or the name of a variable whose value is asked for."""

    variable: str = ""
    text: str = field(default="", repr=False)


@dataclass
class DraftProvider:
    """A provider with its keys, and the model that its test asks."""

    entry: Entry
    address: str
    name: str
    model: str
    keys: list[Secret] = field(default_factory=list)

    @property
    def asked(self) -> list[str]:
        """Variables whose values are its keys."""
        return [each.variable for each in self.keys if each.variable]


@dataclass
class DraftTarget:
    """A model of a provider as a route would ask it."""

    provider: DraftProvider
    model: str
    params: JSONDict = field(default_factory=dict)
    weight: int = 1
    order: int = 0
    region: str = ""

    @property
    def settings(self) -> JSONDict:
        """What is stated of it, beside its provider."""
        return {
            "model": self.model, "params": self.params, "weight": self.weight, "order": self.order,
            "region": self.region,
        }  # fmt: skip


@dataclass
class DraftRoute:
    """A name that programs call, and what it would lead to."""

    alias: str
    called: str  # as the file calls it
    targets: list[DraftTarget] = field(default_factory=list)

    def add(self, target: DraftTarget) -> None:
        """Add a target; one that is there already, with another key, is not added twice.

        What is beyond the most that a route has is cut off later: more than one is not collected.
        """
        if len(self.targets) > MAX_TARGETS:
            return
        same = (target.provider, target.model, target.params)
        if same not in [(each.provider, each.model, each.params) for each in self.targets]:
            self.targets.append(target)


@dataclass(frozen=True)
class DraftPrice:
    """What the file says that a model costs, in dollars for a million tokens."""

    provider: DraftProvider
    model: str
    input_usd: Decimal
    output_usd: Decimal


@dataclass(frozen=True)
class Left:
    """A part of the file that is not taken over, and what to do instead."""

    where: str
    why: str


@dataclass
class Draft:
    """All that would be made, and what would not."""

    providers: list[DraftProvider] = field(default_factory=list)
    routes: dict[str, DraftRoute] = field(default_factory=dict)
    prices: list[DraftPrice] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    retries: int = 0
    _noted: set[Left] = field(default_factory=set, repr=False)

    @property
    def variables(self) -> list[str]:
        """Variables whose values are asked for, in the order of the file."""
        return list(dict.fromkeys(name for each in self.providers for name in each.asked))

    def leave(self, where: str, why: str) -> None:
        """Note what is not taken over."""
        left = Left(where, why)
        if left not in self._noted:
            self._noted.add(left)
            self.left.append(left)

    def called(self, name: str) -> Iterator[DraftRoute]:
        """Yield the route that the file calls so."""
        yield from (each for each in self.routes.values() if each.called == name)
