"""Forms of the pages of budgets."""

import re
from typing import Any
from uuid import UUID

from django import forms

from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.gateway.budgets import subjects
from apps.gateway.budgets.periods import zones
from apps.gateway.budgets.services import LEAST_USD, MOST_USD
from apps.gateway.models import Budget, MoneyRules

WHOLE = Budget.Scope.WORKSPACE.value
NUMBER = {"class": "mono", "inputmode": "decimal", "autocomplete": "off"}


class BudgetForm(forms.Form):
    """How much may be spent, and what happens on the way there."""

    amount_usd = forms.DecimalField(
        label="Dollars",
        max_digits=14,
        decimal_places=4,
        min_value=LEAST_USD,
        max_value=MOST_USD,
        widget=forms.TextInput(NUMBER),
    )
    alerts = forms.CharField(
        label="Tell people at",
        max_length=40,
        required=False,
        initial="80",
        widget=forms.TextInput(NUMBER),
        help_text="Percent, such as 50, 80. Those who manage budgets are told, once in each period.",
    )
    stops = forms.BooleanField(
        label="Refuse calls once it is used up", required=False, initial=True
    )

    def clean_alerts(self) -> list[int]:
        """Return the shares as numbers."""
        words = re.split(r"[\s,;%]+", self.cleaned_data["alerts"].strip())
        try:
            return sorted({int(word) for word in words if word})
        except ValueError:
            raise forms.ValidationError("Write whole percents, such as 50, 80.") from None


class NewBudgetForm(BudgetForm):
    """A budget to set: of what, and for how long."""

    of = forms.ChoiceField(label="Of")
    every = forms.ChoiceField(
        label="For each", choices=Budget.Every.choices, initial=Budget.Every.MONTH
    )
    field_order = ["of", "every", "amount_usd", "alerts", "stops"]

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        """Offer what the actor may set a budget for."""
        super().__init__(*args, **kwargs)
        field = self.fields["of"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(WHOLE, "The whole workspace"), *_groups(actor)]

    @property
    def values(self) -> JSONDict:
        """The cleaned values as the service takes them."""
        data = dict(self.cleaned_data)
        scope, _, subject = data.pop("of").partition(":")
        return {**data, "scope": scope, "subject": UUID(subject) if subject else None}


class RulesForm(forms.ModelForm):  # type: ignore[type-arg]  # Django's is not generic
    """How the workspace counts money."""

    time_zone = forms.ChoiceField(
        label="Time zone", help_text="Days and months of budgets begin at its midnight."
    )

    class Meta:
        model = MoneyRules
        fields = [
            "time_zone", "answer_tokens", "unpriced", "assumed_input_usd", "assumed_output_usd",
        ]  # fmt: skip
        labels = {
            "answer_tokens": "Longest answer of calls that name no limit",
            "unpriced": "Calls to models without a known price",
            "assumed_input_usd": "Assumed for a million tokens in",
            "assumed_output_usd": "Assumed for a million tokens out",
        }
        help_texts = {
            "answer_tokens": "Tokens. Where a budget stops, a call is held to it: only so is there a most that it can cost.",
            "unpriced": "Only where a budget applies. Set a price of your own to be exact.",
        }
        widgets = {
            name: forms.TextInput(NUMBER)
            for name in ("answer_tokens", "assumed_input_usd", "assumed_output_usd")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the time zones."""
        super().__init__(*args, **kwargs)
        field = self.fields["time_zone"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, name) for name in zones()]


def _groups(actor: User) -> list[tuple[str, list[tuple[str, str]]]]:
    scopes = [scope for scope in Budget.Scope if scope.value != WHOLE]
    return [
        (f"{scope.label}s", [(f"{scope.value}:{pk}", name) for pk, name in found])
        for scope in scopes
        if (found := subjects.choices(scope, actor))
    ]
