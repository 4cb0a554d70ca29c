"""n8n's node types in ours: a function for each that has a counterpart.

A function returns what the step becomes, or None where this very step has none: then a placeholder
takes its place.
"""

import json
import re
from collections.abc import Callable
from dataclasses import dataclass, field

from apps.common.types import JSON, JSONDict
from apps.workflows.importing.n8n_expressions import Texts, comparison

METHODS = {"GET", "POST", "PUT", "PATCH", "DELETE", "HEAD", "OPTIONS"}
SECONDS = {"seconds": 1, "minutes": 60, "hours": 3600, "days": 86_400}


@dataclass
class Step:
    """What a node becomes: type, config, the ports of its outputs in n8n's order, and remarks."""

    type: str
    config: JSONDict
    ports: list[str] = field(default_factory=lambda: ["out"])
    remarks: list[str] = field(default_factory=list)


Mapping = Callable[[JSONDict, Texts], Step | None]


def mapped(type_: str, parameters: JSONDict, texts: Texts) -> Step | None:
    """Return the counterpart of a node; None where there is none."""
    made = MAPPINGS.get(type_)
    return made(parameters, texts) if made else None


def _http(parameters: JSONDict, texts: Texts) -> Step | None:
    method = str(parameters.get("method") or parameters.get("requestMethod") or "GET").upper()
    if method not in METHODS:
        return None
    config: JSONDict = {"method": method, "url": texts.value(str(parameters.get("url", "")))}
    for ours, theirs in (("query", "queryParameters"), ("headers", "headerParameters")):
        if pairs := _pairs(parameters.get(theirs), texts):
            config[ours] = pairs
    body = _body(parameters, texts)
    if body not in (None, {}):
        config["body"] = body
    remarks = []
    if parameters.get("authentication") not in (None, "none"):
        remarks.append("it signed in with a credential; set the headers that its target wants.")
    return Step("http.request", config, remarks=remarks)


def _body(parameters: JSONDict, texts: Texts) -> JSON:
    text = parameters.get("jsonBody")
    if not isinstance(text, str):
        return _pairs(parameters.get("bodyParameters"), texts)
    try:
        return texts.value(json.loads(text.removeprefix("=")), inside=text.startswith("="))
    except ValueError:
        return texts.text(text)


def _pairs(given: JSON, texts: Texts) -> JSONDict:
    listed = given.get("parameters") if isinstance(given, dict) else None
    return {
        str(pair["name"]): texts.value(pair.get("value"))
        for pair in listed or []
        if isinstance(pair, dict) and pair.get("name")
    }


def _set(parameters: JSONDict, texts: Texts) -> Step | None:
    if parameters.get("mode") == "raw":
        return None
    fields = [
        {"name": str(each["name"])[:120], "value": texts.value(each.get("value"))}
        for each in _assignments(parameters)
        if isinstance(each, dict) and each.get("name")
    ]
    kept = parameters.get("includeOtherFields")
    keep = bool(kept) if kept is not None else parameters.get("keepOnlySet") is False
    return Step("data.transform", {"mode": "set", "fields": fields, "keep_rest": keep})


def _assignments(parameters: JSONDict) -> list[JSON]:
    """Return the assignments of the newer form, or those by type of the older one."""
    newer = parameters.get("assignments")
    if isinstance(newer, dict):
        return list(newer.get("assignments") or [])
    older = parameters.get("values")
    lists = older.values() if isinstance(older, dict) else []
    return [each for values in lists if isinstance(values, list) for each in values]


def _if(parameters: JSONDict, texts: Texts) -> Step | None:
    given = parameters.get("conditions")
    if not isinstance(given, dict):
        return None
    parts, word = _conditions(given, parameters, texts)
    known = [part for part in parts if part is not None]
    if not known or len(known) < len(parts):
        return None
    whole = known[0] if len(known) == 1 else f" {word} ".join(f"({part})" for part in known)
    return Step("logic.if", {"condition": "{{ " + whole + " }}"}, ["true", "false"])


def _conditions(
    given: JSONDict, parameters: JSONDict, texts: Texts
) -> tuple[list[str | None], str]:
    """Return the conditions as expressions, and the word between them."""
    newer = given.get("conditions")
    if isinstance(newer, list):
        word = "or" if given.get("combinator") == "or" else "and"
        return [_newer(each, texts) for each in newer], word
    older = [each for values in given.values() if isinstance(values, list) for each in values]
    word = "or" if parameters.get("combineOperation") == "any" else "and"
    return [_older(each, texts) for each in older], word


def _newer(condition: JSON, texts: Texts) -> str | None:
    operator = condition.get("operator") if isinstance(condition, dict) else None
    if not isinstance(operator, dict):
        return None
    operation = str(operator.get("operation"))
    return comparison(texts, condition.get("leftValue"), operation, condition.get("rightValue"))


def _older(condition: JSON, texts: Texts) -> str | None:
    if not isinstance(condition, dict):
        return None
    operation = str(condition.get("operation", "equal"))
    return comparison(texts, condition.get("value1"), operation, condition.get("value2"))


def _switch(parameters: JSONDict, texts: Texts) -> Step | None:
    listed = _rules(parameters)
    if any(each.get("output", n) != n for n, each in enumerate(listed) if isinstance(each, dict)):
        return None  # the older form lets a rule lead to any output
    rules = [_rule(parameters, each) for each in listed]
    compared = {json.dumps(rule[0]) for rule in rules if rule}
    if not rules or None in rules or len(compared) != 1:
        return None
    known = [rule for rule in rules if rule]
    cases = [
        {"id": f"case_{place}", "label": label[:80], "value": texts.value(value)}
        for place, (_, value, label) in enumerate(known)
    ]
    config: JSONDict = {"value": texts.value(known[0][0]), "cases": cases}
    return Step("logic.switch", config, [*(case["id"] for case in cases), "else"])


def _rules(parameters: JSONDict) -> list[JSON]:
    given = parameters.get("rules")
    listed = (given.get("values") or given.get("rules")) if isinstance(given, dict) else None
    return listed if isinstance(listed, list) else []


def _rule(parameters: JSONDict, rule: JSON) -> tuple[JSON, JSON, str] | None:
    """Return what is compared, with what, and the name of the way; only equality has these."""
    if not isinstance(rule, dict):
        return None
    if "value2" in rule:
        equal = rule.get("operation", "equal") == "equal"
        return (parameters.get("value1"), rule["value2"], str(rule["value2"])) if equal else None
    inner = (rule.get("conditions") or {}).get("conditions") or []
    if len(inner) != 1 or (inner[0].get("operator") or {}).get("operation") != "equals":
        return None
    left, right = inner[0].get("leftValue"), inner[0].get("rightValue")
    return left, right, str(rule.get("outputKey") or right)


def _wait(parameters: JSONDict, texts: Texts) -> Step | None:
    amount, unit = parameters.get("amount", 1), parameters.get("unit", "hours")
    timed = parameters.get("resume", "timeInterval") == "timeInterval"
    if not timed or unit not in SECONDS or not isinstance(amount, int | float):
        return None
    return Step("flow.wait", {"seconds": amount * SECONDS[unit]})


def _respond(parameters: JSONDict, texts: Texts) -> Step | None:
    body: JSON = "{{ prev }}"
    if parameters.get("respondWith") in ("json", "text"):
        body = _body({"jsonBody": str(parameters.get("responseBody", ""))}, texts)
    config: JSONDict = {"body": body}
    options = parameters.get("options")
    code = options.get("responseCode") if isinstance(options, dict) else None
    if isinstance(code, int) and 100 <= code <= 599:
        config["status"] = code
    return Step("core.respond", config, [])


def _nothing(parameters: JSONDict, texts: Texts) -> Step | None:
    return Step("data.transform", {"mode": "set", "fields": [], "keep_rest": True})


def _chain(parameters: JSONDict, texts: Texts) -> Step | None:
    prompt = parameters.get("text") or parameters.get("prompt")
    if not isinstance(prompt, str):
        return None
    remark = "it asks the workspace's default route; choose the model there."
    return Step("ai.generate", {"prompt": texts.text(prompt)}, remarks=[remark])


def _classifier(parameters: JSONDict, texts: Texts) -> Step | None:
    given = parameters.get("categories")
    listed = given.get("categories") if isinstance(given, dict) else None
    classes = [
        {
            "id": f"class_{place}",
            "label": str(each["category"])[:80],
            "description": str(each.get("description") or "")[:500],
        }
        for place, each in enumerate(listed or [])
        if isinstance(each, dict) and each.get("category")
    ]
    if not classes:
        return None
    config = {"input": texts.text(str(parameters.get("inputText", ""))), "classes": classes}
    return Step("ai.classify", config, [str(each["id"]) for each in classes])


BASE, CHAINS = "n8n-nodes-base.", "@n8n/n8n-nodes-langchain."
MAPPINGS: dict[str, Mapping] = {
    f"{BASE}httpRequest": _http,
    f"{BASE}set": _set,
    f"{BASE}if": _if,
    f"{BASE}switch": _switch,
    f"{BASE}wait": _wait,
    f"{BASE}respondToWebhook": _respond,
    f"{BASE}noOp": _nothing,
    f"{CHAINS}chainLlm": _chain,
    f"{CHAINS}textClassifier": _classifier,
}
TRIGGER = re.compile(r"(?:trigger|\.webhook|\.start|\.cron|\.interval)$", re.IGNORECASE)


def is_trigger(type_: str) -> bool:
    """Tell whether a node begins a workflow."""
    return TRIGGER.search(type_) is not None


def only_outside(type_: str) -> bool:
    """Tell whether a node begins a workflow or answers for it: neither can lie in a loop."""
    return is_trigger(type_) or type_ == f"{BASE}respondToWebhook"
