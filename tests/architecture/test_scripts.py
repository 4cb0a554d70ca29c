"""Scripts of pages share one scope: no name means one thing in one and another in the next."""

import re
from collections import defaultdict

from tests.architecture.tree import below, name

DECLARED = re.compile(
    r"^(?:async )?(?:function\*?|class|const|let|var)\s+(?:([\w$]+)|[\[{]([^=]*)[\]}])", re.M
)


def _declared(text: str) -> set[str]:
    """Return the names that a script gives to all of a page."""
    found: set[str] = set()
    for plain, parts in DECLARED.findall(text):
        found |= {plain} if plain else set(re.findall(r"[\w$]+", parts))
    return found


def test_no_two_scripts_declare_one_name() -> None:
    where: dict[str, list[str]] = defaultdict(list)
    for path in below("static/site/js/", suffixes=(".js",)):
        if not path.name.endswith(".min.js"):
            for each in _declared(path.read_text()):
                where[each].append(name(path))
    assert {each: files for each, files in where.items() if len(files) > 1} == {}


def test_every_kind_of_declaration_is_found() -> None:
    text = "const a = 1;\nlet [b, c] = d;\nasync function e() {\n  const inner = 1;\n}\nclass F {}"
    assert _declared(text) == {"a", "b", "c", "e", "F"}
