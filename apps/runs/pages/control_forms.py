"""Forms of what may be done about runs."""

from typing import Any
from uuid import UUID

from django import forms

from apps.runs.interpreter.attention import AGAIN, FAIL, HAPPENED
from apps.runs.services.many import ACTIONS, MOST
from apps.runs.state.parts import ALL, MODES, Part

NO_JSON = {"invalid": "This is no JSON. Look for a missing quote or comma."}


class JSONArea(forms.Textarea):
    """A text area for a JSON value, in the face of code."""

    def __init__(self, rows: int = 8) -> None:
        """Show so many lines."""
        super().__init__(attrs={"class": "code", "rows": rows, "spellcheck": "false"})


class RerunForm(forms.Form):
    """Which part of a run to do again, and with what."""

    mode = forms.ChoiceField(choices=[(mode, mode) for mode in MODES])
    node = forms.CharField(max_length=63, required=False)
    inputs = forms.JSONField(
        required=False,
        widget=JSONArea(),
        error_messages=NO_JSON,
    )
    pins = forms.JSONField(
        label="Given outputs",
        required=False,
        widget=JSONArea(4),
        error_messages=NO_JSON,
    )

    def clean_pins(self) -> Any:
        """Refuse what names no steps."""
        pins = self.cleaned_data["pins"] or {}
        if not isinstance(pins, dict):
            raise forms.ValidationError("Give an object: outputs by the id of their step.")
        return pins

    @property
    def part(self) -> Part:
        """Return the part that the valid form asks for."""
        mode = self.cleaned_data["mode"]
        node = "" if mode == ALL else self.cleaned_data["node"]
        return Part(mode, node, self.cleaned_data["pins"])


class SettlementForm(forms.Form):
    """What a person says of a step whose outcome is not known."""

    choice = forms.ChoiceField(choices=[(each, each) for each in (HAPPENED, AGAIN, FAIL)])
    reason = forms.CharField(max_length=2_000, required=False)
    port = forms.CharField(max_length=80, required=False)
    output = forms.JSONField(
        label="What it gave",
        required=False,
        widget=JSONArea(4),
        error_messages=NO_JSON,
    )


class IdsField(forms.MultipleChoiceField):
    """Ids of any objects, at most as many as are dealt with at once."""

    def validate(self, value: list[str]) -> None:
        if not 0 < len(value) <= MOST:
            raise forms.ValidationError(f"Tick between 1 and {MOST} runs.")

    def clean(self, value: Any) -> list[UUID]:
        """Return the ids. Raises ValidationError."""
        try:
            return [UUID(each) for each in super().clean(value)]
        except ValueError as error:
            raise forms.ValidationError("That is no run.") from error


class ManyForm(forms.Form):
    """Runs that were ticked, and what to do to each."""

    action = forms.ChoiceField(choices=[(each, each) for each in ACTIONS])
    ids = IdsField()
