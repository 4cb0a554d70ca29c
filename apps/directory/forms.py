"""Forms of a directory's page."""

from datetime import timedelta

from django import forms

from apps.identity.forms import given_roles

LIVES = [("90", "90 days"), ("180", "180 days"), ("365", "1 year"), ("730", "2 years")]


class TokenForm(forms.Form):
    """How long a new token opens."""

    life = forms.ChoiceField(choices=LIVES, initial="365", label="Valid for")

    @property
    def lasts(self) -> timedelta:
        """How long it was chosen to last."""
        return timedelta(days=int(self.cleaned_data["life"]))


class HeirForm(forms.Form):
    """Who takes over from people whom the directory suspends or removes."""

    heir = forms.EmailField(
        label="Takes over from who leaves", required=False, max_length=254,
        help_text="The e-mail address of a member; empty: nobody, and triggers pause.",
        widget=forms.EmailInput({"list": "people", "autocomplete": "off"}),
    )  # fmt: skip


class CapForm(forms.Form):
    """The most that anybody gets through the directory."""

    role = forms.ChoiceField(choices=given_roles, label="Gives at most")
