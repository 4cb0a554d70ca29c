"""Forms of the public site."""

from django import forms
from django.conf import settings

from apps.accounts.forms import AcceptForm
from apps.onboarding.services import slug_is_free
from apps.tenants.models import validate_slug

TAKEN = "This address is taken. Choose another one."


class SlugField(forms.CharField):
    """The first part of a workspace's address; everything wrong with it is said on the field."""

    def __init__(self) -> None:
        widget = forms.TextInput({"autocapitalize": "none", "spellcheck": "false"})
        super().__init__(label="Address", max_length=40, widget=widget)

    def clean(self, value: object) -> str:
        slug = str(super().clean(value)).lower()
        validate_slug(slug)
        if not slug_is_free(slug):
            raise forms.ValidationError(TAKEN, code="slug_taken")
        return slug


class SignUpForm(forms.Form):
    """A wish for a workspace."""

    email = forms.EmailField(
        label="Work e-mail", max_length=254, widget=forms.EmailInput({"autocomplete": "email"})
    )
    name = forms.CharField(
        label="Workspace name",
        max_length=80,
        widget=forms.TextInput({"autocomplete": "organization"}),
    )
    slug = SlugField()

    def clean_name(self) -> str:
        """A line break in a name would end a mail's subject."""
        return " ".join(self.cleaned_data["name"].split())


class FinishForm(AcceptForm):
    """What the owner of a new workspace adds; the address again, should it be gone by now."""

    slug = SlugField()
    name = forms.CharField(
        label="Your name", max_length=120, widget=forms.TextInput({"autocomplete": "name"})
    )
    field_order = ["slug", "name", "password"]


class FindForm(forms.Form):
    """Whose workspaces to mail."""

    email = forms.EmailField(
        label="Work e-mail", max_length=254, widget=forms.EmailInput({"autocomplete": "email"})
    )


def suffix() -> str:
    """Return what follows the slug in a workspace's address."""
    return f".{settings.BASE_DOMAIN}"
