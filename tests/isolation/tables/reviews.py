"""Requests about reviews and the rules that ask for them."""

from tests.isolation.probe import FORM, LIST, Probe, api, of
from tests.isolation.world import World


def _rule(world: World) -> dict[str, object]:
    return {"folder": of(world, "spare_folder"), "approvals": 2}


YES = {"approves": True, "comment": "Fine."}
REVIEWS = [
    api("review-list", **LIST),
    api("review-list", query="q=canary&state=open", note="filtered", **LIST),
    api("review-detail", pk="review"),
    api("review-contributions", pk="review", shows=False),
    api("review-answer", "POST", pk="answerable", body=YES),
    api("review-withdraw", "POST", pk="review"),
    api("workflow-review", pk="reviewed"),
    api("workflow-review", "POST", pk="reviewed", body={"notes": "Look at it."}),
    api("review-rule-list", **{**LIST, "shows": False}),
    api("review-rule-list", "POST", body=_rule, elsewhere=422, shows=False),
    api("review-rule-detail", "PATCH", pk="rule", body={"approvals": 3}, shows=False),
    api("review-rule-detail", "DELETE", pk="rule", shows=False),
    Probe("reviews:list", query="state=open", elsewhere=None),
    Probe("reviews:detail", args={"review_id": "review"}),
    Probe("reviews:answer", "POST", {"review_id": "answerable"}, media=FORM, body={"verdict": "approve"}, shows=False),
    Probe("reviews:comment", "POST", {"review_id": "review"}, media=FORM, body={"node": "greet", "text": "Why?"}, shows=False),
    Probe("reviews:reply", "POST", {"review_id": "review", "thread_id": "reviewed_thread"}, media=FORM, body={"text": "So."}, shows=False),
    Probe("reviews:resolve", "POST", {"review_id": "review", "thread_id": "reviewed_thread"}, media=FORM, shows=False),
    Probe("reviews:withdraw", "POST", {"review_id": "review"}, media=FORM, shows=False),
    Probe("reviews:rules", elsewhere=None),
    Probe("reviews:add_rule", "POST", media=FORM, body=_rule, elsewhere=422, shows=False),
    Probe("reviews:change_rule", "POST", {"rule_id": "rule"}, media=FORM, body={"approvals": "3"}, shows=False),
    Probe("reviews:remove_rule", "POST", {"rule_id": "rule"}, media=FORM, shows=False),
]  # fmt: skip
