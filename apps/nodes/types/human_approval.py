"""A person's word, or that of several."""

import json
from typing import Any, Literal

from pydantic import Field, field_validator, model_validator

from apps.common.types import JSON, JSONDict
from apps.nodes.answers import AnswerField, check_names
from apps.nodes.base import (
    Config,
    Effect,
    Group,
    Kind,
    Node,
    NodeContext,
    NodeError,
    Output,
    PortsOfConfig,
    Result,
    Routed,
    Suspend,
    text_field,
    value_field,
)
from apps.nodes.registry import register

DEFAULT_ACTIONS: list[JSONDict] = [
    {"id": "approved", "label": "Approve", "style": "primary", "approves": True},
    {"id": "rejected", "label": "Reject", "style": "danger"},
]
MAX_EDIT = 256 << 10
MAX_ASKED = 50
HOUR_S = 3600


class Action(Config):
    id: str = Field(pattern=r"^[a-z][a-z0-9_]{0,62}$", description="Stable name of the port.")
    label: str = Field(max_length=40)
    style: str = Field("secondary", pattern="^(primary|secondary|danger)$")
    approves: bool = Field(False, description="Counts towards the approvals that are needed.")
    require_reason: bool = False


class ApprovalConfig(Config):
    title: str = text_field(max_length=400, description="What is to be decided, in one line.")
    body: str = text_field(
        widget="textarea", description="What the person needs to know to decide."
    )
    assignees: list[str] = Field(
        default_factory=list,
        max_length=MAX_ASKED,
        description="E-mail addresses, roles, or groups as group:name; or an expression that gives "
        "a list of them. Empty: whoever may decide.",
        json_schema_extra={"x-widget": "deciders", "x-expression": True},
    )
    actions: list[Action] = Field(
        [Action(**action) for action in DEFAULT_ACTIONS],
        min_length=1,
        max_length=6,
    )
    fields: list[AnswerField] = Field(
        default_factory=list, title="Form", max_length=30, description="What the person fills in."
    )
    quorum: int = Field(1, ge=1, le=MAX_ASKED, title="Approvals needed")
    order: Literal["parallel", "sequence"] = Field(
        "parallel",
        description="In a sequence each assignee is asked when the one before has approved.",
    )
    veto: bool = Field(
        True,
        title="One answer against decides",
        description="Off: it is decided against when the approvals needed cannot be reached.",
    )
    edit: Any = value_field(
        None, title="Value to edit", description="A text or JSON that may be changed on deciding."
    )
    require_reason: bool = False
    expires_after_s: float | None = Field(
        None, gt=0, title="Expires after", json_schema_extra={"x-unit": "s"}
    )
    remind_every_h: float | None = Field(
        None, gt=0, le=24 * 31, title="Remind every", json_schema_extra={"x-unit": "h"}
    )
    reminders: int = Field(3, ge=1, le=20, title="Reminders at most")
    escalate_after_h: float | None = Field(
        None, gt=0, le=24 * 366, title="Escalate after", json_schema_extra={"x-unit": "h"}
    )
    escalate_to: list[str] = Field(
        default_factory=list,
        max_length=MAX_ASKED,
        description="Who is asked as well, if it is not decided by then.",
        json_schema_extra={"x-widget": "deciders", "x-expression": True},
    )
    link_requires_sign_in: bool = Field(
        True,
        title="Mail links need a sign-in",
        description="Off: whoever holds the link of a mail decides as the person it was sent to.",
    )

    @field_validator("assignees", "escalate_to", mode="before")
    @classmethod
    def one_list(cls, given: Any) -> Any:
        """Take a list in a list, which is what an expression gives, and names with commas.

        One that gives nobody is refused: nobody named would mean everybody.
        """
        if not isinstance(given, list | str) or given == []:
            return given
        names = _names(given)
        if not names:
            raise ValueError("Nobody is named. Look at what the expression gave.")
        return names

    @field_validator("fields")
    @classmethod
    def fields_differ(cls, fields: list[AnswerField]) -> list[AnswerField]:
        return check_names(fields)

    @model_validator(mode="after")
    def can_be_decided(self) -> "ApprovalConfig":
        counts = self.quorum > 1 or self.order == "sequence"
        if counts and not any(action.approves for action in self.actions):
            raise ValueError("Mark the answers that approve: several approvals are needed.")
        if self.order == "sequence" and not self.assignees:
            raise ValueError("A sequence needs assignees.")
        if (self.escalate_after_h is None) == bool(self.escalate_to):
            raise ValueError("To escalate give both: after how long, and to whom.")
        return self

    def terms(self) -> JSONDict:
        """Return how the question is decided, as the run keeps it."""
        in_turn = self.order == "sequence"
        stages = [[name] for name in self.assignees] if in_turn else [self.assignees]
        remind_s = self.remind_every_h and self.remind_every_h * HOUR_S
        escalate_s = self.escalate_after_h and self.escalate_after_h * HOUR_S
        return {
            "stages": stages,
            "quorum": self.quorum,
            "veto": self.veto,
            "fields": [field.model_dump(mode="json") for field in self.fields],
            "editable": self.edit is not None,
            "remind_every_s": remind_s,
            "reminders": self.reminders,
            "escalate_after_s": escalate_s,
            "escalate_to": self.escalate_to,
            "link_requires_sign_in": self.link_requires_sign_in,
        }


class ApprovalOutput(Output):
    decision: str
    comment: str
    decided_by: str
    decided_at: str
    form: dict[str, Any]
    votes: list[dict[str, Any]]
    value: Any


@register
class Approval(Node[ApprovalConfig, ApprovalOutput]):
    """Ask a person, or several, and go on by what they decide; without an answer in time, by `expired`.

    Waiting holds nothing, for days or months. Everybody answers once; with more than one approval
    needed the run goes on when they are there, or when one answer against decides. In a sequence
    the approvals needed count for each assignee that is a role or a group; a person is one. `form` holds what
    was filled in, `votes` every answer, `value` the edited value or what came in.
    """

    name, label, group, icon = "human.approval", "Approval", Group.PEOPLE, "hand"
    effect, asks_others = Effect.PURE, True
    config, output = ApprovalConfig, ApprovalOutput
    outputs = PortsOfConfig("/actions", always=("expired",), kind=Kind.ANY)
    example = {
        "title": "Refund {{ input.amount }} to {{ input.customer }}?",
        "actions": DEFAULT_ACTIONS,
    }

    async def run(self, config: ApprovalConfig, context: NodeContext) -> Result:
        answer = context.decision
        if answer is None:
            return Suspend("approval", seconds=config.expires_after_s, data=_question(config))
        editable = config.edit is not None
        output = {
            "decision": answer["decision"],
            "comment": answer.get("comment", ""),
            "decided_by": answer.get("decided_by", ""),
            "decided_at": answer["at"],
            "form": answer.get("form") or {},
            "votes": answer.get("votes", []),
            "value": answer.get("value") if editable else context.prev,
        }
        return Routed(str(answer["decision"]), output)


def _question(config: ApprovalConfig) -> JSONDict:
    if len(json.dumps(config.edit)) > MAX_EDIT:
        raise NodeError(
            "too_large_to_edit",
            f"The value to edit has more than {MAX_EDIT >> 10} KiB.",
            hint="Hand over only the part that people are to change.",
        )
    asked = config.model_dump(mode="json", include={"title", "body", "actions", "require_reason"})
    terms = config.terms()
    return {**asked, "assignees": terms["stages"][0], "terms": terms, "value": config.edit}


def _names(given: JSON) -> list[str]:
    """Return the names in a list of texts and lists; addresses in lower case, each once."""
    if isinstance(given, list):
        return list(dict.fromkeys(name for each in given for name in _names(each)))
    if isinstance(given, str) and "{{" in given:
        return [given]  # judged when it is known what it gives
    if not isinstance(given, str):
        raise ValueError("Give e-mail addresses, names of roles, or groups as group:name.")
    return [name.strip().lower() for name in given.split(",") if name.strip()]
