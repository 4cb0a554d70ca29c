"""What a text with expressions would give, while somebody writes it.

Evaluating is running: it asks for the rights to edit and to run, and happens in the sandbox. The
values are the caller's own, mostly those of a run that they are looking at; nothing is looked up.
"""

from dataclasses import dataclass

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.types import JSON, JSONDict
from apps.sandbox.exceptions import CodeFailed, ExpressionInvalid
from apps.sandbox.expressions import Template, parse_template
from apps.sandbox.services import segment
from apps.tenants.context import current_schema
from apps.workflows.models import Workflow


@dataclass(frozen=True)
class Preview:
    """What a text gives, or why it gives nothing; a text that is half written is no error."""

    value: JSON = None
    problem: str = ""


def preview_text(workflow: Workflow, *, actor: User, text: str, values: JSONDict) -> Preview:
    """Return what a text gives for these values of its names. Raises Forbidden."""
    policies.check(actor, "edit", workflow)
    policies.check(actor, "run", workflow)
    try:
        template = parse_template(text)
    except ExpressionInvalid as error:
        return Preview(problem=f"{error.message} {error.hint}".strip())
    return _evaluated(text, template, values)


def _evaluated(text: str, template: Template, values: JSONDict) -> Preview:
    unknown = sorted(
        name
        for expression in template.expressions
        for name in expression.names
        if name not in values
    )
    if unknown:
        return Preview(problem=f"“{unknown[0]}” has no value yet. Run the workflow once.")
    try:
        with segment(current_schema()) as session:
            return Preview(session.render(text, {text: template}, values))
    except CodeFailed as error:
        return Preview(problem=error.message or str(error))
