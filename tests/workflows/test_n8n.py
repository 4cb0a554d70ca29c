"""Importing files of n8n: what is kept, what stands in for the rest, what is refused."""

import json
from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.runs.models import Run
from apps.sandbox.expressions import parse_template
from apps.workflows import services
from apps.workflows.definition import parse
from apps.workflows.exceptions import BadDefinition
from apps.workflows.importing import n8n
from apps.workflows.importing.n8n_expressions import Texts, comparison
from apps.workflows.models import Workflow
from apps.workflows.validation import validate
from tests.factories.cast import api_client
from tests.workflows.n8n_file import COUNT, node, order_desk, to


@pytest.fixture(scope="module")
def desk() -> JSONDict:
    made, _ = n8n.translated(order_desk())
    return {
        **made,
        "steps": {each["title"]: each for each in made["definition"]["nodes"]},
        "ends": {(e["source"], e["source_port"], e["target"]) for e in made["definition"]["edges"]},
    }


def test_every_node_is_there_under_its_name_and_the_form_is_right(desk: JSONDict) -> None:
    definition = parse(desk["definition"])
    names = {each["name"] for each in order_desk()["nodes"]} - {"Read me"}
    assert {each.title for each in definition.nodes} == names
    assert len(definition.nodes) == COUNT - 1
    assert desk["name"] == "Order desk"


def test_every_connection_is_there_by_the_port_that_it_left(desk: JSONDict) -> None:
    assert {
        ("large_order", "true", "ask_the_stock"),
        ("large_order", "false", "which_country"),
        ("which_country", "case_0", "breathe"),
        ("which_country", "else", "nothing"),
        ("ask_the_stock", "error", "stock_is_away"),
        ("what_is_it_about", "class_1", "nothing"),
        ("item_by_item", "out_1", "both"),
    } <= desk["ends"]
    links = sum(
        len({each["node"] for each in ends} & set(desk["steps"]))
        for kinds in order_desk()["connections"].values()
        for outputs in kinds.values()
        for ends in outputs
    )
    assert len(desk["ends"]) == links
    model = next(e for e in desk["definition"]["edges"] if e["source"] == "the_model")
    assert model["label"] == "ai_languageModel"


def test_places_keep_their_order_and_nothing_lies_on_another(desk: JSONDict) -> None:
    given = {each["name"]: each["position"] for each in order_desk()["nodes"]}
    for one, first in desk["steps"].items():
        for other, second in desk["steps"].items():
            for axis in (0, 1):
                before = given[one][axis] - given[other][axis]
                after = first["position"][axis] - second["position"][axis]
                assert (before > 0, before < 0) == (after > 0, after < 0)
            dx, dy = (abs(first["position"][n] - second["position"][n]) for n in (0, 1))
            assert one == other or dx >= 236 or dy >= 98, (one, other)


def test_places_that_lie_apart_are_kept_to_the_letter() -> None:
    nodes = [node("A", "n8n-nodes-base.noOp", (0, 0)), node("B", "x", (400, -20))]
    made, _ = n8n.translated({"nodes": nodes, "connections": {}})
    assert [each["position"] for each in made["definition"]["nodes"]] == [[0, 0], [400, -20]]


def test_what_has_a_counterpart_is_taken_over(desk: JSONDict) -> None:
    steps = desk["steps"]
    assert steps["Order comes in"]["type"] == "core.start"
    assert steps["Clean up"]["notes"] == "Names as we use them"
    assert steps["Clean up"]["config"] == {
        "mode": "set",
        "fields": [
            {"name": "customer", "value": "{{ prev.body.customer }}"},
            {"name": "amount", "value": '{{ prev.body["total amount"] }}'},
            {"name": "loud", "value": "{{ $json.name.toUpperCase() }}"},
        ],
        "keep_rest": True,
    }
    assert steps["Large order?"]["config"] == {"condition": "{{ prev.amount > 1000 }}"}
    assert steps["Which country"]["config"]["value"] == "{{ prev.country }}"
    assert [each["label"] for each in steps["Which country"]["config"]["cases"]] == [
        "Germany",
        "FR",
    ]
    assert steps["Breathe"]["config"] == {"seconds": 300}
    stock = steps["Ask the stock"]
    assert stock["config"] == {
        "method": "POST",
        "url": "https://stock.example/{{ prev.sku }}",
        "query": {"q": "1"},
        "body": {"customer": "{{ nodes.clean_up.output.customer }}"},
    }
    assert (stock["on_error"], stock["retry"]) == ("branch", {"max_attempts": 4, "initial_s": 2})
    assert steps["Answer"]["config"] == {"body": "{{ prev }}", "status": 201}


def test_the_rest_is_placeholders_with_the_original(desk: JSONDict) -> None:
    slack = desk["steps"]["Tell the warehouse"]
    original = next(each for each in order_desk()["nodes"] if each["name"] == slack["title"])
    assert slack["type"] == "core.placeholder"
    assert slack["config"]["original"] == original
    assert desk["steps"]["Every morning"]["type"] == "core.placeholder"  # a workflow starts once
    assert desk["steps"]["Stock is away"]["disabled"] is True


def test_the_draft_says_what_is_to_do_and_cannot_be_published(desk: JSONDict) -> None:
    problems = validate(parse(desk["definition"]))
    marked = {each.node for each in problems if each.code == "placeholder"}
    placeholders = {
        each["id"] for each in desk["steps"].values() if each["type"] == "core.placeholder"
    }
    assert marked == placeholders
    assert any(each.node == "clean_up" and each.code == "bad_expression" for each in problems)
    assert all(each.severity == "error" for each in problems if each.code == "placeholder")


def test_notes_are_notes_and_the_report_is_one(desk: JSONDict) -> None:
    notes = {each["id"]: each for each in desk["definition"]["notes"]}
    assert (notes["read_me"]["text"], notes["read_me"]["colour"]) == ("## The order desk", "green")
    report = notes.pop("import_0")
    assert "placeholders keep the place" in report["text"]
    top = min(each["position"][1] for each in [*notes.values(), *desk["definition"]["nodes"]])
    assert report["position"][1] + report["size"][1] < top


def test_the_report_tells_each_step(bob: User) -> None:
    answer = api_client(bob).post("/api/v1/workflows/import/", order_desk())
    assert answer.status_code == 201, answer.json()
    report = answer.json()["report"]
    assert report["mapped"] + report["placeholders"] == COUNT - 1
    told = {each["title"]: each for each in report["steps"]}
    assert told["Order comes in"]["remarks"] == [
        "it was a webhook: make a trigger that starts this workflow."
    ]
    assert "toUpperCase" in told["Clean up"]["remarks"][0]
    assert "credential" in told["Ask the stock"]["remarks"][0]
    assert report["remarks"] == [
        "A connection from “Item by item” to “Gone” leads nowhere.",
        "Pinned data of n8n was left out.",
    ]
    own = api_client(bob).post("/api/v1/workflows/import/", {"nodes": [], "edges": []})
    assert own.json()["report"] is None


def test_nothing_is_executed(bob: User) -> None:
    made = services.import_workflow(order_desk(), actor=bob)
    assert (made.workflow.created_via, made.workflow.name) == ("import", "Order desk")
    assert made.workflow.published_version is None
    assert not Run.objects.exists()


def test_the_page_takes_such_a_file_and_opens_it(bob: User) -> None:
    client = Client(HTTP_HOST="alpha.localhost")
    client.force_login(bob)
    file = SimpleUploadedFile("desk.json", json.dumps(order_desk()).encode())
    answer = client.post("/workflows/import/", {"file": file})
    assert answer["Location"] == f"/workflows/{Workflow.objects.get().pk}/"


@pytest.mark.parametrize(
    ("data", "said"),
    [
        ({"nodes": [1], "connections": {}}, "a name and a type"),
        ({"nodes": [{"name": "A"}], "connections": {}}, "a name and a type"),
        ({"nodes": [node("A", "x", (0, 0))] * 2, "connections": {}}, "are called “A”"),
        ({"nodes": [node(f"n{n}", "x", (0, 0)) for n in range(5001)], "connections": {}}, "5000"),
    ],
)
def test_what_is_no_such_file_is_refused(data: Any, said: str) -> None:
    with pytest.raises(BadDefinition) as caught:
        n8n.translated(data)
    assert said in caught.value.detail + str(caught.value.errors)


def test_odd_parts_do_no_harm() -> None:
    nodes = [
        node("A", "n8n-nodes-base.if", (0, 0), parameters={"conditions": {"x": [1]}}),
        node("B", "n8n-nodes-base.switch", (0, 0), parameters={"rules": {"values": [None]}}),
        node("C", "n8n-nodes-base.set", (0, 0), parameters={"values": {"string": [3]}}),
        {**node("1 2", "n8n-nodes-base.httpRequest", (0, 0)), "position": ["x"], "parameters": 7},
    ]
    connections = {"A": {"main": [None, to("A"), to("C")]}, "B": 3, "Nobody": {"main": [to("A")]}}
    made, report = n8n.translated({"nodes": nodes, "connections": connections})
    definition = parse(made["definition"])
    assert [each.type for each in definition.nodes] == [
        "core.placeholder", "core.placeholder", "data.transform", "http.request",
    ]  # fmt: skip
    assert [(each.source, each.source_port, each.target) for each in definition.edges] == [
        ("a", "out_2", "c")
    ]
    assert any("was left out" in each for each in report["remarks"])


def both_ways(
    connections: JSONDict, *nodes: JSONDict
) -> tuple[list[JSONDict], dict[str, JSONDict]]:
    """Return the edges that a file of a few nodes becomes, and its steps by title."""
    made, _ = n8n.translated({"nodes": list(nodes), "connections": connections})
    definition = made["definition"]
    parse(definition)
    return definition["edges"], {each["title"]: each for each in definition["nodes"]}


def test_which_inputs_a_connection_led_into_is_said() -> None:
    into = [{"node": "Both", "type": "main", "index": index} for index in (0, 1)]
    edges, _ = both_ways(
        {"A": {"main": [into]}, "B": {"main": [into[1:]]}, "C": {"main": [into[:1]]}},
        *(node(name, "n8n-nodes-base.set", (220 * n, 0)) for n, name in enumerate("ABC")),
        node("Both", "n8n-nodes-base.merge", (900, 0)),
    )
    assert [(each["source"], each["label"]) for each in edges] == [
        ("a", "inputs 1, 2"), ("b", "input 2"), ("c", ""),
    ]  # fmt: skip


def test_a_way_that_the_counterpart_lacks_makes_a_placeholder_and_leads_nowhere_else() -> None:
    categories = {"categories": {"categories": [{"category": "Praise"}]}}
    edges, steps = both_ways(
        {
            "What is it": {"main": [to("Thank"), to("Others")]},
            "Call": {"main": [to("Thank"), to("Others")]},
            "Old switch": {"main": [to("Others"), to("Thank")]},
        },
        node("What is it", "@n8n/n8n-nodes-langchain.textClassifier", (0, 0), parameters=categories),
        node("Call", "n8n-nodes-base.httpRequest", (0, 200), onError="continueErrorOutput"),
        node("Old switch", "n8n-nodes-base.switch", (0, 400), parameters={
            "value1": "={{ $json.x }}",
            "rules": {"rules": [{"value2": "a", "output": 1}, {"value2": "b", "output": 0}]},
        }),
        node("Thank", "n8n-nodes-base.noOp", (300, 0)),
        node("Others", "n8n-nodes-base.noOp", (300, 200)),
    )  # fmt: skip
    assert {title: steps[title]["type"] for title in ("What is it", "Call", "Old switch")} == {
        "What is it": "core.placeholder",
        "Call": "http.request",
        "Old switch": "core.placeholder",
    }
    assert ("what_is_it", "out_1", "others") in {
        (each["source"], each["source_port"], each["target"]) for each in edges
    }


def test_the_first_trigger_that_is_switched_on_is_the_start() -> None:
    _, steps = both_ways(
        {},
        node("Off", "n8n-nodes-base.webhook", (0, 0), disabled=True),
        node("On", "n8n-nodes-base.scheduleTrigger", (0, 200)),
        node("By hand", "n8n-nodes-base.manualTrigger", (0, 400)),
    )
    assert [steps[title]["type"] for title in ("Off", "On", "By hand")] == [
        "core.placeholder", "core.start", "core.placeholder",
    ]  # fmt: skip


def test_what_the_file_says_of_the_whole_and_is_not_kept_is_told() -> None:
    file = {**order_desk(), "settings": {"executionOrder": "v1", "timezone": "Europe/Berlin"}}
    _, report = n8n.translated(file)
    assert "Settings of n8n were left out: timezone." in report["remarks"]


def test_texts_are_translated_as_far_as_they_are_paths() -> None:
    texts = Texts({"Get it": "nodes.get_it.output"}, "prev")
    assert texts.text("plain {{ x }}") == 'plain {{ "{{" }} x }}'
    assert texts.text("=Hi {{ $json.a[0]['b c'] }}") == 'Hi {{ prev.a[0]["b c"] }}'
    assert texts.text('={{ $node["Get it"].json.x }}') == "{{ nodes.get_it.output.x }}"
    assert texts.text("={{ $('Get it').first().json }}") == "{{ nodes.get_it.output }}"
    assert texts.text("={{ $('Other').item.json }}") == "{{ $('Other').item.json }}"
    assert texts.left == ["$('Other').item.json"]
    assert Texts({}, None).text("={{ $json.a }}") == "{{ $json.a }}"


def test_comparisons_without_a_counterpart_are_none() -> None:
    texts = Texts({}, "prev")
    assert comparison(texts, "={{ $json.a }}", "contains", "x") == '"x" in prev.a'
    ends = comparison(texts, "={{ $json.a }}", "notEndsWith", "@spam.example")
    assert ends == 'not prev.a.endswith("@spam.example")'
    parse_template("{{ " + ends + " }}")
    assert comparison(texts, "={{ $json.a }}", "isEmpty", None) == "not prev.a"
    assert comparison(texts, "={{ $json.a }}", "regex", "x") is None
    assert comparison(texts, "={{ $now }}", "equals", "x") is None
    assert comparison(texts, "={{ $json.a }}", "equals", {"x": 1}) is None
