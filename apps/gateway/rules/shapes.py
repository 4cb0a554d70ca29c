"""A value for a JSON Schema: each property by its name, its form, or a text made for it."""

import re
from dataclasses import replace
from typing import Any

from apps.common.schemas import problem_of
from apps.common.types import JSON, JSONDict
from apps.gateway.exceptions import NotBuiltIn
from apps.gateway.rules import find, score
from apps.gateway.rules.classify import choose
from apps.gateway.rules.compose import compose, headline, key_sentences, reply, summary
from apps.gateway.rules.words import Prompt, body, frequent, number

MAX_DEPTH, MAX_ROWS, FEW = 12, 50, 3
# Every value reads its text anew: so many characters in all, and so many for one without text.
MOST_WORK, A_VALUE = 10_000_000, 5_000
SCORE = re.compile(r"score|rating|probability|confidence|likelihood|priority|relevance", re.I)
SHARE = re.compile(r"probability|confidence|likelihood", re.I)
REASON = re.compile(r"reason|why|explanation|rationale|justification", re.I)
TITLE = re.compile(r"title|headline|subject|topic", re.I)
REPLY = re.compile(r"reply|response|answer|draft|e_?mail_?body", re.I)
TEXT = re.compile(r"summary|text|body|description|report|message|notes?$|comment|content|overview", re.I)  # fmt: skip
TAGS = re.compile(r"tag|keyword|topic|label|categor", re.I)
KINDS: dict[str, type | tuple[type, ...]] = {
    "string": str, "integer": int, "number": (int, float), "boolean": bool, "array": list, "object": dict,
}  # fmt: skip


def fill(schema: JSONDict, prompt: Prompt) -> JSON:
    """Return a value that fits the schema. Raises NotBuiltIn naming the place that does not."""
    value = _Filler(schema).value(schema, prompt, "", 0)
    if problem := problem_of(value, schema, whole="the answer"):
        raise NotBuiltIn(f"The built-in provider found nothing that fits the schema: {problem}.")
    return value


class _Filler:
    """Walks one schema."""

    def __init__(self, root: JSONDict) -> None:
        self.root = root
        self.work = 0

    def value(self, schema: Any, prompt: Prompt, name: str, depth: int) -> JSON:
        self._count(prompt)
        schema = self._resolved(schema)
        if depth > MAX_DEPTH:
            return None
        if "const" in schema:
            return schema["const"]
        if isinstance(schema.get("enum"), list) and schema["enum"]:
            return _one_of(schema["enum"], prompt, name)
        kinds = _kinds(schema)
        kind = next((each for each in kinds if each != "null"), "null")
        given = _given(prompt.data, name, kind)
        if given is not None and kind not in {"object", "array"}:
            return given
        if kind == "object":
            return self._object(schema, prompt, depth)
        if kind == "array":
            return self._array(schema, prompt, name, depth)
        found = _scalar(kind, schema, prompt, name)
        return found if found is not None or "null" in kinds else _empty(kind, schema, prompt)

    def _count(self, prompt: Prompt) -> None:
        """Read a text once more. Raises NotBuiltIn where that comes to more than one answer may cost."""
        self.work += A_VALUE + len(prompt.text)
        if self.work > MOST_WORK:
            raise NotBuiltIn("The schema asks for more values than the built-in provider makes.")

    def _object(self, schema: JSONDict, prompt: Prompt, depth: int) -> JSONDict:
        properties = schema.get("properties")
        properties = properties if isinstance(properties, dict) else {}
        return {
            name: self.value(child, prompt, name, depth + 1) for name, child in properties.items()
        }

    def _array(self, schema: JSONDict, prompt: Prompt, name: str, depth: int) -> list[JSON]:
        items = self._resolved(schema.get("items") or {"type": "string"})
        least, most = int(schema.get("minItems", 0)), int(schema.get("maxItems", MAX_ROWS))
        given = _given(prompt.data, name, "array")
        rows = given if given is not None else prompt.data
        if isinstance(rows, list) and rows and _kinds(items)[0] == "object":
            texts = [replace(prompt, data=row, text=_as_text(row)) for row in rows]
            return [self.value(items, each, "", depth + 1) for each in texts[: min(most, MAX_ROWS)]]
        if given is not None and all(isinstance(each, str) for each in given):
            return list(given[:most])
        if _kinds(items)[0] != "string" or "enum" in items:
            count = min(max(least, 1), most)
            return [self.value(items, prompt, name, depth + 1) for _ in range(count)]
        return _texts(prompt, name, min(max(least, FEW), most))

    def _resolved(self, schema: Any) -> JSONDict:
        """Follow references inside the schema, and take the first alternative that is not null."""
        for _ in range(MAX_DEPTH):
            if not isinstance(schema, dict):
                return {}
            reference = schema.get("$ref")
            options = schema.get("anyOf") or schema.get("oneOf") or schema.get("allOf")
            if isinstance(reference, str):
                schema = _at(self.root, reference)
            elif isinstance(options, list) and options:
                rest = [each for each in options if each != {"type": "null"}]
                schema = rest[0] if rest else {"type": "null"}
            else:
                return schema
        return {}


def _at(root: JSONDict, reference: str) -> Any:
    found: Any = root
    for step in reference.removeprefix("#").strip("/").split("/"):
        if step:
            found = found.get(step) if isinstance(found, dict) else None
    return found


def _kinds(schema: JSONDict) -> list[str]:
    kind = schema.get("type")
    if isinstance(kind, list) and kind:
        return [str(each) for each in kind]
    if isinstance(kind, str):
        return [kind]
    return ["object" if "properties" in schema else "string"]


def _given(data: JSON, name: str, kind: str) -> Any:
    """Return what the material itself says under this name, if it is of the kind."""
    if not isinstance(data, dict) or not name:
        return None
    wanted = re.sub(r"[\W_]", "", name).lower()
    value = next((data[key] for key in data if re.sub(r"[\W_]", "", key).lower() == wanted), None)
    if kind in {"number", "integer"}:
        value = number(value)
        value = int(value) if value is not None and kind == "integer" else value
    return value if isinstance(value, KINDS.get(kind, ())) else None


def _one_of(options: list[Any], prompt: Prompt, name: str) -> Any:
    named = [each for each in options if isinstance(each, str)]
    if not named:
        return options[0]
    said = find.labelled(name, prompt.text) or _given(prompt.data, name, "string") or ""
    for each in named:
        if each.lower() == str(said).lower():
            return each
    return choose(prompt.text, [{"id": each, "label": each} for each in named]).id


def _scalar(kind: str, schema: JSONDict, prompt: Prompt, name: str) -> Any:
    if kind == "boolean":
        return find.truth(name, prompt.text)
    if kind in {"integer", "number"}:
        return _number(kind, schema, prompt, name)
    return _string(schema, prompt, name) if kind == "string" else None


def _number(kind: str, schema: JSONDict, prompt: Prompt, name: str) -> float | int | None:
    said = find.labelled(name, prompt.text)
    found = number(said) if said else None
    if found is None and SCORE.search(name):
        low = float(schema.get("minimum", 0))
        high = float(schema.get("maximum", 1 if SHARE.search(name) else 100))
        found = low + (high - low) * score.score(prompt.text)
    if found is None:
        value = find.by_form(name, prompt.text)
        found = number(value) if value is not None else None
    return round(found) if found is not None and kind == "integer" else found


def _string(schema: JSONDict, prompt: Prompt, name: str) -> str | None:
    formats = {"date": "date", "date-time": "date", "email": "email", "uri": "url"}
    found = find.labelled(name, prompt.text)
    found = found or find.by_form(formats.get(str(schema.get("format")), name), prompt.text)
    if found is None:
        found = _made(prompt, name)
    most = schema.get("maxLength")
    return str(found)[:most] if found is not None else None


def _made(prompt: Prompt, name: str) -> str | None:
    """Return a text made for a property that asks for one."""
    if REASON.search(name):
        return score.reason(prompt.text)
    if TITLE.search(name):
        return headline(prompt.text)
    if REPLY.search(name):
        return reply(prompt)
    if re.search("summary|overview", name, re.IGNORECASE):
        return summary(prompt.text, prompt.instruction)
    return compose(prompt) if TEXT.search(name) else None


def _texts(prompt: Prompt, name: str, count: int) -> list[str]:
    if TAGS.search(name):
        return frequent(body(prompt.text), count)
    return key_sentences(prompt.text, count)


def _empty(kind: str, schema: JSONDict, prompt: Prompt) -> Any:
    """Return what stands for nothing found, where null is not allowed."""
    if "default" in schema:
        return schema["default"]
    if kind in {"integer", "number"}:
        return schema.get("minimum", 0)
    if kind == "boolean":
        return False
    return headline(prompt.text) if kind == "string" and schema.get("minLength") else {"string": ""}.get(kind)  # fmt: skip


def _as_text(row: JSON) -> str:
    if isinstance(row, dict):
        return "\n".join(f"{key}: {value}" for key, value in row.items())
    return str(row)
