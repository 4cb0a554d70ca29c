"""Forms of the console of workspaces."""

from datetime import datetime, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone

from apps.common.errors import DomainError
from apps.operators.ends import check_may_end
from apps.operators.models import MOST_HOURS, Deletion, PlatformKey, SupportAccess
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

    def clean_name(self) -> str:
        """A line break in a name would end a mail's subject."""
        return " ".join(self.cleaned_data["name"].split())


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


class EndForm(forms.Form):
    """The end of the workspace that one is in: its address typed out, so that nobody slips."""

    slug = forms.CharField(
        label="Address",
        max_length=40,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "none"}),
    )
    reason = forms.CharField(label="Reason", max_length=200, required=False)

    def __init__(self, *args: Any, expected: str, **kwargs: Any) -> None:
        """Take the address that has to be typed."""
        super().__init__(*args, **kwargs)
        self.expected = expected
        self.fields["slug"].help_text = f"Type {expected} to say that you mean this workspace."

    def clean_slug(self) -> str:
        """Accept this workspace's address alone."""
        slug = str(self.cleaned_data["slug"]).strip()
        if slug != self.expected:
            raise forms.ValidationError(f"Type {self.expected}, the address of this workspace.")
        return slug


class DeletionForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic at run time
    """A workspace that staff want deleted: its address typed out."""

    slug = forms.CharField(
        max_length=40,
        label="Address",
        help_text="The first part of the workspace's address, typed out.",
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )
    grace_days = forms.IntegerField(
        min_value=0,
        max_value=90,
        label="Days to take it back",
        help_text="Until then its owners, who hear of it by mail, or staff can keep it.",
    )

    class Meta:
        model = Deletion
        fields = ("slug", "reason")
        help_texts = {"reason": "Its owners read it."}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["grace_days"].initial = settings.DELETION_GRACE_DAYS
        if "reason" in self.fields:  # one that is there is only looked at
            self.fields["reason"].required = True

    def clean_slug(self) -> str:
        """Find the workspace, which nothing may keep."""
        slug = str(self.cleaned_data["slug"]).strip()
        found = Tenant.objects.filter(slug=slug).first()
        if found is None:
            raise forms.ValidationError("There is no workspace at this address.")
        try:
            check_may_end(found)
        except DomainError as error:
            raise forms.ValidationError(error.detail) from error
        self.found = found
        return slug

    @property
    def grace(self) -> timedelta:
        """How long it can be taken back."""
        return timedelta(days=self.cleaned_data["grace_days"])


class SupportForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic at run time
    """A wish to look into a workspace."""

    slug = forms.CharField(
        max_length=40,
        label="Address",
        help_text="The first part of the workspace's address.",
        widget=forms.TextInput(attrs={"class": "vTextField", "autocomplete": "off"}),
    )
    hours = forms.IntegerField(
        min_value=1,
        max_value=MOST_HOURS,
        initial=1,
        label="Hours",
        help_text=f"At most {MOST_HOURS}. They begin when somebody there lets you in.",
    )

    class Meta:
        model = SupportAccess
        fields = ("reason", "hours")
        help_texts = {"reason": "The people of the workspace decide by it."}

    def clean_slug(self) -> str:
        """Find the workspace, which is open."""
        slug = str(self.cleaned_data["slug"]).strip()
        found = Tenant.objects.filter(slug=slug, status=Tenant.Status.ACTIVE).first()
        if found is None:
            raise forms.ValidationError("There is no open workspace at this address.")
        self.found = found
        return slug
