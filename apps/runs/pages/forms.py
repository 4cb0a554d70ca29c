"""Forms of the run pages."""

import json
from typing import Any

from django import forms

from apps.common.types import JSON, JSONDict
from apps.nodes.answers import AnswerField, AnswerType
from apps.runs.approvals.terms import Terms
from apps.runs.approvals.voting import UNCHANGED
from apps.runs.models import Wait

FORM = "form."  # what the names of the question's own fields begin with
FEW = 3  # choices that are shown side by side


class DecisionForm(forms.Form):
    """An answer to a question: which, why, the fields it asks for and the value to edit.

    It only reads what was sent; what is missing or does not fit is said by the service, since that
    depends on the answer.
    """

    use_required_attribute = False
    comment = forms.CharField(
        label="Reason",
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, wait: Wait, **kwargs: Any) -> None:
        """Offer the question's own answers and fields."""
        super().__init__(*args, **kwargs)
        terms = Terms.of(wait.terms)
        self.asked = terms.fields
        self.wait = wait
        choices = [(action["id"], action["label"]) for action in wait.actions]
        self.fields["decision"] = forms.ChoiceField(choices=choices)
        for field in terms.fields:
            self.fields[FORM + field.name] = _control(field)
        if terms.editable:
            self.fields["value"] = _editor(_shown(wait.value))

    @property
    def answers(self) -> list[forms.BoundField]:
        """The fields that the question asks for."""
        return [self[FORM + field.name] for field in self.asked]

    @property
    def answer(self) -> JSONDict:
        """What was sent, as the service takes it."""
        data = self.cleaned_data
        given = {
            field.name: _sent(field, data[FORM + field.name])
            for field in self.asked
            if field.type == AnswerType.BOOL or FORM + field.name in self.data
        }
        value = data["value"] if "value" in data and "value" in self.data else UNCHANGED
        return {
            "decision": data["decision"], "comment": data["comment"], "form": given, "value": value,
        }  # fmt: skip

    def clean_value(self) -> JSON:
        """Return the edited value: text stays text, anything else is written as JSON."""
        text: str = self.cleaned_data["value"].replace("\r\n", "\n")
        if isinstance(self.wait.value, str) or "value" not in self.data:
            return text
        try:
            return json.loads(text)
        except ValueError as error:
            raise forms.ValidationError(f"This is not JSON: {error}.") from error


def _editor(text: str) -> forms.Field:
    """Return a control as high as the text seems to need."""
    rows = sum(1 + len(line) // 80 for line in text.split("\n")) + 1
    widget = forms.Textarea(attrs={"rows": min(max(rows, 4), 20)})
    return forms.CharField(required=False, strip=False, initial=text, widget=widget)


def _control(field: AnswerField) -> forms.Field:
    shared: dict[str, Any] = {
        "label": field.label or field.name.replace("_", " ").capitalize(),
        "initial": _plain(field.default),
        "required": False,
    }
    match field.type:
        case AnswerType.PARAGRAPH:
            return forms.CharField(widget=forms.Textarea(attrs={"rows": 4}), **shared)
        case AnswerType.NUMBER:
            return forms.FloatField(widget=forms.NumberInput(attrs={"step": "any"}), **shared)
        case AnswerType.BOOL:
            return forms.BooleanField(**shared)
        case AnswerType.DATE:
            widget = forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d")
            return forms.DateField(widget=widget, input_formats=["%Y-%m-%d"], **shared)
        case AnswerType.SELECT:
            return _choice(field, shared)
    return forms.CharField(**shared)


def _choice(field: AnswerField, shared: dict[str, Any]) -> forms.Field:
    choices = [(option, option) for option in field.options]
    if len(choices) <= FEW:
        return forms.ChoiceField(choices=choices, widget=forms.RadioSelect, **shared)
    return forms.ChoiceField(choices=[("", "Choose"), *choices], **shared)


def _sent(field: AnswerField, value: Any) -> JSON:
    """Return what a control gave as JSON; nothing where it was left empty."""
    if value in (None, ""):
        return None
    if field.type == AnswerType.DATE:
        return str(value.isoformat())
    return _plain(value)


def _plain(value: JSON) -> JSON:
    """Return a whole number without the point that expressions give it."""
    return int(value) if isinstance(value, float) and value.is_integer() else value


def _shown(value: JSON) -> str:
    if isinstance(value, str):
        return value
    return json.dumps(value, indent=2, ensure_ascii=False)
