"""One person's answer to a question, checked against what the question allows."""

import json
from dataclasses import dataclass
from typing import Any

from apps.classification.veil import column, resolved, words
from apps.common.types import JSON, JSONDict
from apps.nodes.answers import check_answers
from apps.runs.approvals.terms import Terms, approving
from apps.runs.exceptions import BadDecision
from apps.runs.models import Wait
from apps.runs.state.outcomes import storable
from apps.runs.state.withholding import kept_marks, learn_marked

MAX_VALUE = 256 << 10
UNCHANGED: Any = object()  # stands for an edit that nobody made: any JSON could be one


@dataclass(frozen=True)
class Answer:
    """What is voted for, why, and with which values."""

    decision: str
    comment: str
    form: JSONDict
    value: JSON
    edits: bool  # whether the value was changed

    @classmethod
    def checked(
        cls, wait: Wait, *, decision: str, comment: str, form: JSONDict | None, value: JSON
    ) -> "Answer":
        """Return the answer as it is stored. Raises BadDecision with an entry for each field."""
        terms = Terms.of(wait.terms)
        action = next((each for each in wait.actions if each["id"] == decision), None)
        if action is None:
            offered = ", ".join(each["id"] for each in wait.actions)
            raise BadDecision.at("decision", f"Choose one of: {offered}.", "invalid")
        complete = decision in approving(wait.actions)
        values, errors = check_answers(terms.fields, form or {}, complete=complete)
        if needs_reason(wait, action) and not comment.strip():
            errors.append(
                {
                    "field": "comment",
                    "message": "Say why: this answer needs a reason.",
                    "code": "required",
                }
            )
        errors += _value_errors(wait, terms, value)
        if errors:
            raise BadDecision(errors=errors)
        edits = value is not UNCHANGED and value != resolved(wait.value)
        kept, _ = storable({"form": values, "value": value if edits else wait.value})
        learn_marked({**kept, "comment": comment}, kept_marks(wait.terms))
        said = words(comment.replace("\x00", ""))
        return cls(decision, said, column(kept["form"]), column(kept["value"]), edits)


def needs_reason(wait: Wait, action: JSONDict) -> bool:
    """Tell whether an answer must say why."""
    return wait.require_reason or bool(action.get("require_reason"))


def check_names_value(wait: Wait, answer: JSONDict) -> None:
    """Raise BadDecision for a program's approval that does not say of which value.

    Somebody may have edited it since the program looked: what it has not seen it does not approve.
    """
    approves = answer["decision"] in approving(wait.actions)
    if approves and Terms.of(wait.terms).editable and "value" not in answer:
        raise BadDecision.at("value", "Send the value that you approve, edited or not.", "required")


def _value_errors(wait: Wait, terms: Terms, value: JSON) -> list[JSONDict]:
    if value is UNCHANGED:
        return []
    if not terms.editable:
        problem = "There is nothing to edit in this question."
    elif isinstance(resolved(wait.value), str) and not isinstance(value, str):
        problem = "Give a text."
    else:
        problem = _size_problem(value)
    return [{"field": "value", "message": problem, "code": "invalid"}] if problem else []


def _size_problem(value: JSON) -> str:
    try:
        size = len(json.dumps(value, allow_nan=False))
    except ValueError:
        return "Give JSON: numbers must be finite."
    return "" if size <= MAX_VALUE else f"Give at most {MAX_VALUE >> 10} KiB."
