"""Forms of the pages of routes: policy, targets, what may be asked at all, and a call only thought of."""

import re
from decimal import Decimal
from typing import Any

from django import forms

from apps.common.errors import DomainError
from apps.common.parsing import parse_json
from apps.common.types import JSONDict
from apps.gateway.asks import Caps
from apps.gateway.forms import MONO, WordsField
from apps.gateway.models import ModelRoute, Provider, RouteTarget
from apps.gateway.routes.policy import (
    CAPABILITIES,
    INTERACTIVE_MS,
    LONGEST_MS,
    Mending,
    Prefer,
    Unverified,
    Verify,
)
from apps.gateway.routes.versions import MAX_CONTEXT, MAX_ORDER, MAX_TARGETS, MAX_WEIGHT

OFFERS = [(each, each.replace("_", " ")) for each in CAPABILITIES]
MENDING = [
    (Mending.OFF, "end with an error"),
    (Mending.CONTINUE, "let the next target go on where it stopped"),
    (Mending.RESTART, "let the next target begin anew"),
]


PREFER = [
    (Prefer.ORDER, "order, weights and load"),
    (Prefer.COST, "least cost in the end"),
]
VERIFY = [
    (Verify.OFF, "not checked"),
    (Verify.WATCH, "checked afterwards, to learn"),
    (Verify.ESCALATE, "held until one holds"),
]
UNVERIFIED = [
    (Unverified.ANSWER, "gets the last answer"),
    (Unverified.ERROR, "ends with an error"),
]


class RouteForm(forms.Form):
    """Name and purpose of a route, and its policy."""

    alias = forms.CharField(
        label="Name",
        max_length=63,
        widget=forms.TextInput(MONO),
        help_text="Steps name it, so it cannot be changed later.",
    )
    description = forms.CharField(
        max_length=300, required=False, help_text="What it is for, in a few words."
    )
    capabilities = forms.MultipleChoiceField(
        label="Targets must offer", choices=OFFERS, required=False,
        widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    regions = WordsField(
        max_length=500, required=False, widget=forms.TextInput(MONO),
        help_text="Such as eu, us. A target that states none is not asked. Empty: any.",
    )  # fmt: skip
    min_context = forms.IntegerField(
        label="Least context, in tokens", required=False, min_value=1, max_value=MAX_CONTEXT
    )
    quality_floor = forms.FloatField(
        label="Least quality, 0 to 1", required=False, min_value=0, max_value=1
    )
    max_cost_usd = forms.DecimalField(
        label="Most that a call may cost, in dollars", required=False,
        min_value=Decimal("0.00000001"), max_digits=12, decimal_places=8,
    )  # fmt: skip
    max_latency_ms = forms.IntegerField(
        label="Most time for a call, in ms", required=False, min_value=50, max_value=LONGEST_MS
    )
    interactive = forms.BooleanField(required=False)
    max_ttft_ms = forms.IntegerField(
        label="Most time to the first word, in ms", required=False, min_value=50,
        max_value=LONGEST_MS,
        help_text=f"Empty: {INTERACTIVE_MS:,} where people wait, else none.",
    )  # fmt: skip
    retries = forms.IntegerField(
        label="Rounds more through all targets", required=False, min_value=0, max_value=2
    )
    mending = forms.ChoiceField(label="When a stream breaks off", choices=MENDING, required=False)
    hedge = forms.BooleanField(required=False)
    prefer = forms.ChoiceField(label="What decides among targets", choices=PREFER, required=False)
    verify = forms.ChoiceField(
        label="Answers that can be checked are", choices=VERIFY, required=False
    )
    unverified = forms.ChoiceField(
        label="A call whose answers all fail", choices=UNVERIFIED, required=False
    )
    explore = forms.FloatField(
        label="Share that explores, in percent", required=False, min_value=0,
        max_value=20, help_text="Of checked calls: another target is asked first, to learn. Empty: 2.",
    )  # fmt: skip
    judge = forms.CharField(
        max_length=264, required=False, widget=forms.TextInput(MONO),
        help_text="A route, or provider/model, that is asked too whether an answer holds. Empty: none.",
    )  # fmt: skip
    judge_usd = forms.DecimalField(
        label="Most a judgement may cost, in $", required=False,
        min_value=Decimal("0.00000001"), max_digits=12, decimal_places=8, help_text="Empty: 0.01.",
    )  # fmt: skip

    def __init__(self, *args: Any, route: ModelRoute | None = None, **kwargs: Any) -> None:
        """Keep the name of a route that exists, and show how it is."""
        if route is not None:
            kwargs["initial"] = {"description": route.description, **_shown(route.policy)}
        super().__init__(*args, **kwargs)
        self._kept = {} if route is None else _beside(route)
        if route is not None:
            del self.fields["alias"]

    @property
    def values(self) -> JSONDict:
        """The cleaned values as the service takes them."""
        data = dict(self.cleaned_data)
        named: JSONDict = {
            name: data.pop(name) for name in ("alias", "description") if name in data
        }
        policy = {name: value for name, value in data.items() if value not in (None, "", [])}
        if "explore" in policy:
            policy["explore"] = round(policy["explore"] / 100, 6)
        return {**named, "policy": {**policy, **self._kept}}


def _beside(route: ModelRoute) -> JSONDict:
    """Return what of a policy has a page of its own."""
    return {name: route.policy[name] for name in ("guards",) if name in route.policy}


def _shown(policy: JSONDict) -> JSONDict:
    """Return a policy as people read it: a share in percent."""
    if "explore" not in policy:
        return policy
    return {**policy, "explore": round(policy["explore"] * 100, 4)}


class TargetForm(forms.Form):
    """One target; without a provider the row does not count."""

    provider = forms.ChoiceField(required=False)
    model = forms.CharField(max_length=200, required=False, widget=forms.TextInput(MONO))
    order = forms.IntegerField(required=False, min_value=0, max_value=MAX_ORDER)
    weight = forms.IntegerField(required=False, min_value=1, max_value=MAX_WEIGHT)
    role = forms.ChoiceField(choices=RouteTarget.Role.choices, required=False)
    region = forms.RegexField(
        r"^[a-z0-9][a-z0-9-]*$", max_length=40, required=False, widget=forms.TextInput(MONO)
    )
    context_tokens = forms.IntegerField(
        label="Context", required=False, min_value=1, max_value=MAX_CONTEXT
    )
    quality = forms.FloatField(required=False, min_value=0, max_value=1)
    capabilities = forms.MultipleChoiceField(
        label="Offers", choices=OFFERS, required=False, widget=forms.CheckboxSelectMultiple
    )
    params = forms.CharField(
        label="Parameters", max_length=2000, required=False, widget=forms.TextInput(MONO)
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        """Offer the providers."""
        super().__init__(*args, **kwargs)
        providers = [(each.slug, each.name) for each in Provider.objects.all()]
        field = self.fields["provider"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [("", "No provider"), *providers]

    def clean_params(self) -> JSONDict:
        """Return the parameters of the JSON text."""
        text = self.cleaned_data["params"].strip()
        if not text:
            return {}
        try:
            value = parse_json(text.encode(), what="This")
        except DomainError as error:
            raise forms.ValidationError(error.detail) from error
        if not isinstance(value, dict):
            raise forms.ValidationError('Write an object, such as {"temperature": 0.2}.')
        return value

    @property
    def values(self) -> JSONDict | None:
        """The target as the service takes it; None for a row without a provider."""
        data = self.cleaned_data
        if not data.get("provider"):
            return None
        return {name: value for name, value in data.items() if value not in (None, "")}


TargetForms = forms.formset_factory(
    TargetForm, extra=2, max_num=MAX_TARGETS, absolute_max=MAX_TARGETS
)


class AllowedForm(forms.Form):
    """Which models may be asked at all."""

    patterns = WordsField(
        label="Models", max_length=20_000, required=False, widget=forms.Textarea({**MONO, "rows": 4}),
        help_text="As provider/model, with * for any part. Empty: all.",
    )  # fmt: skip
    regions = forms.CharField(
        max_length=2_000, required=False, widget=forms.TextInput(MONO),
        help_text="Such as eu, us. Targets that state no region are then not asked. Empty: all.",
    )  # fmt: skip

    def clean_regions(self) -> list[str]:
        """Return the regions. Raises ValidationError for what is no name of one."""
        found = [each for each in re.split(r"[\s,]+", self.cleaned_data["regions"]) if each]
        if wrong := [each for each in found if not re.fullmatch(r"[a-z0-9][a-z0-9-]{0,39}", each)]:
            raise forms.ValidationError(f"“{wrong[0][:40]}” is not the name of a region.")
        return found


class QuestionForm(forms.Form):
    """A call that is only thought of."""

    characters = forms.IntegerField(
        label="Length of the prompt, in characters", initial=2_000, min_value=1, max_value=4_000_000
    )
    max_tokens = forms.IntegerField(
        label="Longest answer, in tokens", required=False, min_value=1, max_value=MAX_CONTEXT
    )
    max_cost_usd = forms.DecimalField(
        label="May cost, in dollars", required=False, min_value=Decimal("0.00000001"),
        max_digits=12, decimal_places=8,
    )  # fmt: skip
    max_latency_ms = forms.IntegerField(
        label="May take, in ms", required=False, min_value=1, max_value=LONGEST_MS
    )
    tools = forms.BooleanField(required=False)
    schema = forms.BooleanField(required=False)

    @property
    def body(self) -> JSONDict:
        """The call's body."""
        data = self.cleaned_data
        body: JSONDict = {"messages": [{"role": "user", "content": "x" * data["characters"]}]}
        if data["max_tokens"]:
            body["max_tokens"] = data["max_tokens"]
        if data["tools"]:
            body["tools"] = [{"type": "function", "function": {"name": "tool"}}]
        if data["schema"]:
            form = {"name": "answer", "schema": {"type": "object"}}
            body["response_format"] = {"type": "json_schema", "json_schema": form}
        return body

    @property
    def caps(self) -> Caps:
        """The call's limits."""
        return Caps(self.cleaned_data["max_cost_usd"], self.cleaned_data["max_latency_ms"])
