"""Scripts of pages share one scope: no name means one thing in one and another in the next."""

import re
from collections import defaultdict

import pytest

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


# A key that came from elsewhere may be `__proto__`: where a second one is written below it, or the
# prototype is named, what all objects share can be reached.
POLLUTING = re.compile(
    r"\]\s*\[[^\]\n]+\]\s*(?:\?\?|\|\||&&|[+*/-])?=(?![=>])"
    r"|\?\?=\s*\{\s*\}\)\s*\["
    r"|__proto__|\.prototype\s*(?:\[|=(?!=))|setPrototypeOf|\bdeepmerge\b|\blodash\b"
)


def test_no_script_writes_below_a_key_that_it_was_given() -> None:
    scripts = [
        path
        for path in below("static/site/js/", "static/studio/src/", suffixes=(".js", ".ts", ".tsx"))
        if not path.name.endswith((".min.js", ".test.ts", ".test.tsx"))
    ]
    assert len(scripts) > 100
    found = {
        f"{name(path)}: {written[0]}"
        for path in scripts
        for written in POLLUTING.finditer(path.read_text())
    }
    assert found == set()


@pytest.mark.parametrize(
    ("script", "is_found"),
    [
        ("into[a][b] = c;", True),
        ("(into[a] ??= {})[b] = c;", True),
        ("value.__proto__ = c;", True),
        ("Object.setPrototypeOf(a, b)", True),
        ("Array.prototype.last = c;", False),
        ("String.prototype = c;", True),
        ("into[a] = c;", False),
        ("if (one[a][b] === c) {}", False),
        ("new Map([[a, b]]);", False),
    ],
)
def test_what_pollutes_is_known_by_its_form(script: str, is_found: bool) -> None:
    assert bool(POLLUTING.search(script)) is is_found
