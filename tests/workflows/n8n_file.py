"""A file of n8n's published format, written for the tests: sixty nodes of an order desk.

Everything that the import has to deal with is in it: triggers, branches, a loop, sub-nodes of a
model, notes, credentials, error outputs, expressions of both forms, and nodes that nobody knows.
"""

from typing import Any

BASE, CHAINS = "n8n-nodes-base.", "@n8n/n8n-nodes-langchain."
COUNT = 60


def node(name: str, type_: str, at: tuple[int, int], **rest: Any) -> dict[str, Any]:
    parameters = rest.pop("parameters", {})
    return {
        "id": f"00000000-0000-4000-8000-{abs(hash(name)) % 10**12:012d}", "name": name,
        "type": type_, "typeVersion": rest.pop("version", 1), "position": list(at),
        "parameters": parameters, **rest,
    }  # fmt: skip


def to(*names: str, kind: str = "main") -> list[dict[str, Any]]:
    return [{"node": name, "type": kind, "index": 0} for name in names]


def condition(left: Any, operation: str, right: Any) -> dict[str, Any]:
    operator = {"type": "string", "operation": operation}
    return {"leftValue": left, "rightValue": right, "operator": operator}


def order_desk() -> dict[str, Any]:
    """Return the file's content."""
    nodes = [
        node("Order comes in", f"{BASE}webhook", (0, 300), version=2, webhookId="abc",
             parameters={"path": "orders", "httpMethod": "POST"}),
        node("Every morning", f"{BASE}scheduleTrigger", (0, 560), parameters={"rule": {}}),
        node("Clean up", f"{BASE}set", (220, 300), version=3.4, notes="Names as we use them",
             notesInFlow=True, parameters={"assignments": {"assignments": [
                 {"id": "1", "name": "customer", "value": "={{ $json.body.customer }}", "type": "string"},
                 {"id": "2", "name": "amount", "value": "={{ $json.body['total amount'] }}", "type": "number"},
                 {"id": "3", "name": "loud", "value": "={{ $json.name.toUpperCase() }}", "type": "string"},
             ]}, "includeOtherFields": True}),
        node("Large order?", f"{BASE}if", (440, 300), version=2, parameters={"conditions": {
            "combinator": "and",
            "conditions": [condition("={{ $json.amount }}", "gt", 1000)]}}),
        node("Which country", f"{BASE}switch", (660, 420), version=3, parameters={"rules": {"values": [
            {"conditions": {"conditions": [condition("={{ $json.country }}", "equals", "DE")]},
             "outputKey": "Germany", "renameOutput": True},
            {"conditions": {"conditions": [condition("={{ $json.country }}", "equals", "FR")]}},
        ]}}),
        node("Ask the stock", f"{BASE}httpRequest", (660, 180), version=4.2, retryOnFail=True, maxTries=4,
             waitBetweenTries=2000, onError="continueErrorOutput",
             credentials={"httpHeaderAuth": {"id": "7", "name": "Stock"}},
             parameters={"method": "POST", "url": "=https://stock.example/{{ $json.sku }}",
                         "authentication": "genericCredentialType", "sendQuery": True,
                         "queryParameters": {"parameters": [{"name": "q", "value": "1"}]},
                         "sendBody": True, "specifyBody": "json",
                         "jsonBody": "={\"customer\": \"{{ $('Clean up').item.json.customer }}\"}"}),
        node("Tell the warehouse", f"{BASE}slack", (880, 180), parameters={"text": "={{ $json.x }}"},
             credentials={"slackApi": {"id": "9", "name": "Slack"}}),
        node("Stock is away", f"{BASE}emailSend", (880, 320), disabled=True),
        node("Breathe", f"{BASE}wait", (880, 460), parameters={"amount": 5, "unit": "minutes"}),
        node("Write a letter", f"{CHAINS}chainLlm", (1100, 460),
             parameters={"text": "=Thank {{ $json.customer }} for the order."}),
        node("The model", f"{CHAINS}lmChatOpenAi", (1100, 640), parameters={"model": "gpt"}),
        node("What is it about", f"{CHAINS}textClassifier", (1320, 460), parameters={
            "inputText": "={{ $node[\"Clean up\"].json[\"customer\"] }}",
            "categories": {"categories": [{"category": "Praise", "description": "good words"},
                                          {"category": "Complaint"}]}}),
        node("Item by item", f"{BASE}splitInBatches", (1540, 300)),
        node("Both", f"{BASE}merge", (1760, 300)),
        node("Nothing", f"{BASE}noOp", (1540, 600)),
        node("Answer", f"{BASE}respondToWebhook", (1980, 300), parameters={
            "respondWith": "json", "responseBody": "={{ $json }}", "options": {"responseCode": 201}}),
        node("Read me", f"{BASE}stickyNote", (-60, 100), parameters={
            "content": "## The order desk", "width": 400, "height": 120, "color": 4}),
    ]  # fmt: skip
    rest = COUNT - len(nodes)
    row = [
        node(f"Step {n}", f"{BASE}code" if n % 3 else f"{BASE}set", (220 * n, 900 + 160 * (n % 3)),
             parameters={"jsCode": "return items", "assignments": {"assignments": []}})
        for n in range(rest)
    ]  # fmt: skip
    return {
        "name": "Order desk", "active": True, "settings": {"executionOrder": "v1"}, "meta": {},
        "pinData": {"Order comes in": [{"json": {"body": {}}}]}, "tags": [],
        "nodes": [*nodes, *row],
        "connections": {
            "Order comes in": {"main": [to("Clean up")]},
            "Every morning": {"main": [to("Step 0")]},
            "Clean up": {"main": [to("Large order?")]},
            "Large order?": {"main": [to("Ask the stock"), to("Which country")]},
            "Which country": {"main": [to("Breathe"), to("Write a letter"), to("Nothing")]},
            "Ask the stock": {"main": [to("Tell the warehouse"), to("Stock is away")]},
            "Breathe": {"main": [to("Write a letter")]},
            "The model": {"ai_languageModel": [to("Write a letter", kind="ai_languageModel")]},
            "Write a letter": {"main": [to("What is it about")]},
            "What is it about": {"main": [to("Item by item"), to("Nothing")]},
            "Item by item": {"main": [to("Both"), to("Both", "Gone")]},
            "Tell the warehouse": {"main": [to("Both")]},
            "Both": {"main": [to("Answer")]},
            **{f"Step {n}": {"main": [to(f"Step {n + 1}")]} for n in range(rest - 1)},
        },
    }  # fmt: skip
