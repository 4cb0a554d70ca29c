"""Templates keep the content security policy: nothing inline, nothing from elsewhere."""

import re
from collections.abc import Iterator

from tests.architecture.tree import below, name

RULES = {
    "inline style": re.compile(r"<[^>]*\sstyle\s*=", re.DOTALL),
    "inline handler": re.compile(r"<[^>]*\s(on[a-z]+|hx-on[\w:-]*)\s*=", re.DOTALL),
    "address elsewhere": re.compile(
        r"\s(src|srcset|href|action|data|poster|formaction|hx-\w+)\s*=\s*[\"']?\s*(https?:)?//",
        re.I,
    ),
    "javascript address": re.compile(r"[\"']\s*javascript:", re.I),
    "script without a nonce": re.compile(
        r"<(script|style)\b(?![^>]*\b(src|nonce)=)[^>]*>", re.DOTALL
    ),
    # help_text is written in our forms; the password validators' is a list in HTML
    "unescaped text": re.compile(r"(?<!\bhelp_text)\|\s*safe\b|{%\s*autoescape\s+off"),
}
# Template tags may hold quotes and angle brackets of their own.
TAGS = re.compile(r"{#.*?#}|{%\s*comment\s*%}.*?{%\s*endcomment\s*%}", re.DOTALL)
# Data for scripts is not a script: browsers do not run it.
DATA = re.compile(r"<script[^>]*type=[\"']application/json[\"'][^>]*>")


def _faults(text: str) -> Iterator[str]:
    bare = DATA.sub("", TAGS.sub("", text))
    yield from (rule for rule, pattern in RULES.items() if pattern.search(bare))


def test_templates_keep_the_policy() -> None:
    found = [
        f"{name(path)}: {fault}"
        for path in below("templates/", "apps/", suffixes=(".html", ".svg"))
        if "/sample_site/" not in name(path)
        for fault in _faults(path.read_text())
    ]
    assert not found


def test_each_fault_is_found() -> None:
    planted = {
        '<p class="a"\n style="x">': "inline style",
        '<a href="#" onclick="x()">': "inline handler",
        '<button hx-on::after-request="x()">': "inline handler",
        '<img src="//example.com/a.png">': "address elsewhere",
        "<script>x()</script>": "script without a nonce",
        "{{ body|safe }}": "unescaped text",
    }
    assert {text: next(_faults(text), "") for text in planted} == planted
