"""The form of a new pack."""

from datetime import date, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils import timezone

DAY = {"type": "date"}


class PackForm(forms.Form):
    """A period, by its first and last day."""

    first = forms.DateField(label="First day", widget=forms.DateInput(DAY, format="%Y-%m-%d"))
    last = forms.DateField(label="Last day", widget=forms.DateInput(DAY, format="%Y-%m-%d"))

    def __init__(self, data: Any = None) -> None:
        """Offer the last three months."""
        today = timezone.localdate()
        super().__init__(data, initial={"first": today - timedelta(days=90), "last": today})

    @property
    def period(self) -> dict[str, datetime]:
        """The period as the service takes it."""
        last: date = self.cleaned_data["last"]
        return {"since": _midnight(self.cleaned_data["first"]), "until": _midnight(last + timedelta(days=1))}  # fmt: skip

    def clean_last(self) -> date:
        last: date = self.cleaned_data["last"]
        if last.year > 9000:
            raise forms.ValidationError("Choose a day that is not so far away.")
        return last


def _midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time.min))
