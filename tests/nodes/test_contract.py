"""What every node type must keep, whoever wrote it."""

import inspect
import json
import re
import sys
from typing import Any

import jsonschema
import pytest

from apps.nodes.base import Effect, PortsOfConfig
from apps.nodes.catalogue import catalogue, described, output_ports
from apps.nodes.registry import UnknownNodeType, every, find, register
from apps.sandbox.expressions import find_templates, parse_template

TYPES = list(every())


def blanked(value: Any) -> Any:
    """Replace expressions by a text that most fields accept."""
    if isinstance(value, str) and "{{" in value:
        return "x"
    if isinstance(value, dict):
        return {key: blanked(child) for key, child in value.items()}
    return [blanked(child) for child in value] if isinstance(value, list) else value


@pytest.mark.parametrize("node", TYPES, ids=lambda node: node.name)
class TestContract:
    def test_it_says_who_it_is(self, node: Any) -> None:
        assert re.fullmatch(r"[a-z]+\.[a-z_]+", node.name)
        assert node.label
        assert node.icon
        assert isinstance(node.effect, Effect)
        assert len(inspect.getdoc(node) or "") > 20

    def test_it_is_data(self, node: Any) -> None:
        data = json.loads(json.dumps(described(node)))
        jsonschema.Draft202012Validator.check_schema(data["config_schema"])
        jsonschema.Draft202012Validator.check_schema(data["output_schema"])
        assert data["description"].endswith((".", ";", "`"))

    def test_no_text_that_people_write_together_has_the_name_of_a_steps_notes(
        self, node: Any
    ) -> None:
        properties = node.config.model_json_schema().get("properties", {})
        assert not properties.get("notes", {}).get("x-text")

    def test_its_example_is_valid(self, node: Any) -> None:
        node.config.model_validate(blanked(node.example))
        for _, text in find_templates(node.example):
            parse_template(text)

    def test_its_config_refuses_unknown_fields(self, node: Any) -> None:
        with pytest.raises(ValueError, match="no_such_field"):
            node.config.model_validate({**blanked(node.example), "no_such_field": 1})

    def test_its_ports_are_unique(self, node: Any) -> None:
        names = [port.name for port in output_ports(node, node.example)]
        assert len(set(names)) == len(names)
        if isinstance(node.outputs, PortsOfConfig):
            assert names

    def test_it_reaches_the_world_through_its_context_only(self, node: Any) -> None:
        source = inspect.getsource(sys.modules[node.__module__])
        assert not re.search(
            r"^\s*(import|from) (os|socket|subprocess|aiohttp|httpx|requests|urllib|django)",
            source,
            re.MULTILINE,
        )


def test_the_catalogue_holds_the_promised_types() -> None:
    assert {entry["name"] for entry in catalogue()} >= {
        "core.start", "core.respond", "data.transform", "logic.if", "logic.switch", "http.request", "code.python",
        "ai.generate", "ai.classify", "ai.extract", "flow.wait", "human.approval",
    }  # fmt: skip


def test_unknown_types_name_the_nearest() -> None:
    with pytest.raises(UnknownNodeType) as caught:
        find("http.reqest")
    assert caught.value.nearest[0] == "http.request"


def test_a_name_is_registered_once() -> None:
    with pytest.raises(TypeError, match="twice"):
        register(find("core.start"))


def test_ports_of_a_config_that_says_nothing_are_those_of_its_default() -> None:
    ports = [port.name for port in output_ports(find("human.approval"), {})]
    assert ports == ["approved", "rejected", "expired"]


def test_the_catalogue_tells_which_steps_hold_others() -> None:
    entries = {entry["name"]: entry for entry in catalogue()}
    assert {name for name, entry in entries.items() if entry["holds_steps"]} == {
        "flow.each",
        "flow.loop",
    }
    assert entries["flow.loop"]["round_fields"] == ["until", "update"]
