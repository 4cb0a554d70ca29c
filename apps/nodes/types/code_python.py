"""The author's own code."""

from typing import Any

from pydantic import Field

from apps.nodes.base import (
    AnyOutput,
    Config,
    Effect,
    Group,
    Node,
    NodeContext,
    NodeError,
    Output,
    value_field,
)
from apps.nodes.registry import register
from apps.sandbox.exceptions import CodeFailed, LimitExceeded


class CodeConfig(Config):
    source: str = Field(
        "", max_length=200_000, json_schema_extra={"x-widget": "code", "x-text": True}
    )
    inputs: dict[str, Any] = value_field(
        {}, widget="key-value", description="Names the code can use."
    )


class CodeOutput(Output):
    result: Any
    printed: str


@register
class Code(Node[CodeConfig, CodeOutput]):
    """Run Python in the sandbox; the value of the last expression is the result.

    Part of the standard library is there (json, re, math, datetime), no third-party packages, no
    files and no network. A run may take 5 seconds and 128 MiB.
    """

    name, label, group, icon = "code.python", "Python", Group.DATA, "code"
    effect, only_reads = Effect.IDEMPOTENT, True
    config, output = CodeConfig, CodeOutput
    raw_fields = frozenset({"source"})
    needed = ("source",)
    example = {"source": "{'double': number * 2}", "inputs": {"number": "{{ input.number }}"}}

    async def run(self, config: CodeConfig, context: NodeContext) -> CodeOutput | AnyOutput:
        try:
            done = await context.code(config.source, config.inputs)
        except LimitExceeded as error:
            hint = "Let the step do less: fewer rounds, less data. It may take 5 s and 128 MiB."
            raise NodeError("code_stopped", error.message, hint=hint) from error
        except CodeFailed as error:
            where = f" in line {error.line}" if error.line else ""
            raise NodeError(
                "code_failed", f"{error}{where}", hint="Correct the code, then run from here."
            ) from error
        if done.printed:
            context.log(done.printed)
        return CodeOutput(result=done.value, printed=done.printed)
