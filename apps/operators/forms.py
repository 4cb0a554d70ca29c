"""Forms of the console of workspaces."""

from datetime import datetime, timedelta

from django import forms
from django.utils import timezone

from apps.operators.models import PlatformKey
from apps.operators.scopes import SCOPES
from apps.tenants.models import Tenant

LIVES = {30: "30 days", 90: "90 days", 180: "180 days", 365: "A year"}


class WorkspaceForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic at run time
    """A workspace to make, and whom to invite as its owner."""

    owner_email = forms.EmailField(
        max_length=254,
        label="Owner",
        help_text="Is sent the link by which they come in; it works for three days.",
        widget=forms.EmailInput(attrs={"class": "vTextField"}),
    )

    class Meta:
        model = Tenant
        fields = ("name", "slug")
        help_texts = {"slug": "The first part of its address. It cannot be changed later."}


class ReasonForm(forms.Form):
    """Why something is done to a workspace; its people read it."""

    reason = forms.CharField(
        max_length=200,
        label="Reason",
        help_text="Stands in the trail of the workspace.",
        widget=forms.TextInput(attrs={"autofocus": True, "class": "vTextField"}),
    )

    @property
    def reason_given(self) -> str:
        """What was written."""
        return str(self.cleaned_data["reason"])


class PlatformKeyForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic at run time
    """A key to make."""

    scopes = forms.MultipleChoiceField(
        choices=list(SCOPES.items()), widget=forms.CheckboxSelectMultiple, label="May"
    )
    life = forms.TypedChoiceField(
        choices=list(LIVES.items()), coerce=int, initial=90, label="Works for"
    )

    class Meta:
        model = PlatformKey
        fields = ("name",)
        help_texts = {"name": "What it is for, such as the program that uses it."}

    @property
    def expires_at(self) -> datetime:
        """When it stops working."""
        return timezone.now() + timedelta(days=self.cleaned_data["life"])
