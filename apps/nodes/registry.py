"""Every node type there is, by name."""

import difflib
from collections.abc import Iterator
from typing import Any, TypeVar

from apps.nodes.base import Config, Node

AnyNode = Node[Any, Any]
T = TypeVar("T", bound=type[AnyNode])

_types: dict[str, type[AnyNode]] = {}


class UnknownNodeType(LookupError):
    """There is no node type of this name."""

    def __init__(self, name: str) -> None:
        """Name the type, and the ones that are spelt nearly like it."""
        self.name = name
        self.nearest = difflib.get_close_matches(name, _types, n=3)
        super().__init__(f"There is no node type “{name}”.")


def register(node: T) -> T:
    """Add a node type. Raises TypeError for a second one of the name or a wrong config class."""
    if node.name in _types:
        raise TypeError(f"The node type {node.name} is registered twice.")
    if not issubclass(node.config, Config):
        raise TypeError(f"The config of {node.name} must be a subclass of nodes.base.Config.")
    _types[node.name] = node
    return node


def find(name: str) -> type[AnyNode]:
    """Return a node type. Raises UnknownNodeType with the nearest names."""
    try:
        return _types[name]
    except KeyError:
        raise UnknownNodeType(name) from None


def every() -> Iterator[type[AnyNode]]:
    """Yield the node types by name."""
    for name in sorted(_types):
        yield _types[name]
