"""Forms of the retention page."""

from typing import Any

from django import forms

from apps.retention.classes import LONGEST_DAYS, RULED
from apps.workflows.models import Workflow


class RulesForm(forms.Form):
    """Days for each class; an empty field keeps it for ever."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, each in RULED.items():
            self.fields[name] = forms.IntegerField(
                label=each.kind.label,
                help_text=each.kind.about,
                required=False,
                min_value=each.kind.minimum_days,
                max_value=LONGEST_DAYS,
                widget=forms.NumberInput(attrs={"placeholder": "for ever", "inputmode": "numeric"}),
            )


class HoldForm(forms.Form):
    """What is to be kept, and why."""

    workflow = forms.ModelChoiceField(
        Workflow.objects.none(), required=False, empty_label="The whole workspace", label="Keep"
    )
    reason = forms.CharField(
        max_length=400,
        label="Reason",
        help_text="Such as the number of a case. It is kept in the audit trail.",
        widget=forms.TextInput(attrs={"placeholder": "Case 2026-114, request of counsel"}),
    )

    def __init__(self, *args: Any, workflows: Any, **kwargs: Any) -> None:
        """Offer the workflows that the person may see."""
        super().__init__(*args, **kwargs)
        self.fields["workflow"].queryset = workflows  # type: ignore[attr-defined]
