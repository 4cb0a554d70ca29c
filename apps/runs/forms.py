"""Forms of the run pages."""

from typing import Any

from django import forms

from apps.runs.models import Wait


class DecisionForm(forms.Form):
    """One of a question's answers, and why."""

    decision = forms.ChoiceField(widget=forms.HiddenInput)
    comment = forms.CharField(
        label="Reason",
        max_length=10_000,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )

    def __init__(self, *args: Any, wait: Wait, **kwargs: Any) -> None:
        """Offer the question's own answers."""
        super().__init__(*args, **kwargs)
        choices = [(action["id"], action["label"]) for action in wait.actions]
        self.fields["decision"] = forms.ChoiceField(choices=choices)
        self.fields["comment"].required = wait.require_reason
        self.fields["comment"].error_messages["required"] = "Say why: this decision needs a reason."
