"""Refusals of services, shown in forms."""

from django import forms

from apps.common.errors import Conflict, Invalid
from apps.common.forms import blame


class PeriodForm(forms.Form):
    """From a day to another."""

    first = forms.CharField()
    last = forms.CharField()


def _filled() -> PeriodForm:
    form = PeriodForm({"first": "1", "last": "2"})
    assert form.is_valid()
    return form


def test_a_refusal_is_shown_at_its_fields_as_the_form_calls_them() -> None:
    form = _filled()
    wrong = [{"field": "since", "message": "Too early."}, {"field": "last", "message": "Too late."}]
    blame(form, Invalid(errors=wrong), since="first")
    assert form.errors == {"first": ["Too early."], "last": ["Too late."]}


def test_what_no_field_is_blamed_for_is_shown_above_the_form() -> None:
    form = _filled()
    blame(form, Invalid.at("elsewhere", "Not there."))
    blame(form, Conflict("Not now."))
    assert form.non_field_errors() == ["Not there.", "Not now."]
