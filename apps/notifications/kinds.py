"""What people can be told of; whoever tells registers it, and people choose what is mailed."""

from dataclasses import dataclass


@dataclass(frozen=True)
class Kind:
    """One sort of news."""

    name: str
    label: str
    about: str
    icon: str = "bell"
    is_mailed: bool = True  # to whom wants it; what is not is told in the product alone


_kinds: dict[str, Kind] = {}


def register(*kinds: Kind) -> None:
    """Add sorts of news. To be called in `AppConfig.ready()`."""
    _kinds.update({kind.name: kind for kind in kinds})


def every() -> list[Kind]:
    """Return all sorts."""
    return list(_kinds.values())


def mailed() -> list[Kind]:
    """Return those that people choose among, to have them mailed or not."""
    return [kind for kind in _kinds.values() if kind.is_mailed]


def find(name: str) -> Kind:
    """Return one; what a release of later or before knew is shown as it is called."""
    return _kinds.get(name) or Kind(name, name.replace(".", " ").capitalize(), "")
