"""Requests about the library of prompts."""

from tests.isolation.probe import FORM, LIST, NOBODYS, Probe, api
from tests.isolation.world import World

SAID = {"messages": [{"role": "user", "content": "Hello {{ who }}"}]}
ROWS = {
    "messages-TOTAL_FORMS": "1", "messages-INITIAL_FORMS": "0", "messages-0-role": "user",
    "messages-0-content": "Hello {{ who }}", "variables-TOTAL_FORMS": "0",
    "variables-INITIAL_FORMS": "0",
}  # fmt: skip
OURS, SPARE = {"slug": "prompt"}, {"slug": "spare_prompt"}
LABEL = {**OURS, "name": "label"}


def question(world: World) -> dict[str, object]:
    """Ask the workspace's route."""
    said = {"messages": [{"role": "user", "content": "Hello"}]}
    return {"model": world.objects["route"], "content": said}


PROMPTS = [
    api("prompt-list", **LIST),
    api("prompt-list", query="q=prompt&label={label}", note="labelled", **NOBODYS),
    api("prompt-list", "POST", body={"slug": "new", "content": SAID}, **NOBODYS),
    Probe("api:prompt-detail", args=OURS),
    Probe("api:prompt-detail", "PATCH", OURS, body={"description": "x"}),
    Probe("api:prompt-detail", "DELETE", SPARE, shows=False),
    Probe("api:prompt-diff", args=OURS, query="from=1&to=2"),
    Probe("api:prompt-versions", args=OURS),
    Probe("api:prompt-versions", "POST", OURS, body={"content": SAID}, shows=False),
    Probe("api:prompt-version", args={**OURS, "number": 1}),
    Probe("api:prompt-label", "PUT", {**OURS, "name": "staging"}, body={"version": 2}, shows=False),
    Probe("api:prompt-label", "DELETE", LABEL, shows=False),
    Probe("gateway:prompts", **LIST),
    Probe("gateway:new_prompt", **NOBODYS),
    Probe(
        "gateway:new_prompt", "POST", body={**ROWS, "name": "New", "slug": "newer"}, media=FORM,
        **NOBODYS,
    ),
    Probe("gateway:prompt", args=OURS),
    Probe("gateway:prompt", "POST", OURS, body={"name": "Renamed"}, media=FORM, shows=False),
    Probe("gateway:new_version", args=OURS),
    Probe("gateway:new_version", "POST", OURS, body=ROWS, media=FORM, shows=False),
    Probe("gateway:prompt_diff", args=OURS),
    Probe(
        "gateway:set_label", "POST", OURS, body={"name": "staging", "number": "1"}, media=FORM,
        shows=False,
    ),
    Probe("gateway:remove_label", "POST", LABEL, shows=False),
    Probe("gateway:delete_prompt", "POST", SPARE, shows=False),
    Probe("gateway:playground", **LIST),
    Probe("gateway:playground", query="call={call}", note="of a call"),
    Probe("gateway:playground", query="prompt={prompt}", note="of a prompt", **NOBODYS),
    Probe("gateway:ask", "POST", body=question, shows=False),
]  # fmt: skip
