"""A workflow inside a workflow."""

from typing import Any

from pydantic import Field

from apps.nodes.base import (
    Config,
    Effect,
    Group,
    Node,
    NodeContext,
    NodeError,
    Output,
    Result,
    Suspend,
    value_field,
)
from apps.nodes.registry import register


class RunConfig(Config):
    workflow: str = Field(
        "",
        description="Which workflow to run.",
        json_schema_extra={"x-widget": "workflow"},
    )
    version: int | None = Field(
        None, ge=1, description="A published version; empty: the newest when the step runs."
    )
    inputs: dict[str, Any] = value_field({}, widget="key-value")


class RunOutput(Output):
    run: str
    outputs: Any


@register
class RunWorkflow(Node[RunConfig, RunOutput]):
    """Run another workflow and wait for what it gives. Waiting holds nothing.

    The inner run keeps the version that it began with, and ends when the outer one is cancelled.
    """

    name, label, group, icon = "flow.run", "Run workflow", Group.LOGIC, "workflow"
    effect, asks_others = Effect.PURE, True
    config, output = RunConfig, RunOutput
    needed = ("workflow",)
    example = {"workflow": "", "inputs": {"text": "{{ prev.text }}"}}

    async def run(self, config: RunConfig, context: NodeContext) -> Result:
        if context.decision is None:
            return Suspend("child", data=config.model_dump(mode="json"))
        done = context.decision
        if done["status"] != "succeeded":
            reason = (done.get("error") or {}).get("message", "")
            raise NodeError(
                "child_failed",
                f"The inner run ended as {done['status']}. {reason}".strip(),
                hint="Open the inner run to see why; then run from here.",
            )
        return RunOutput(run=done["run"], outputs=done["outputs"])
