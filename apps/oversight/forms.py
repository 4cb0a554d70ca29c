"""Forms of the audit log."""

from typing import ClassVar

from django import forms

from apps.common.errors import DomainError
from apps.common.types import JSONDict
from apps.oversight.models import Export

NEW_SECRET = {"class": "mono", "autocomplete": "new-password", "spellcheck": "false"}


class ExportForm(forms.Form):
    """How entries are written; the filters come as they are in the address."""

    format = forms.ChoiceField(choices=Export.Format)


class StreamForm(forms.Form):
    """What every stream has; each kind adds the fields of its config."""

    config_fields: ClassVar[tuple[str, ...]] = ()

    name = forms.CharField(max_length=80, widget=forms.TextInput(attrs={"placeholder": "SIEM"}))
    from_beginning = forms.BooleanField(required=False)
    untested = forms.BooleanField(required=False)

    def told(self) -> JSONDict:
        """Return what `create_stream` takes."""
        data = self.cleaned_data
        told = {name: data[name] for name in ("name", "from_beginning", "untested")}
        config = {name: data[name] for name in self.config_fields}
        return {**told, "config": config, "secret": data.get("secret", "")}

    def blame(self, error: DomainError) -> None:
        """Show what a service said at the field that it blames."""
        for each in error.errors or [{"field": "name", "message": error.detail}]:
            field = each["field"] if each["field"] in self.fields else None
            self.add_error(field, each["message"])


class WebhookForm(StreamForm):
    """An address, and the secret by which it knows us."""

    config_fields = ("url",)

    url = forms.CharField(
        label="Address", max_length=1000,
        widget=forms.URLInput(attrs={"class": "mono", "placeholder": "https://logs.example.com/in"}),
    )  # fmt: skip
    secret = forms.CharField(
        label="Signing secret", max_length=500, widget=forms.PasswordInput(attrs=NEW_SECRET),
        help_text="At least 16 characters. Each request carries an HMAC of its time and body.",
    )  # fmt: skip


class SyslogForm(StreamForm):
    """A collector."""

    config_fields = ("host", "port", "tls")

    host = forms.CharField(max_length=253, widget=forms.TextInput(attrs={"class": "mono"}))
    port = forms.IntegerField(min_value=1, max_value=65535, initial=6514)
    tls = forms.BooleanField(required=False, initial=True)


class BucketForm(StreamForm):
    """A bucket, and the key that may write into it."""

    config_fields = ("endpoint", "region", "bucket", "folder", "access_key")

    endpoint = forms.CharField(
        max_length=1000,
        widget=forms.URLInput(attrs={"class": "mono", "placeholder": "https://s3.example.com"}),
    )
    region = forms.CharField(max_length=40, initial="us-east-1")
    bucket = forms.CharField(max_length=63)
    folder = forms.CharField(
        max_length=700, required=False, help_text="Such as audit/, with the slash at the end."
    )
    access_key = forms.CharField(label="Access key", max_length=128)
    secret = forms.CharField(
        label="Secret key", max_length=500, widget=forms.PasswordInput(attrs=NEW_SECRET)
    )


STREAM_FORMS: dict[str, type[StreamForm]] = {
    "webhook": WebhookForm,
    "syslog": SyslogForm,
    "s3": BucketForm,
}
