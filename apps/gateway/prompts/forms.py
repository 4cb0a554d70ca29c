"""Forms of the pages of prompts."""

import json
from typing import Any

from django import forms

from apps.common.errors import DomainError
from apps.common.parsing import parse_json
from apps.common.types import JSON, JSONDict
from apps.gateway.forms import MONO
from apps.gateway.models import Prompt
from apps.gateway.prompts.content import LONGEST, MOST_MESSAGES, MOST_VARIABLES, ROLES, Role, Type

TYPES = [(each.value, each.value) for each in Type]


class MessageForm(forms.Form):
    """One message; without words the row does not count."""

    role = forms.ChoiceField(choices=ROLES, initial=Role.USER.value)
    content = forms.CharField(
        label="Words", max_length=LONGEST, required=False, strip=False,
        widget=forms.Textarea({**MONO, "rows": 5}),
    )  # fmt: skip


class VariableForm(forms.Form):
    """One variable; without a name the row does not count."""

    name = forms.RegexField(
        r"^[a-z][a-z0-9_]{0,62}$", required=False, widget=forms.TextInput(MONO),
        error_messages={"invalid": "Use small letters, digits and underscores."},
    )  # fmt: skip
    type = forms.ChoiceField(choices=TYPES, required=False)
    default = forms.CharField(max_length=2_000, required=False, widget=forms.TextInput(MONO))
    required = forms.BooleanField(required=False, initial=True)
    description = forms.CharField(max_length=300, required=False)

    def clean(self) -> JSONDict:
        """Read the default as a value of the type."""
        data = super().clean() or self.cleaned_data
        text = data.get("default", "")
        try:
            data["default"] = _value(text, data.get("type") or Type.TEXT) if text else None
        except DomainError:
            self.add_error("default", f"This is no {data.get('type')}.")
        return data

    @property
    def values(self) -> JSONDict:
        """The variable as the service takes it."""
        data = self.cleaned_data
        return {**data, "type": data["type"] or Type.TEXT.value}


class Rows(forms.BaseFormSet):  # type: ignore[type-arg]  # it takes none at run time
    """Rows that count also where nobody changed them: what a version said may stay as it was."""

    def get_form_kwargs(self, index: int | None) -> JSONDict:
        return {"empty_permitted": False, "use_required_attribute": False}


MessageForms = forms.formset_factory(
    MessageForm, formset=Rows, extra=1, max_num=MOST_MESSAGES, absolute_max=MOST_MESSAGES
)
VariableForms = forms.formset_factory(
    VariableForm, formset=Rows, extra=2, max_num=MOST_VARIABLES, absolute_max=MOST_VARIABLES
)


class VersionForm(forms.Form):
    """What a version says beside its messages and variables."""

    temperature = forms.FloatField(required=False, min_value=0, max_value=2)
    max_tokens = forms.IntegerField(
        label="Longest answer, in tokens", required=False, min_value=1, max_value=1_000_000
    )
    notes = forms.CharField(
        label="What changed", max_length=300, required=False, help_text="For those who compare."
    )

    def __init__(self, data: Any = None, *, content: JSONDict | None = None) -> None:
        """Offer what a version says, to be changed."""
        super().__init__(data, initial=(content or {}).get("params"))
        first = [{"role": "system"}, {"role": "user"}]
        self.messages = MessageForms(
            data, prefix="messages", initial=content["messages"] if content else first
        )
        self.variables = VariableForms(
            data, prefix="variables", initial=_shown(content["variables"]) if content else None
        )

    def is_valid(self) -> bool:
        """Check the rows as well."""
        return all([super().is_valid(), self.messages.is_valid(), self.variables.is_valid()])

    @property
    def content(self) -> JSONDict:
        """The content as the services take it."""
        said = (row.cleaned_data for row in self.messages)
        named = (row for row in self.variables if row.cleaned_data.get("name"))
        params = {name: self.cleaned_data[name] for name in ("temperature", "max_tokens")}
        return {
            "messages": [each for each in said if each.get("content", "").strip()],
            "variables": [row.values for row in named],
            "params": params,
        }


class NewPromptForm(VersionForm):
    """A prompt to make."""

    name = forms.CharField(max_length=120, help_text="How people call it.")
    slug = forms.CharField(
        label="Short name", max_length=63, widget=forms.TextInput(MONO),
        help_text="Steps name it, so it cannot be changed later. Such as support-reply.",
    )  # fmt: skip
    description = forms.CharField(max_length=300, required=False)
    field_order = ["name", "slug", "description"]

    @property
    def values(self) -> JSONDict:
        """The values as the service takes them."""
        data = self.cleaned_data
        named = {name: data[name] for name in ("name", "slug", "description", "notes")}
        return {**named, "content": self.content}


class DetailsForm(forms.Form):
    """Name and description of a prompt."""

    name = forms.CharField(max_length=120)
    description = forms.CharField(max_length=300, required=False)

    def __init__(self, data: Any = None, *, prompt: Prompt) -> None:
        """Show how it is."""
        super().__init__(data, initial={"name": prompt.name, "description": prompt.description})


class LabelForm(forms.Form):
    """A label, and the version that it is to name."""

    name = forms.CharField(
        label="Label", max_length=63, widget=forms.TextInput({**MONO, "list": "known-labels"}),
        help_text="Such as production or staging.",
    )  # fmt: skip
    number = forms.TypedChoiceField(label="Version", coerce=int)

    def __init__(self, data: Any = None, *, prompt: Prompt) -> None:
        """Offer the versions, the newest first."""
        super().__init__(data, auto_id="label_%s")  # the page has another form with a name
        number = self.fields["number"]
        assert isinstance(number, forms.ChoiceField)
        number.choices = [(each, f"v{each}") for each in range(prompt.newest, 0, -1)]


def _value(text: str, kind: str) -> JSON:
    return text if kind == Type.TEXT else parse_json(text.encode(), what="This")


def _shown(variables: list[JSONDict]) -> list[JSONDict]:
    """Return variables as their rows show them."""
    return [{**each, "default": _text(each["default"])} for each in variables]


def _text(value: JSON) -> str:
    if value is None or isinstance(value, str):
        return value or ""
    return json.dumps(value, ensure_ascii=False)
