"""Forms of the operator's console."""

from django import forms

from apps.dispatch.models import TenantLoad


class EndRunsForm(forms.Form):
    """Why runs are ended; their workspace reads it."""

    reason = forms.CharField(
        max_length=200,
        label="Reason",
        help_text="Stands in the history of the run and in the trail of its workspace.",
        widget=forms.TextInput(attrs={"autofocus": True, "class": "vTextField"}),
    )

    @property
    def reason_given(self) -> str:
        """What was written."""
        return str(self.cleaned_data["reason"])


class QuotasForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic at run time
    """What a workspace may take up."""

    class Meta:
        model = TenantLoad
        fields = ("max_running", "max_queued", "max_outside", "weight")
        labels = {
            "max_running": "Runs at a time",
            "max_queued": "Runs in the queue",
            "max_outside": "Steps outside at a time",
            "weight": "Weight",
        }
        help_texts = {
            "max_running": "Empty: what every workspace has. What runs already goes on.",
            "max_queued": "Past it, starting a run is refused with 429. Empty: as every workspace.",
            "max_outside": "Those that call other services. Empty: as every workspace.",
            "weight": "Its share of the turns when the workers are busy: 2 is twice as many as 1.",
        }
