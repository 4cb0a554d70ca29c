"""Forms of the pages of imports."""

from typing import Any

from django import forms

from apps.accounts.forms import role_choices


class FileForm(forms.Form):
    """An export of another service."""

    file = forms.FileField(
        label="File",
        max_length=200,
        help_text="Auth0: the export of users as JSON, or the file with password hashes that its support sends. Clerk: the export of users as CSV or JSON.",
    )


class StartForm(forms.Form):
    """What everybody in the file may do here."""

    role = forms.ChoiceField(label="Everyone becomes", initial="viewer")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer this workspace's roles, but the owner's."""
        super().__init__(*args, **kwargs)
        field: Any = self.fields["role"]
        field.choices = [choice for choice in role_choices() if choice[0] != "owner"]
