"""Forms of the notification pages."""

from typing import Any

from django import forms

from apps.notifications import kinds


class MailForm(forms.Form):
    """Which news are mailed."""

    mailed = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the kinds there are."""
        super().__init__(*args, **kwargs)
        choices = [(kind.name, kind.label) for kind in kinds.mailed()]
        self.fields["mailed"] = forms.MultipleChoiceField(choices=choices, required=False)
