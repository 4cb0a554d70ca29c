"""Requests about classes of data, and about what is withheld in runs."""

from tests.isolation.probe import FORM, LIST, NOBODYS, Probe, of
from tests.isolation.world import World


def _value(world: World) -> dict[str, object]:
    return {"value": of(world, "withheld_value")}


def _values(world: World) -> dict[str, object]:
    return {"values": [of(world, "withheld_value")]}


OF_CLASS = {"slug": "data_class"}
SPARE = {"slug": "spare_class"}
OF_RUN = {"pk": "withheld_run"}
RULES = {"name": "Files", "description": "x", "keep_days": "30"}
CLASSIFICATION = [
    Probe("api:data-class-list", **LIST),
    Probe("api:data-class-list", query="q=canary", note="searched", **LIST),
    Probe("api:data-class-list", "POST", body={"slug": "hr-file", "name": "File"}, **NOBODYS),
    Probe("api:data-class-detail", args=OF_CLASS),
    Probe("api:data-class-detail", "PATCH", OF_CLASS, body={"keep_days": 30}),
    Probe("api:data-class-detail", "DELETE", SPARE, shows=False),
    Probe("api:data-class-uses", args=OF_CLASS),
    Probe("classification:list", elsewhere=None),
    Probe("classification:new", elsewhere=None, shows=False),
    Probe("classification:new", "POST", media=FORM, body={"slug": "hr-file", **RULES}, elsewhere=None, shows=False),
    Probe("classification:detail", args=OF_CLASS),
    Probe("classification:change", "POST", OF_CLASS, media=FORM, body=RULES, shows=False),
    Probe("classification:remove", "POST", SPARE, media=FORM, shows=False),
    Probe("api:run-withheld", args=OF_RUN, shows=True),
    Probe("api:run-withheld", "POST", OF_RUN, body=_values),
    Probe("api:run-withheld", "DELETE", OF_RUN, shows=False),
    Probe("runs:reveal", "POST", {"run_id": "withheld_run"}, media=FORM, body=_value),
    Probe("runs:erase", "POST", {"run_id": "withheld_run"}, media=FORM, shows=False),
]  # fmt: skip
