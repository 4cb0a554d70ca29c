"""What the forms of all pages of RelayCore share."""

from django import forms

from apps.common.errors import DomainError

MONO = {"class": "mono", "spellcheck": "false", "autocomplete": "off"}


def blame(form: forms.Form, error: DomainError) -> None:
    """Show a refusal at the fields that it names, else above the form."""
    for entry in error.errors:
        field = entry["field"] if entry["field"] in form.fields else None
        form.add_error(field, entry["message"])
    if not error.errors:
        form.add_error(None, error.detail)
