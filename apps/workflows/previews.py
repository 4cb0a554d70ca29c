"""What a text with expressions would give, while somebody writes it.

Evaluating is running: it asks for the rights to edit and to run, and happens in the sandbox. The
values are the caller's own, mostly those of a run that they are looking at; nothing is looked up.
"""

from apps.accounts import policies
from apps.accounts.models import User
from apps.common.types import JSON, JSONDict
from apps.sandbox.exceptions import CodeFailed, ExpressionInvalid
from apps.sandbox.expressions import Template, parse_template
from apps.sandbox.services import segment
from apps.tenants.context import current_schema
from apps.workflows.exceptions import CannotPreview
from apps.workflows.models import Workflow


def preview_text(workflow: Workflow, *, actor: User, text: str, values: JSONDict) -> JSON:
    """Return what a text gives for these values of its names. Raises CannotPreview, Forbidden."""
    policies.check(actor, "edit", workflow)
    policies.check(actor, "run", workflow)
    template = _parsed(text)
    unknown = sorted(
        name
        for expression in template.expressions
        for name in expression.names
        if name not in values
    )
    if unknown:
        raise CannotPreview(f"“{unknown[0]}” has no value yet. Run the workflow once.")
    try:
        with segment(current_schema()) as session:
            return session.render(text, {text: template}, values)
    except CodeFailed as error:
        raise CannotPreview(error.message or str(error)) from error


def _parsed(text: str) -> Template:
    try:
        return parse_template(text)
    except ExpressionInvalid as error:
        raise CannotPreview(f"{error.message} {error.hint}".strip()) from error
