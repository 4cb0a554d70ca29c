"""Forms of the pages of virtual keys."""

import re
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.forms import NetworksField
from apps.accounts.models import ApiKey, User
from apps.common.types import JSONDict
from apps.gateway.models import ModelRoute
from apps.gateway.virtual_keys.services import MOST_RPM, MOST_TPM
from apps.gateway.workflow_models import callable_by

LIFE = timedelta(days=90)
OVERLAPS = [
    ("0", "Not at all"),
    ("3600", "For an hour"),
    ("86400", "For a day"),
    ("604800", "For a week"),
    ("2592000", "For 30 days"),
]


class DayField(forms.DateField):
    """A day as browsers pick one; what is meant is its end, where the reader is."""

    widget = forms.DateInput({"type": "date"}, format="%Y-%m-%d")


class TermsForm(forms.Form):
    """Name, end and terms of a key."""

    name = forms.CharField(max_length=80, help_text="What will use it, such as “Support bot”.")
    every_route = forms.BooleanField(
        label="Every route, also those made later", required=False, initial=True
    )
    routes = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    direct = forms.CharField(
        label="Models past all routes", max_length=14_000, required=False,
        widget=forms.Textarea({"class": "mono", "rows": 2, "spellcheck": "false"}),
        help_text="One provider/model a line, such as openai/gpt-*. Empty: routes only.",
    )  # fmt: skip
    rpm = forms.IntegerField(
        label="Calls a minute", min_value=1, max_value=MOST_RPM, required=False,
        help_text="Empty: as many as like.",
    )  # fmt: skip
    tpm = forms.IntegerField(
        label="Tokens a minute", min_value=1, max_value=MOST_TPM, required=False,
        help_text="In and out together. Empty: as many as like.",
    )  # fmt: skip
    expires_at = DayField(label="Last day", required=False, help_text="Empty: no end.")
    networks = NetworksField()

    def __init__(self, data: Any = None, *, actor: User, key: ApiKey | None = None) -> None:
        """Show a key's terms, or offer those of a new one."""
        super().__init__(data, initial=_shown(key))
        self.end = key.expires_at if key else None
        known = set(ModelRoute.objects.values_list("alias", flat=True))
        known |= {each.model for each in callable_by(actor)}
        known |= set(key.virtual.routes or ()) if key else set()
        routes = self.fields["routes"]
        assert isinstance(routes, forms.MultipleChoiceField)
        routes.choices = [(alias, alias) for alias in sorted(known)]
        if not policies.holds(actor, "provider.manage"):
            del self.fields["direct"]

    def clean_expires_at(self) -> datetime | None:
        """Return the end of the day; of one that is left as it was, the moment that it was."""
        day = self.cleaned_data["expires_at"]
        if day is None:
            return None
        if self.end is not None and day == timezone.localtime(self.end).date():
            return self.end
        try:
            return timezone.make_aware(datetime.combine(day, time(23, 59, 59)))
        except (OverflowError, ValueError) as error:
            raise ValidationError("Choose another day.") from error

    @property
    def values(self) -> JSONDict:
        """The cleaned values as the services take them."""
        data = dict(self.cleaned_data)
        if data.pop("every_route"):
            data["routes"] = None
        if "direct" in data:
            data["direct"] = re.split(r"[\s,]+", data["direct"].strip()) if data["direct"] else []
        return data


class NewKeyForm(TermsForm):
    """A key to make."""

    for_program = forms.BooleanField(label="It belongs to a program", required=False)

    def __init__(self, data: Any = None, *, actor: User) -> None:
        """Offer keys of programs to who manages keys."""
        super().__init__(data, actor=actor)
        if not policies.holds(actor, "api_key.manage"):
            del self.fields["for_program"]


class RotationForm(forms.Form):
    """How long the secret of before opens the key too."""

    overlap_s = forms.TypedChoiceField(
        label="The old secret works", choices=OVERLAPS, coerce=int, initial="86400"
    )

    @property
    def overlap(self) -> timedelta:
        """The cleaned value as the service takes it."""
        return timedelta(seconds=self.cleaned_data["overlap_s"])


def _shown(key: ApiKey | None) -> JSONDict:
    if key is None:
        return {"every_route": True, "expires_at": (timezone.localtime() + LIFE).date()}
    terms = key.virtual
    return {
        "name": key.name,
        "networks": "\n".join(key.networks),
        "every_route": terms.routes is None,
        "routes": terms.routes or [],
        "direct": "\n".join(terms.direct),
        "rpm": terms.rpm,
        "tpm": terms.tpm,
        "expires_at": timezone.localtime(key.expires_at).date() if key.expires_at else None,
    }
