"""A person's word."""

from typing import Any

from pydantic import Field

from apps.nodes.base import (
    Config,
    Effect,
    Group,
    Kind,
    Node,
    NodeContext,
    Output,
    PortsOfConfig,
    Result,
    Routed,
    Suspend,
    text_field,
)
from apps.nodes.registry import register

DEFAULT_ACTIONS = [
    {"id": "approved", "label": "Approve", "style": "primary"},
    {"id": "rejected", "label": "Reject", "style": "danger"},
]


class Action(Config):
    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="Stable name of the port.")
    label: str = Field(max_length=40)
    style: str = Field("secondary", pattern="^(primary|secondary|danger)$")


class ApprovalConfig(Config):
    title: str = text_field(max_length=400, description="What is to be decided, in one line.")
    body: str = text_field(
        widget="textarea", description="What the person needs to know to decide."
    )
    actions: list[Action] = Field(
        [Action(**action) for action in DEFAULT_ACTIONS],
        min_length=1,
        max_length=6,
    )
    assignees: list[str] = Field(
        default_factory=list, description="E-mail addresses or roles; empty: whoever may decide."
    )
    require_reason: bool = False
    expires_after_s: float | None = Field(
        None, gt=0, title="Expires after", json_schema_extra={"x-unit": "s"}
    )


class ApprovalOutput(Output):
    decision: str
    comment: str
    decided_by: str
    decided_at: str
    value: Any


@register
class Approval(Node[ApprovalConfig, ApprovalOutput]):
    """Ask a person and go on by what they decide; without an answer in time, by `expired`.

    Waiting holds nothing, for days or months. Each request is decided once.
    """

    name, label, group, icon = "human.approval", "Approval", Group.PEOPLE, "hand"
    effect = Effect.PURE
    config, output = ApprovalConfig, ApprovalOutput
    outputs = PortsOfConfig("/actions", always=("expired",), kind=Kind.ANY)
    example = {
        "title": "Refund {{ input.amount }} to {{ input.customer }}?",
        "actions": DEFAULT_ACTIONS,
    }

    async def run(self, config: ApprovalConfig, context: NodeContext) -> Result:
        if context.decision is None:
            asked = config.model_dump(
                mode="json", include={"title", "body", "actions", "assignees", "require_reason"}
            )
            return Suspend("approval", seconds=config.expires_after_s, data=asked)
        answer = context.decision
        output = {
            "decision": answer["decision"],
            "comment": answer.get("comment", ""),
            "decided_by": answer.get("decided_by", ""),
            "decided_at": answer["at"],
            "value": context.prev,
        }
        return Routed(str(answer["decision"]), output)
