"""The form of what the workspace asks of sign-ins."""

from datetime import timedelta
from typing import Any

from django import forms

from apps.accounts.forms import NetworksField, role_choices
from apps.accounts.models import SignInRules

MINUTE, HOUR, DAY = 60, 3600, 24 * 3600
IDLE = [
    (15 * MINUTE, "15 minutes"),
    (30 * MINUTE, "30 minutes"),
    (HOUR, "1 hour"),
    (8 * HOUR, "8 hours"),
    (DAY, "1 day"),
    (7 * DAY, "7 days"),
]
LONGEST = [(8 * HOUR, "8 hours"), (12 * HOUR, "12 hours"), (DAY, "1 day"), (7 * DAY, "7 days"), (30 * DAY, "30 days")]  # fmt: skip
GRACE = [(0, "No time"), (DAY, "1 day"), (7 * DAY, "7 days"), (14 * DAY, "14 days"), (30 * DAY, "30 days")]  # fmt: skip
LENGTHS = ("idle", "longest", "factor_grace")


def _length(seconds: str) -> timedelta:
    return timedelta(seconds=int(seconds))


class LengthField(forms.TypedChoiceField):
    """A length of time among those that are usual; another one that programs set is kept."""

    def __init__(self, usual: list[tuple[int, str]], **kwargs: Any) -> None:
        """Offer the usual lengths."""
        super().__init__(choices=usual, coerce=_length, **kwargs)

    def offer(self, length: timedelta) -> None:
        """Offer one more where it is not among the usual."""
        seconds = int(length.total_seconds())
        if seconds not in dict(self.choices):  # type: ignore[arg-type]
            self.choices = [(seconds, str(length)), *self.choices]  # type: ignore[misc]


class SignInRulesForm(forms.Form):
    """How long sessions last, from where, and who needs a second factor."""

    idle = LengthField(IDLE, label="Sign out after this long without anybody there")
    longest = LengthField(LONGEST, label="Sign out after this long in any case")
    most_sessions = forms.IntegerField(
        required=False, label="Browsers in which one person can be signed in at once"
    )
    networks = NetworksField()
    factor_for = forms.ChoiceField(
        choices=SignInRules.FactorFor.choices,
        label="A second factor is asked of",
        widget=forms.RadioSelect,
    )
    factor_roles = forms.MultipleChoiceField(
        choices=role_choices, required=False, label="Roles", widget=forms.CheckboxSelectMultiple
    )
    factor_grace = LengthField(GRACE, label="Time to set it up")

    def __init__(self, data: Any, *, rules: SignInRules) -> None:
        """Show the rules as they are."""
        told = {name: getattr(rules, name) for name in (*LENGTHS, "factor_for", "factor_roles")}
        shown = {name: int(told[name].total_seconds()) for name in LENGTHS}
        places = {"most_sessions": rules.most_sessions, "networks": "\n".join(rules.networks)}
        super().__init__(data, initial=told | shown | places)
        for name in LENGTHS:
            self.fields[name].offer(told[name])  # type: ignore[attr-defined]
