"""Forms of the set-up pages."""

import re
from typing import Any

from django import forms
from yarl import URL

from apps.accounts.forms import role_choices
from apps.accounts.models import Folder, Role
from apps.common.types import JSONDict
from apps.egress import client as egress
from apps.egress.exceptions import EgressError
from apps.identity.setup_links import is_within
from apps.identity.vendors import LABELS, SAML, VENDORS

DOMAIN = re.compile(
    r"^(?=.{4,253}$)([a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]([a-z0-9-]{0,61}[a-z0-9])$"
)
# Addresses there that everybody can have.
ANYBODYS = frozenset(
    {"gmail.com", "googlemail.com", "outlook.com", "hotmail.com", "live.com", "yahoo.com", "icloud.com", "gmx.com", "gmx.de", "proton.me", "web.de"}
)  # fmt: skip


def https_address(text: str) -> str:
    """Return an address that may be asked. Raises ValidationError."""
    try:
        egress.origin_of(text)
    except EgressError as error:
        raise forms.ValidationError(str(error)) from error
    if not text.startswith("https://") and not egress.is_excepted(URL(text)):
        raise forms.ValidationError("The address must begin with https://.")
    return text


class NewConnectionForm(forms.Form):
    """Which provider."""

    vendor = forms.ChoiceField(choices=[(each.name, each.label) for each in VENDORS.values()])
    protocol = forms.ChoiceField(choices=tuple(LABELS.items()), initial=SAML)
    name = forms.CharField(
        max_length=80, help_text="What people read on the sign-in page: Continue with …"
    )

    def clean(self) -> JSONDict:
        """Refuse a protocol that the provider is not set up by."""
        kept: JSONDict = super().clean() or {}
        vendor = VENDORS.get(kept.get("vendor", ""))
        if vendor is not None and kept.get("protocol") not in vendor.steps:
            self.add_error("protocol", f"{vendor.label} is set up by {vendor.protocols}.")
        return kept


class ClaimsForm(forms.Form):
    """By which names the provider tells what."""

    email_claim = forms.CharField(max_length=120, label="E-mail")
    name_claim = forms.CharField(max_length=120, label="Name")
    groups_claim = forms.CharField(max_length=120, required=False, label="Groups")


class OidcForm(ClaimsForm):
    """What an OpenID provider shows after an application is registered there."""

    field_order = ["issuer", "client_id", "secret"]

    issuer = forms.CharField(max_length=500, label="Issuer")
    client_id = forms.CharField(max_length=250, label="Client ID")
    secret = forms.CharField(
        max_length=500,
        required=False,
        label="Client secret",
        widget=forms.PasswordInput({"autocomplete": "off"}),
        help_text="Kept sealed and never shown again; leave it empty to keep the present one.",
    )

    def clean_issuer(self) -> str:
        """Keep the issuer as the provider writes it: it is compared sign by sign."""
        return https_address(self.cleaned_data["issuer"].strip())

    @property
    def changes(self) -> JSONDict:
        """What the service takes; an empty secret keeps the present one."""
        kept: JSONDict = dict(self.cleaned_data)
        if not kept["secret"]:
            del kept["secret"]
        return kept


class DomainForm(forms.Form):
    """A domain to prove."""

    name = forms.CharField(max_length=253, label="Domain")

    def clean_name(self) -> str:
        """Refuse what is no domain, and those where anybody can have an address."""
        name = str(self.cleaned_data["name"]).strip().lower().rstrip(".")
        try:
            name = name.encode("idna").decode()
        except UnicodeError as error:
            raise forms.ValidationError("This is not a domain.") from error
        if not DOMAIN.match(name):
            raise forms.ValidationError("Write it like the part of an address after the @.")
        if name in ANYBODYS:
            raise forms.ValidationError("Everybody can have an address there.")
        return name


def given_roles() -> list[tuple[str, str]]:
    """Return the roles that a provider may give: not the owner's."""
    return [choice for choice in role_choices() if choice[0] != "owner"]


class DefaultRoleForm(forms.Form):
    """What everyone else gets."""

    role = forms.ChoiceField(
        choices=lambda: [("", "No role: they do not come in"), *given_roles()],
        required=False,
        label="Everyone else gets",
    )
    members_only = forms.BooleanField(
        required=False,
        label="Only members come in",
        help_text="Who was neither invited nor added by a directory stays out, whatever their groups are.",
    )

    def __init__(self, data: Any = None, *, initial: Any = None) -> None:
        """Keep its ids apart from those of the rules' form on the same page."""
        super().__init__(data, auto_id="default_%s", initial=initial)


class SetupLinkForm(forms.Form):
    """What whoever gets the link may do beside entering the details and testing them."""

    domain = forms.CharField(
        max_length=253, required=False, label="Prove the domain",
        help_text="The one that they look after, such as your-company.com. They add a TXT record to its DNS.",
    )  # fmt: skip
    cap = forms.ChoiceField(
        choices=lambda: [("", "No groups: an owner maps them"), *given_roles()], required=False,
        label="Map groups, at most to",
        help_text="Nobody who holds more comes in by it before an owner confirms.",
    )  # fmt: skip
    may_switch_on = forms.BooleanField(
        required=False, label="Switch it on, after a test that passed"
    )
    may_enforce = forms.BooleanField(required=False, label="Require it for the domain")

    def clean_domain(self) -> str:
        """Refuse what is no company's domain."""
        given = self.cleaned_data["domain"]
        form = DomainForm({"name": given})
        if given and not form.is_valid():
            raise forms.ValidationError(form.errors["name"].as_data())
        return str(form.cleaned_data["name"]) if given else ""


class GuestRuleForm(forms.Form):
    """A group and what its members may do, up to what the link gives."""

    group = forms.CharField(max_length=250)
    role = forms.ChoiceField()

    def __init__(self, *args: Any, cap: Role, **kwargs: Any) -> None:
        """Offer the roles that are no more than the link's."""
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = up_to(cap)  # type: ignore[attr-defined]


class EveryoneForm(forms.Form):
    """What everyone else gets, up to what the link gives."""

    role = forms.ChoiceField(required=False, label="Everyone else gets")

    def __init__(self, *, cap: Role, initial: Any) -> None:
        """Keep its ids apart from those of the groups' form on the same page."""
        super().__init__(auto_id="everyone_%s", initial=initial)
        nothing = ("", "No role: they do not come in")
        self.fields["role"].choices = [nothing, *up_to(cap)]  # type: ignore[attr-defined]


def up_to(cap: Role) -> list[tuple[str, str]]:
    """Return the roles that allow no more than one."""
    within = {role.name for role in Role.objects.all() if is_within(role, cap)}
    return [choice for choice in given_roles() if choice[0] in within]


class RuleForm(forms.Form):
    """A group and what its members may do."""

    group = forms.CharField(max_length=250)
    role = forms.ChoiceField(choices=given_roles, initial="viewer")
    folder = forms.ModelChoiceField(
        queryset=Folder.objects.none(), required=False, empty_label="Workspace", label="Where"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer this workspace's folders."""
        super().__init__(*args, **kwargs)
        self.fields["folder"].queryset = Folder.objects.order_by("name")  # type: ignore[attr-defined]
