"""Node types as data: the canvas draws palette, ports and forms from this alone."""

import inspect
from functools import cache

from apps.common.types import JSON, JSONDict
from apps.nodes.base import CREDENTIAL, Effect, Group, Port, PortsOfConfig
from apps.nodes.registry import AnyNode, every

HUES = {
    Group.TRIGGER: 145,
    Group.AI: 320,
    Group.DATA: 195,
    Group.LOGIC: 75,
    Group.INTEGRATION: 250,
    Group.PEOPLE: 35,
}


def catalogue() -> list[JSONDict]:
    """Return every node type, described."""
    return [described(node) for node in every()]


@cache
def described(node: type[AnyNode]) -> JSONDict:
    """Return one node type as data."""
    docs = inspect.getdoc(node) or ""
    return {
        "name": node.name,
        "label": node.label,
        "group": node.group.value,
        "icon": node.icon,
        "hue": HUES[node.group],
        "version": node.version,
        "effect": node.effect.value,
        "keeps_results": _keeps_results(node),
        "holds_steps": node.holds_steps,
        "round_fields": sorted(node.round_fields),
        "description": docs.split("\n", 1)[0],
        "docs": docs,
        "ports": {"inputs": [_port(port) for port in node.inputs], "outputs": _outputs(node)},
        "config_schema": node.config.model_json_schema(),
        "output_schema": node.output.model_json_schema(),
        "example": node.example,
    }


def _keeps_results(node: type[AnyNode]) -> bool:
    """Tell whether the result of a step of the type may be used again, at least with some config."""
    if node.holds_steps or node.asks_others or not node.inputs:
        return False
    by_config = "effect_of" in vars(node) or "reads" in vars(node)
    return by_config or node.only_reads or node.effect == Effect.PURE


@cache
def credential_fields(node: type[AnyNode]) -> tuple[str, ...]:
    """Return the fields of a type that name a credential."""
    properties = described(node)["config_schema"].get("properties", {})
    return tuple(name for name, each in properties.items() if each.get("x-widget") == CREDENTIAL)


def output_ports(node: type[AnyNode], config: JSONDict) -> list[Port]:
    """Return the output ports of a step with this config, without the error port."""
    ports = node.outputs
    if not isinstance(ports, PortsOfConfig):
        return list(ports)
    name = ports.each.lstrip("/")
    found = config[name] if name in config else _default(node, name)
    entries = (
        [entry for entry in found if isinstance(entry, dict)] if isinstance(found, list) else []
    )
    listed = [
        Port(str(entry.get(ports.name, "")), str(entry.get(ports.label, "")), ports.kind)
        for entry in entries
    ]
    return [port for port in listed if port.name] + [Port(name) for name in ports.always]


def _default(node: type[AnyNode], field: str) -> JSON:
    """Return the list that a config without the field stands for, as JSON."""
    return described(node)["config_schema"]["properties"][field].get("default")


def _outputs(node: type[AnyNode]) -> JSONDict | list[JSONDict]:
    ports = node.outputs
    if isinstance(ports, PortsOfConfig):
        return {
            "each": ports.each,
            "name": f"/{ports.name}",
            "label": f"/{ports.label}",
            "kind": ports.kind.value,
            "always": list(ports.always),
        }
    return [_port(port) for port in ports]


def _port(port: Port) -> JSONDict:
    return {
        "name": port.name,
        "label": port.label or port.name.capitalize(),
        "kind": port.kind.value,
    }
