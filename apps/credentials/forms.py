"""Forms of the pages of credentials; the fields of a kind are made from its schema."""

import re
from typing import Any

from django import forms

from apps.accounts import policies
from apps.accounts.models import Folder, User
from apps.common.errors import DomainError
from apps.common.types import JSONDict
from apps.credentials.kinds import LONGEST, Kind
from apps.credentials.models import MOST_CALLS, StoredCredential
from apps.credentials.sources import environment
from apps.credentials.sources.references import EnvReference, Reference, VaultReference
from apps.credentials.trying import METHODS

MONO = {"class": "mono", "spellcheck": "false", "autocomplete": "off"}
SECRET = {"class": "mono", "spellcheck": "false", "autocomplete": "new-password"}
MANAGE = "credential.manage"
PLACE = "place_"  # before the names of a reference's fields
KEPT = StoredCredential.Source.KEPT.value
REFERENCES: dict[str, type[Reference]] = {
    each.source: each for each in (VaultReference, EnvReference)
}
OPTIONAL = frozenset({"namespace", "role_id"})


class FolderField(forms.ModelChoiceField):  # type: ignore[type-arg]  # no generic at run time
    """Where a credential lies: in a folder where somebody manages them, or in the workspace."""

    def __init__(self, actor: User) -> None:
        """Offer the places where the actor manages credentials."""
        seen = policies.visible(actor, Folder.objects.order_by("name"))
        able = [each.pk for each in seen if policies.holds(actor, MANAGE, each.path)]
        everywhere = policies.holds(actor, MANAGE)
        super().__init__(
            Folder.objects.filter(pk__in=able).order_by("name"),
            required=not everywhere,
            empty_label="The whole workspace" if everywhere else None,
            help_text="Only those with rights there may use it.",
        )


class HostsField(forms.CharField):
    """Hosts, one a line or with commas between."""

    def __init__(self, **options: Any) -> None:
        """Show them one a line."""
        super().__init__(
            max_length=20_000, widget=forms.Textarea({**MONO, "rows": 3}),
            help_text="It is sent to these and to no other, also after a redirect. "
            "One a line, such as api.example.com or *.example.com.",
            **options,
        )  # fmt: skip

    def clean(self, value: Any) -> list[str]:
        """Return the hosts as a list."""
        text: str = super().clean(value)
        return [each for each in re.split(r"[\s,;]+", text) if each]


class CallsField(forms.IntegerField):
    """How many steps may call with a credential at a time."""

    def __init__(self) -> None:
        """Let it be empty."""
        super().__init__(
            label="Calls at a time", required=False, min_value=1, max_value=MOST_CALLS,
            help_text="Of steps with it, in all workflows: those above it wait for a free call. "
            "Empty: as many as come.",
        )  # fmt: skip


class ValuesForm(forms.Form):
    """The values of a kind; of one that is rotated only the secret ones."""

    def __init__(
        self, data: Any = None, *, kind: type[Kind], source: str = KEPT, initial: Any = None
    ) -> None:
        """Make a field for each of the kind's own; in the place of a secret that is elsewhere, for where it is."""
        super().__init__(data, initial=initial)
        self.kind, self.source = kind, source
        for name, told in kind.model_json_schema(by_alias=True)["properties"].items():
            if not told.get("readOnly") and not (source != KEPT and told.get("writeOnly")):
                self.fields[name] = _field(told)
        self.value_names = [
            name for name in kind.model_json_schema()["properties"] if name in self.fields
        ]
        self.reference_names: list[str] = []
        if source != KEPT:
            self._refer()

    def _refer(self) -> None:
        """Ask where the secret is."""
        for name, told in REFERENCES[self.source].model_json_schema()["properties"].items():
            self.fields[PLACE + name] = _field(told, required=name not in OPTIONAL)
            self.reference_names.append(PLACE + name)
        if self.source == EnvReference.source:
            known = [(name, name) for name in environment.offered()]
            self.fields[f"{PLACE}name"] = forms.ChoiceField(label="Variable", choices=known)

    @property
    def values(self) -> JSONDict:
        """Values and reference as the services take them."""
        data = self.cleaned_data
        values = {name: data[name] for name in self.value_names}
        named = {name.removeprefix(PLACE): data[name] for name in self.reference_names}
        return {"values": values, "reference": {"source": self.source, **named} if named else None}

    def blame(self, error: DomainError) -> None:
        """Show a refusal at the fields that it names, else above the form."""
        for entry in error.errors or [{"field": "", "message": error.detail}]:
            name = entry["field"].removeprefix("values.")
            name = f"{PLACE}{name[len('reference.') :]}" if name.startswith("reference.") else name
            field = name.split(".")[0]
            self.add_error(field if field in self.fields else None, entry["message"])


class NewCredentialForm(ValuesForm):
    """A credential to keep."""

    name = forms.CharField(max_length=120, help_text="How people find it in a step.")
    description = forms.CharField(max_length=300, required=False)
    hosts = HostsField(label="May be sent to")
    max_calls = CallsField()

    def __init__(
        self, data: Any = None, *, kind: type[Kind], actor: User, source: str = KEPT
    ) -> None:
        """Offer the actor's folders."""
        super().__init__(data, kind=kind, source=source)
        self.fields["folder"] = FolderField(actor)
        own = [*self.value_names, *self.reference_names]
        self.order_fields(["name", "description", *own, "hosts", "max_calls", "folder"])

    @property
    def told(self) -> JSONDict:
        """What `create_credential` takes."""
        own = ("name", "description", "hosts", "max_calls", "folder")
        named = {name: self.cleaned_data[name] for name in own}
        return {**named, "kind": self.kind.name, **self.values}


class RotateForm(ValuesForm):
    """Another secret, and perhaps other hosts."""

    hosts = HostsField(label="May be sent to")

    def __init__(
        self, data: Any = None, *, credential: StoredCredential, source: str = KEPT
    ) -> None:
        """Show what is no secret as it is."""
        named = {PLACE + name: value for name, value in credential.reference.items()}
        shown = {**credential.settings, **named, "hosts": "\n".join(credential.hosts)}
        super().__init__(data, kind=credential.shape, source=source, initial=shown)
        self.order_fields([*self.value_names, *self.reference_names, "hosts"])


class DetailsForm(forms.Form):
    """What can be changed without the secret; hosts can only be taken away."""

    name = forms.CharField(max_length=120)
    description = forms.CharField(max_length=300, required=False)
    hosts = HostsField(label="May be sent to")
    max_calls = CallsField()

    def __init__(self, data: Any = None, *, credential: StoredCredential, actor: User) -> None:
        """Show how it is."""
        own = ("name", "description", "max_calls", "folder")
        shown = {name: getattr(credential, name) for name in own}
        super().__init__(data, initial={**shown, "hosts": "\n".join(credential.hosts)})
        self.fields["folder"] = FolderField(actor)
        self.fields["hosts"].help_text = "Take hosts away here. To add one, rotate the credential."


class TryForm(forms.Form):
    """An address to try it on."""

    url = forms.CharField(
        label="Address", max_length=2_000,
        widget=forms.URLInput({**MONO, "placeholder": "https://api.example.com/v1/me"}),
    )  # fmt: skip
    method = forms.ChoiceField(choices=[(each, each) for each in METHODS], initial="GET")


class HeadersField(forms.CharField):
    """Headers, one a line."""

    def clean(self, value: Any) -> dict[str, str]:
        """Return the headers by name."""
        found: dict[str, str] = {}
        for line in super().clean(value).splitlines():
            name, colon, rest = line.partition(":")
            if line.strip() and not (colon and name.strip() and rest.strip()):
                raise forms.ValidationError("Write each header as Name: value, one a line.")
            if line.strip():
                found[name.strip()] = rest.strip()
        return found


def _field(told: JSONDict, *, required: bool = True) -> forms.Field:
    """Return the field for a part of a schema."""
    initial = told.get("default")
    options: dict[str, Any] = {"label": told["title"], "initial": initial, "required": required}
    if told.get("type") == "object":
        area = forms.Textarea({**SECRET, "rows": 4, "placeholder": "X-Client-Id: 17"})
        return HeadersField(
            max_length=LONGEST, widget=area, help_text="Name: value, one a line.", **options
        )
    widget = forms.PasswordInput(SECRET) if told.get("writeOnly") else forms.TextInput(MONO)
    return forms.CharField(max_length=LONGEST, widget=widget, **options)
