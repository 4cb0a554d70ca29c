"""n8n's texts in our language: its paths are translated, its JavaScript is not.

A parameter is an expression where it begins with `=`. What cannot be translated stays as it was
written: the draft's validation then points at it.
"""

import json
import re
from collections.abc import Callable, Mapping

from apps.common.types import JSON

BRACES = re.compile(r"\{\{(.*?)\}\}", re.DOTALL)
PATH = r"((?:\.[A-Za-z_]\w*|\[\d+\]|\[\"[^\"\\]*\"\]|\['[^'\\]*'\])*)"
OWN = re.compile(rf"^\$json{PATH}$")
OTHER = re.compile(
    r"^(?:\$node\[(?P<q>[\"'])(?P<name>[^\"']*)(?P=q)\]"
    r"|\$\((?P<q2>[\"'])(?P<name2>[^\"']*)(?P=q2)\)(?:\.item|\.first\(\)|\.last\(\)))"
    rf"\.json(?P<path>{PATH[1:-1]})$"
)


class Texts:
    """Translates the texts of one step; counts those that a person has to look at."""

    def __init__(self, roots: Mapping[str, str], own: str | None) -> None:
        """Know what steps gave, by their n8n names, and what this one is given; None: by several."""
        self.roots = roots
        self.own = own
        self.left: list[str] = []

    def value(self, value: JSON, *, inside: bool = False) -> JSON:
        """Return a parameter with all its texts translated; `inside` what begins with `=`."""
        if isinstance(value, str):
            return self.text(f"={value}" if inside else value)
        if isinstance(value, dict):
            return {key: self.value(child, inside=inside) for key, child in value.items()}
        if isinstance(value, list):
            return [self.value(child, inside=inside) for child in value]
        return value

    def text(self, text: str) -> str:
        """Return a text as a template of ours."""
        if not text.startswith("="):
            return text.replace("{{", '{{ "{{" }}')
        return BRACES.sub(lambda found: "{{ " + self._kept(found[1].strip()) + " }}", text[1:])

    def operand(self, value: JSON) -> str | None:
        """Return a value as part of an expression; None where it cannot be one."""
        if not isinstance(value, str):
            return repr(value) if isinstance(value, bool | int | float) else None
        if not value.startswith("="):
            return json.dumps(value, ensure_ascii=False)
        whole = BRACES.fullmatch(value[1:].strip())
        return self.path(whole[1].strip()) if whole else None

    def path(self, source: str) -> str | None:
        """Return a path of n8n as one of ours; None for anything else."""
        if own := OWN.match(source):
            return f"{self.own}{_keys(own[1])}" if self.own else None
        if not (other := OTHER.match(source)):
            return None
        name = other["name"] if other["name"] is not None else other["name2"]
        root = self.roots.get(name)
        return f"{root}{_keys(other['path'])}" if root else None

    def _kept(self, source: str) -> str:
        found = self.path(source)
        if found is None:
            self.left.append(source)
            return source
        return found


def _keys(path: str) -> str:
    """Return the keys of a path; a name of ours in brackets reads the same with dots."""
    return path.replace("'", '"')


Comparison = Callable[[str, str], str]
COMPARISONS: dict[str, Comparison] = {
    "equals": lambda a, b: f"{a} == {b}",
    "equal": lambda a, b: f"{a} == {b}",
    "notEquals": lambda a, b: f"{a} != {b}",
    "notEqual": lambda a, b: f"{a} != {b}",
    "gt": lambda a, b: f"{a} > {b}",
    "larger": lambda a, b: f"{a} > {b}",
    "gte": lambda a, b: f"{a} >= {b}",
    "largerEqual": lambda a, b: f"{a} >= {b}",
    "lt": lambda a, b: f"{a} < {b}",
    "smaller": lambda a, b: f"{a} < {b}",
    "lte": lambda a, b: f"{a} <= {b}",
    "smallerEqual": lambda a, b: f"{a} <= {b}",
    "contains": lambda a, b: f"{b} in {a}",
    "notContains": lambda a, b: f"{b} not in {a}",
    "startsWith": lambda a, b: f"{a}.startswith({b})",
    "notStartsWith": lambda a, b: f"not {a}.startswith({b})",
    "endsWith": lambda a, b: f"{a}.endswith({b})",
    "notEndsWith": lambda a, b: f"not {a}.endswith({b})",
}
ALONE: dict[str, Callable[[str], str]] = {
    "true": lambda a: f"{a} == True",
    "false": lambda a: f"{a} == False",
    "empty": lambda a: f"not {a}",
    "isEmpty": lambda a: f"not {a}",
    "notEmpty": lambda a: f"bool({a})",
    "isNotEmpty": lambda a: f"bool({a})",
}


def comparison(texts: Texts, left: JSON, operation: str, right: JSON) -> str | None:
    """Return one comparison as an expression; None where it has no counterpart."""
    own = texts.operand(left)
    if own is None:
        return None
    if operation in ALONE:
        return ALONE[operation](own)
    other = texts.operand(right)
    made = COMPARISONS.get(operation)
    return made(own, other) if made and other is not None else None
