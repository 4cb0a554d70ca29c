"""Forms of the people pages."""

import re
import zoneinfo
from datetime import datetime, time, timedelta
from typing import Any

from django import forms
from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.db.models import Q
from django.utils import timezone

from apps.accounts import networks, policies
from apps.accounts.models import ApiKey, Role, User
from apps.accounts.roles import FOR_KEYS
from apps.common.errors import DomainError, Invalid

NO_ROLE = ("", "Only in some folders")
LIVES = [("30", "30 days"), ("90", "90 days"), ("365", "1 year"), ("", "No end")]


def role_choices() -> list[tuple[str, str]]:
    """Return the roles that people hold, the strongest first."""
    return [choice for choice in key_role_choices() if choice[0] not in FOR_KEYS]


def roles_known_to(actor: User) -> list[tuple[str, str]]:
    """Return the roles of people that somebody knows of: all built-in ones, and own ones they see."""
    own = policies.visible(actor, Role.objects.filter(builtin=False))
    known = Role.objects.filter(Q(builtin=True) | Q(pk__in=own.values("pk")))
    ordered = known.exclude(name__in=FOR_KEYS).order_by("created_at")
    return [(role.name, role.label) for role in ordered]


def key_role_choices() -> list[tuple[str, str]]:
    """Return the roles that keys may hold, the strongest first."""
    return [(role.name, role.label) for role in Role.objects.order_by("created_at")]


class InviteForm(forms.Form):
    """Whom to invite, and as what."""

    email = forms.EmailField(label="E-mail", max_length=254)
    role = forms.ChoiceField(choices=role_choices, initial="builder")


class RoleForm(forms.Form):
    """Another role for a member; none leaves what folders and groups give."""

    role = forms.ChoiceField(choices=lambda: [*role_choices(), NO_ROLE], required=False)


class AcceptForm(forms.Form):
    """What an invited person adds: name and password."""

    name = forms.CharField(max_length=120, widget=forms.TextInput({"autocomplete": "name"}))
    password = forms.CharField(
        max_length=200, strip=False, widget=forms.PasswordInput({"autocomplete": "new-password"})
    )

    def __init__(self, *args: Any, email: str, **kwargs: Any) -> None:
        """Keep the address, which the password must not resemble."""
        super().__init__(*args, **kwargs)
        self.email = email

    def clean(self) -> dict[str, Any]:
        """Judge the password together with name and address."""
        data = super().clean() or self.cleaned_data
        if "password" in data:
            person = User(email=self.email, name=data.get("name", ""))
            try:
                validate_password(data["password"], person)
            except forms.ValidationError as error:
                self.add_error("password", error)
        return data


class NetworksField(forms.CharField):
    """From where a key is accepted, one network a line."""

    widget = forms.Textarea({"class": "mono", "rows": 2, "spellcheck": "false"})

    def __init__(self) -> None:
        """Say what is named."""
        super().__init__(
            label="Accepted from", required=False, max_length=networks.MOST * 50,
            help_text="One address or network a line, such as 203.0.113.7 or 2001:db8::/32. Empty: from everywhere.",
        )  # fmt: skip

    def clean(self, value: Any) -> list[str]:
        """Return the networks as they are kept."""
        try:
            return networks.normal(re.split(r"[\s,;]+", super().clean(value)))
        except Invalid as error:
            raise forms.ValidationError(error.first) from error


class KeyForm(forms.Form):
    """A new API key."""

    name = forms.CharField(max_length=80, help_text="What will use it, such as “Nightly export”.")
    role = forms.ChoiceField(choices=key_role_choices, initial="viewer")
    life = forms.ChoiceField(choices=LIVES, required=False, initial="90", label="Valid for")
    networks = NetworksField()
    for_program = forms.BooleanField(required=False)

    @property
    def fields_for_service(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        days = self.cleaned_data["life"]
        until = timezone.now() + timedelta(days=int(days)) if days else None
        return {
            "name": self.cleaned_data["name"],
            "role": self.cleaned_data["role"],
            "expires_at": until,
            "networks": self.cleaned_data["networks"],
        }


class KeyChangeForm(forms.Form):
    """What can be changed of a key while its secret stays."""

    name = forms.CharField(max_length=80)
    last_day = forms.DateField(
        required=False, help_text="Empty: no end.",
        widget=forms.DateInput({"type": "date"}, format="%Y-%m-%d"),
    )  # fmt: skip
    networks = NetworksField()

    def __init__(self, data: Any = None, *, key: ApiKey) -> None:
        """Show the key as it is."""
        self.end = key.expires_at
        day = timezone.localtime(key.expires_at).date() if key.expires_at else None
        shown = {"name": key.name, "last_day": day, "networks": "\n".join(key.networks)}
        super().__init__(data, initial=shown)

    @property
    def values(self) -> dict[str, Any]:
        """The cleaned values as the service takes them."""
        day = self.cleaned_data["last_day"]
        end = self.end if day == self.initial["last_day"] else _end_of(day)
        return {"name": self.cleaned_data["name"], "expires_at": end, "networks": self.cleaned_data["networks"]}  # fmt: skip

    def blame(self, error: DomainError) -> None:
        """Say what the service refused, beside the day where that is it."""
        found = error.errors[0] if error.errors else {"field": "", "message": error.detail}
        about_the_end = found["field"] == "expires_at"
        self.add_error("last_day" if about_the_end else None, found["message"])


def _end_of(day: Any) -> datetime | None:
    return timezone.make_aware(datetime.combine(day, time(23, 59, 59))) if day else None


class ProfileForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic at run time
    """Name, time zone and language of a person."""

    time_zone = forms.ChoiceField(
        choices=lambda: [
            (name, name.replace("_", " ")) for name in sorted(zoneinfo.available_timezones())
        ]
    )
    locale = forms.ChoiceField(choices=settings.LANGUAGES, label="Language")

    class Meta:
        model = User
        fields = ["name", "time_zone", "locale"]
