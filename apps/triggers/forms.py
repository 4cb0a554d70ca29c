"""Forms of the trigger pages: one for each kind, each knows its config."""

import json
from collections.abc import Mapping
from typing import Any, ClassVar
from zoneinfo import ZoneInfo, available_timezones

from django import forms
from django.utils import timezone

from apps.accounts import policies
from apps.accounts.models import Folder, User
from apps.common.errors import DomainError
from apps.common.parsing import parse_json
from apps.common.types import JSON, JSONDict
from apps.triggers.configs import EVENTS, AnswerMode, Auth, Misfire, Overlap
from apps.triggers.models import Trigger
from apps.workflows.models import Workflow

MONO = {"class": "mono", "spellcheck": "false", "autocomplete": "off"}
UNITS = [("60", "minutes"), ("3600", "hours"), ("86400", "days"), ("1", "seconds")]
RULES = [("cron", "By cron"), ("every", "At an interval"), ("at", "Once")]
AUTHS = [
    (Auth.NONE, "Nothing: whoever knows the address"),
    (Auth.HEADER, "A secret in a header"),
    (Auth.HMAC, "A signature over the body (HMAC)"),
    (Auth.JWT, "A token (JWT)"),
]
ANSWERS = [
    (AnswerMode.NOW, "At once, with the run's id"),
    (AnswerMode.LAST, "When the run is over, with its outputs"),
    (AnswerMode.RESPOND, "What a Respond step says"),
    (AnswerMode.STREAM, "Events while the run goes on (SSE)"),
]
MISSED = [
    (Misfire.ONCE, "Run once for all of them"),
    (Misfire.SKIP, "Leave them out"),
    (Misfire.ALL, "Run once for each, up to 100"),
]
OVERLAPS = [
    (Overlap.SKIP, "Leave the new one out"),
    (Overlap.ALLOW, "Start it beside the other"),
    (Overlap.QUEUE, "Start it when the other is over"),
    (Overlap.CANCEL_PREVIOUS, "Cancel the other"),
]


class WorkflowChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # no generic at run time
    """A workflow that somebody sees and that is in use."""

    def __init__(self, actor: User, **kwargs: Any) -> None:
        """Offer the actor's workflows."""
        seen = policies.visible(actor, Workflow.objects.current().order_by("name"))
        super().__init__(seen.select_related("folder"), empty_label="Choose one", **kwargs)

    def label_from_instance(self, workflow: Any) -> str:
        """Say where nothing is published yet."""
        return (
            workflow.name if workflow.published_version_id else f"{workflow.name} (not published)"
        )


class TriggerForm(forms.Form):
    """What every trigger has, and how a config becomes fields and back."""

    kind: ClassVar[str]
    # Parts of the config whose field has another name.
    blamed: ClassVar[Mapping[str, str]] = {}

    name = forms.CharField(max_length=120, widget=forms.TextInput({"autofocus": True}))
    enabled = forms.BooleanField(required=False, initial=True)

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        """Offer what the actor sees."""
        super().__init__(*args, **kwargs)
        self.fields["workflow"] = WorkflowChoice(actor)
        self.actor = actor

    @classmethod
    def initial_of(cls, trigger: Trigger) -> JSONDict:
        """Return what the form shows of a trigger."""
        common = {"name": trigger.name, "enabled": trigger.enabled, "workflow": trigger.workflow_id}
        return {**common, **cls.fields_of(trigger)}

    @classmethod
    def fields_of(cls, trigger: Trigger) -> JSONDict:
        """Return the fields of the kind."""
        raise NotImplementedError

    @property
    def config(self) -> JSONDict:
        """The config that the cleaned fields stand for."""
        raise NotImplementedError

    @property
    def values(self) -> JSONDict:
        """What the services take."""
        data = self.cleaned_data
        kept = {name: data[name] for name in ("name", "workflow", "enabled")}
        return {**kept, "config": self.config}

    def blame(self, error: DomainError) -> None:
        """Show a refusal at the fields that it names, else above the form."""
        for entry in error.errors:
            part = entry["field"].removeprefix("config.").split(".")
            name = next((self.blamed.get(each, each) for each in reversed(part)), "")
            self.add_error(name if name in self.fields else None, entry["message"])
        if not error.errors:
            self.add_error(None, error.detail)


class ScheduleForm(TriggerForm):
    """When to run."""

    kind = Trigger.Kind.SCHEDULE
    blamed = {"every_s": "every", "cron": "cron"}

    rule = forms.ChoiceField(choices=RULES, label="Runs")
    cron = forms.CharField(
        required=False, max_length=200, initial="0 9 * * MON-FRI", widget=forms.TextInput(MONO),
        help_text="Minute, hour, day of month, month, day of week.",
    )  # fmt: skip
    every = forms.IntegerField(required=False, min_value=1, max_value=100_000, initial=1)
    unit = forms.ChoiceField(choices=UNITS, required=False, initial="3600", label="Unit")
    at = forms.DateTimeField(
        required=False,
        label="Day and time",
        widget=forms.DateTimeInput({"type": "datetime-local"}, format="%Y-%m-%dT%H:%M"),
    )
    time_zone = forms.ChoiceField(
        choices=lambda: [(name, name.replace("_", " ")) for name in sorted(available_timezones())]
    )
    misfire = forms.ChoiceField(choices=MISSED, label="Fire times that were missed")
    overlap = forms.ChoiceField(choices=OVERLAPS, label="When the run before is still going on")
    jitter_s = forms.IntegerField(
        required=False, min_value=0, max_value=3600, initial=0, label="Spread over seconds",
        help_text="Each start is delayed by up to so many seconds.",
    )  # fmt: skip
    inputs = forms.CharField(
        required=False, widget=forms.Textarea({"rows": 4, **MONO}), initial="{}",
        help_text="JSON that fits the form of the start step.",
    )  # fmt: skip

    use_required_attribute = False  # what is not chosen is hidden, and may be empty

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Begin with the actor's own time zone; ask only for what belongs to the chosen rule."""
        super().__init__(*args, **kwargs)
        self.fields["time_zone"].initial = self.actor.time_zone
        for rule in ("cron", "every", "at"):
            self.fields[rule].required = not self.is_bound or self.data.get("rule") == rule

    def clean_inputs(self) -> JSON:
        """Return the object that was typed."""
        try:
            value = parse_json(self.cleaned_data["inputs"].encode() or b"{}", what="This")
        except DomainError as error:
            raise forms.ValidationError(error.detail) from None
        if not isinstance(value, dict):
            raise forms.ValidationError("Give a JSON object, such as {}.")
        return value

    @property
    def config(self) -> JSONDict:
        data = self.cleaned_data
        rest = ("time_zone", "misfire", "overlap", "inputs")
        config = {name: data[name] for name in rest} | {"jitter_s": data.get("jitter_s") or 0}
        match data["rule"]:
            case "cron":
                config["cron"] = data["cron"]
            case "every":
                config["every_s"] = (data["every"] or 0) * int(data["unit"] or 1)
            case _ if data["at"]:
                naive = timezone.localtime(data["at"]).replace(tzinfo=None)
                config["at"] = naive.replace(tzinfo=ZoneInfo(data["time_zone"])).isoformat()
        return config

    @classmethod
    def fields_of(cls, trigger: Trigger) -> JSONDict:
        config = trigger.schedule
        every, unit = _in_units(config.every_s or 3600)
        at = config.at and config.at.astimezone(config.zone).replace(tzinfo=None)
        return {
            **config.model_dump(
                mode="json", include={"time_zone", "misfire", "overlap", "jitter_s"}
            ),
            "rule": "cron" if config.cron else "every" if config.every_s else "at",
            "cron": config.cron,
            "every": every,
            "unit": unit,
            "at": at,
            "inputs": _as_text(config.inputs),
        }


def _in_units(seconds: int) -> tuple[int, str]:
    for unit in ("86400", "3600", "60"):
        if seconds % int(unit) == 0:
            return seconds // int(unit), unit
    return seconds, "1"


class WebhookForm(TriggerForm):
    """How it is called, and what it answers."""

    kind = Trigger.Kind.WEBHOOK
    blamed = {"kind": "auth", "input": "input_", "prefix": "value_prefix"}

    path = forms.CharField(
        required=False, max_length=100, widget=forms.TextInput(MONO),
        help_text="Empty: one that nobody guesses is made.",
    )  # fmt: skip
    methods = forms.MultipleChoiceField(
        choices=[(each, each) for each in ("POST", "GET", "PUT", "PATCH", "DELETE")],
        initial=["POST"], widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    auth = forms.ChoiceField(choices=AUTHS, initial=Auth.HEADER, label="Who may call it")
    secret = forms.CharField(
        required=False, max_length=16_384, label="Secret",
        widget=forms.Textarea({"rows": 2, **MONO}),
        help_text="Empty: a new one is made and shown once. It is kept encrypted.",
    )  # fmt: skip
    header = forms.CharField(
        required=False, max_length=64, widget=forms.TextInput({"placeholder": "x-api-key", **MONO})
    )
    value_prefix = forms.CharField(
        required=False, max_length=40, strip=False, label="Prefix", widget=forms.TextInput(MONO),
        help_text="What stands before it, such as sha256= for GitHub.",
    )  # fmt: skip
    algorithm = forms.ChoiceField(
        required=False, choices=[(each, each) for each in ("sha256", "sha1", "sha512")]
    )
    encoding = forms.ChoiceField(required=False, choices=[("hex", "hex"), ("base64", "base64")])
    timestamp_header = forms.CharField(
        required=False, max_length=64, widget=forms.TextInput(MONO),
        help_text="A signed time, at most 5 minutes old, keeps old calls from being repeated.",
    )  # fmt: skip
    payload = forms.CharField(
        required=False, max_length=80, label="What is signed", widget=forms.TextInput(MONO),
        help_text="{body}, or with a time and the event id such as {id}.{timestamp}.{body}.",
    )  # fmt: skip
    token_algorithm = forms.ChoiceField(
        required=False, choices=[("HS256", "HS256, a shared secret"), ("RS256", "RS256, a public key")],
        label="Algorithm",
    )  # fmt: skip
    audience = forms.CharField(
        required=False, max_length=300, widget=forms.TextInput(MONO),
        help_text="What a token's aud is: tokens for others open nothing here.",
    )  # fmt: skip
    token_type = forms.CharField(
        required=False, max_length=60, label="Type", widget=forms.TextInput(MONO),
        help_text="What its typ is, such as at+jwt. Empty: JWT, or nothing.",
    )  # fmt: skip
    issuer = forms.CharField(required=False, max_length=300, widget=forms.TextInput(MONO))
    answer = forms.ChoiceField(choices=ANSWERS, label="The caller is answered")
    wait_s = forms.IntegerField(
        required=False, min_value=1, max_value=60, initial=30, label="Wait at most, seconds"
    )
    input_ = forms.ChoiceField(
        choices=[("request", "The request: method, headers, query, body"), ("body", "The body's fields")],
        label="The start step gets",
    )  # fmt: skip
    headers = forms.CharField(
        required=False, initial="content-type, user-agent", widget=forms.TextInput(MONO),
        help_text="Which headers are handed on, separated by commas.",
    )  # fmt: skip
    dedupe_header = forms.CharField(
        required=False, max_length=64, label="Event id in a header", widget=forms.TextInput(MONO),
        help_text="The same id within 24 hours starts no second run. A signature must cover it. Without authentication only a repeat of the same bytes is told the answer again.",
    )  # fmt: skip
    dedupe_pointer = forms.CharField(
        required=False, max_length=200, label="Or in the body", widget=forms.TextInput(MONO),
        help_text="A JSON Pointer, such as /event/id.",
    )  # fmt: skip
    rate_per_minute = forms.IntegerField(
        min_value=1, max_value=100_000, initial=6000, label="Calls a minute, at most"
    )

    @property
    def values(self) -> JSONDict:
        data = self.cleaned_data
        return {**super().values, "path": data["path"], "secret": data["secret"].strip()}

    @property
    def config(self) -> JSONDict:
        data = self.cleaned_data
        plain = ("methods", "dedupe_header", "dedupe_pointer", "answer", "rate_per_minute")
        names = [each.strip() for each in data["headers"].split(",")]
        return {
            **{name: data[name] for name in plain},
            "auth": self._auth(data),
            "input": data["input_"],
            "wait_s": data["wait_s"] or 30,
            "headers": [each for each in names if each],
        }

    def _auth(self, data: JSONDict) -> JSONDict:
        kind = data["auth"]
        wanted = {
            Auth.NONE: (),
            Auth.HEADER: ("header", "prefix"),
            Auth.HMAC: ("header", "prefix", "algorithm", "encoding", "timestamp_header", "payload"),
            Auth.JWT: ("header", "audience", "issuer", "token_type"),
        }[Auth(kind)]
        data = {**data, "prefix": data["value_prefix"]}
        auth = {"kind": kind} | {name: data[name] for name in wanted if data[name]}
        if kind == Auth.JWT:
            auth["algorithm"] = data["token_algorithm"] or "HS256"
        return auth

    @classmethod
    def fields_of(cls, trigger: Trigger) -> JSONDict:
        config = trigger.webhook
        auth = config.auth.model_dump(mode="json")
        algorithm = auth.pop("algorithm")
        is_token = config.auth.kind is Auth.JWT
        return {
            **config.model_dump(mode="json", exclude={"auth", "headers"}),
            **auth,
            "auth": auth["kind"],
            "token_algorithm" if is_token else "algorithm": algorithm,
            "input_": config.input,
            "value_prefix": config.auth.prefix,
            "headers": ", ".join(config.headers),
            "path": trigger.path,
        }


class EventForm(TriggerForm):
    """What has to happen, and where."""

    kind = Trigger.Kind.EVENT

    events = forms.MultipleChoiceField(
        choices=list(EVENTS.items()), initial=["run.failed"], widget=forms.CheckboxSelectMultiple
    )
    workflows = forms.ModelMultipleChoiceField(
        Workflow.objects.none(), required=False, label="In these workflows",
        help_text="None chosen: in all that you may see.",
        widget=forms.SelectMultiple({"size": 6}),
    )  # fmt: skip
    folder = forms.ModelChoiceField(
        Folder.objects.none(), required=False, label="Or in a folder", empty_label="Any"
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the actor's workflows and folders."""
        super().__init__(*args, **kwargs)
        workflows: Any = self.fields["workflows"]
        workflows.queryset = policies.visible(
            self.actor, Workflow.objects.current().order_by("name")
        )
        folders: Any = self.fields["folder"]
        folders.queryset = policies.visible(self.actor, Folder.objects.order_by("name"))

    @property
    def config(self) -> JSONDict:
        data = self.cleaned_data
        return {
            "events": data["events"],
            "workflows": [str(each.pk) for each in data["workflows"]],
            "folder": data["folder"] and str(data["folder"].pk),
        }

    @classmethod
    def fields_of(cls, trigger: Trigger) -> JSONDict:
        return trigger.event.model_dump(mode="json")


FORMS: dict[str, type[TriggerForm]] = {
    form.kind: form for form in (ScheduleForm, WebhookForm, EventForm)
}


def _as_text(value: JSON) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False)
