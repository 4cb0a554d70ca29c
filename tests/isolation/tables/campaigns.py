"""Requests about access reviews: campaigns, the rights in them, series."""

from tests.isolation.probe import FORM, LIST, NOBODYS, Probe, api, of
from tests.isolation.world import World


def _hand_on(world: World) -> dict[str, object]:
    return {"reviewer": of(world, "operator"), "filters": {"sort": "role"}}


BEGIN = {"name": "Quarter", "sorts": ["role"], "reviewers": "managers", "days": 14}
FIELDS = {**BEGIN, "sorts": "role"}
AGAIN = {**FIELDS, "months": "3"}
REMOVE = {"decision": "remove", "reason": "Not needed."}
WHY = {"reason": "Not needed."}
CAMPAIGNS = [
    api("campaign-list", **LIST),
    api("campaign-list", query="q=canary&state=open", note="filtered", **LIST),
    api("campaign-list", "POST", body=BEGIN, **NOBODYS),
    api("campaign-detail", pk="campaign"),
    api("campaign-items", pk="campaign", query="sort=role&reviewer=me"),
    api("campaign-export", pk="campaign"),
    api("campaign-keep", "POST", pk="campaign", body={"filters": {"sort": "role"}}, shows=False),
    api("campaign-hand-on", "POST", pk="campaign", body=_hand_on, elsewhere=422, shows=False),
    api("campaign-sign", "POST", pk="signable", body={"statement": "Looked at."}),
    api("campaign-cancel", "POST", pk="campaign", body=WHY),
    api("campaign-item-detail", pk="review_item"),
    api("campaign-item-decide", "POST", pk="review_item", body=REMOVE),
    api("campaign-item-settle", "POST", pk="open_end", body={"note": "Seen to."}),
    api("campaign-series-list", **LIST),
    api("campaign-series-pause", "POST", pk="series"),
    api("campaign-series-resume", "POST", pk="paused_series"),
    api("campaign-series-detail", "DELETE", pk="series", shows=False),
    Probe("campaigns:list", **LIST),
    Probe("campaigns:new", **NOBODYS),
    Probe("campaigns:new", "POST", media=FORM, body=FIELDS, **NOBODYS),
    Probe("campaigns:new", "POST", media=FORM, body=AGAIN, note="again and again", **NOBODYS),
    Probe("campaigns:detail", args={"campaign_id": "campaign"}),
    Probe("campaigns:keep", "POST", {"campaign_id": "campaign"}, media=FORM, shows=False),
    Probe("campaigns:hand_on", "POST", {"campaign_id": "campaign"}, media=FORM, body=lambda world: {"reviewer": f"operator@{world.canary}.example"}, shows=False),
    Probe("campaigns:sign", "POST", {"campaign_id": "signable"}, media=FORM, shows=False),
    Probe("campaigns:cancel", "POST", {"campaign_id": "campaign"}, media=FORM, body=WHY, shows=False),
    Probe("campaigns:export", "POST", {"campaign_id": "campaign"}, media=FORM, body={"format": "csv"}),
    Probe("campaigns:item", args={"item_id": "review_item"}),
    Probe("campaigns:decide", "POST", {"item_id": "review_item"}, media=FORM, body=REMOVE, shows=False),
    Probe("campaigns:settle", "POST", {"item_id": "open_end"}, media=FORM, body=WHY, shows=False),
    *(
        Probe("campaigns:act_on_series", "POST", {"series_id": name, "action": act}, media=FORM, note=act, shows=False)
        for name, act in (("series", "pause"), ("paused_series", "resume"), ("series", "end"))
    ),
]  # fmt: skip
