"""Runbooks as Markdown, and where their links may lead; the studio's tests read the same cases."""

import json
from pathlib import Path
from typing import Any

import pytest

from apps.workflows.runbook import schema, tree
from apps.workflows.runbook.markdown import markdown

CASES: dict[str, Any] = json.loads(Path("tests/runbook.json").read_text())


@pytest.mark.parametrize("case", CASES["markdown"], ids=lambda case: case["name"])
def test_a_runbook_is_written_as_markdown(case: dict[str, Any]) -> None:
    assert tree.cleaned(case["doc"]) == case["doc"]
    assert markdown(case["doc"], lambda node: ("", "")) == case["markdown"]


def test_live_elements_and_pictures_become_links() -> None:
    live = {"type": "node_block", "attrs": {"node": "draft"}}
    image = {"type": "image", "attrs": {"image": "x", "alt": "A [plan]"}}

    def reference(node: dict[str, Any]) -> tuple[str, str]:
        return node["attrs"].get("alt", "Draft"), f"/{node['type']}/"

    written = markdown({"type": "doc", "content": [live, image]}, reference)
    assert written == "[Draft](/node_block/)\n\n![A \\[plan\\]](/image/)\n"


@pytest.mark.parametrize("href", CASES["links"]["safe"])
def test_a_link_may_lead_there(href: str) -> None:
    assert schema.is_safe_href(href)


@pytest.mark.parametrize("href", CASES["links"]["unsafe"])
def test_a_link_may_not_lead_there(href: str) -> None:
    assert not schema.is_safe_href(href)
