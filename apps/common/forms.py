"""What the forms of all pages share."""

from django.forms import BaseForm

from apps.common.errors import DomainError


def blame(form: BaseForm, error: DomainError, **called: str) -> None:
    """Show a refusal at the fields that it names, else above the form.

    `called` says how the form calls a field that the service calls otherwise.
    """
    for each in error.errors or [{"field": "", "message": error.detail}]:
        field = called.get(each["field"], each["field"])
        form.add_error(field if field in form.fields else None, each["message"])
