"""Forms of the pages of guards: what becomes of each group in each place, and a text to try."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django import forms

from apps.classification.services import classes
from apps.common.types import JSONDict
from apps.gateway.forms import MONO, WordsField
from apps.gateway.guards.kinds import GROUPS, About, Action, Group, Place
from apps.gateway.guards.policy import (
    HOST,
    LONGEST_HOURS,
    MASKED,
    MOST_HOSTS,
    MOST_PATHS,
    PATH,
    Guards,
)
from apps.gateway.models import ModelRoute

WORDS = {
    Action.ALLOW: "let pass",
    Action.FLAG: "let pass, count",
    Action.MASK: "mask",
    Action.REPLACE: "replace, restore in the answer",
    Action.REFUSE: "refuse the call",
}
MOST_TRIED = 20_000  # characters


@dataclass(frozen=True)
class Row:
    """A group, with its fields; None where nothing is to be decided."""

    about: About
    input: forms.BoundField | None
    output: forms.BoundField | None


class GuardsForm(forms.Form):
    """The guards of a workspace."""

    trusted_hosts = WordsField(
        label="Hosts that answers may show images of and link to", max_length=10_000, required=False,
        widget=forms.Textarea({**MONO, "rows": 2}),
        help_text="Such as cdn.example.com, or *.example.com for all below it.",
    )  # fmt: skip
    refuse_unreadable = forms.BooleanField(
        label="Refuse calls with images, documents or token numbers, which cannot be looked into",
        required=False,
    )

    keep_hours = forms.IntegerField(
        label="Keep what was asked and answered, in hours", required=False, min_value=1,
        max_value=LONGEST_HOURS,
        help_text="Empty: nothing is kept. Only who may see bodies of calls can open it, and the trail says so.",
    )  # fmt: skip
    keep_unmasked = forms.MultipleChoiceField(
        label="Kept as it is; all else is masked", required=False,
        choices=[(each, GROUPS[each].label) for each in MASKED], widget=forms.CheckboxSelectMultiple,
    )  # fmt: skip
    keep_leave_out = WordsField(
        label="Left out of what is kept", max_length=5_000, required=False, widget=forms.TextInput(MONO),
        help_text="Such as asked.tools or asked.messages.*.content.",
    )  # fmt: skip

    def __init__(self, *args: Any, guards: Guards, **kwargs: Any) -> None:
        """Show how it is, with a field for each group and place where something can be decided."""
        kwargs.setdefault("initial", _initial(guards))
        super().__init__(*args, **kwargs)
        known = dict(classes().values_list("slug", "name"))
        gone = {each: each for each in guards.data_classes if each not in known}
        self.fields["data_classes"] = forms.MultipleChoiceField(
            label="Classes of data that prompts may hold",
            help_text="Of marked values of all other classes, prompts of runs hold placeholders.",
            required=False,
            choices=[*known.items(), *gone.items()],
            widget=forms.CheckboxSelectMultiple,
        )
        for group, place, actions in _decisions():
            self.fields[f"{group}_{place}"] = forms.ChoiceField(
                choices=[(each, WORDS[each]) for each in actions],
                required=False,
                label=f"{GROUPS[group].label} in {'prompts' if place == Place.INPUT else 'answers'}",
            )

    def clean_trusted_hosts(self) -> list[str]:
        """Return the hosts. Raises ValidationError for what is none."""
        hosts = [each.lower() for each in self.cleaned_data["trusted_hosts"]]
        if wrong := [each for each in hosts if not re.fullmatch(HOST, each)]:
            raise forms.ValidationError(f"“{wrong[0][:60]}” is not the name of a host.")
        if len(hosts) > MOST_HOSTS:
            raise forms.ValidationError(f"Name at most {MOST_HOSTS} hosts.")
        return hosts

    def clean_keep_leave_out(self) -> list[str]:
        """Return the paths. Raises ValidationError for what is none."""
        paths: list[str] = self.cleaned_data["keep_leave_out"]
        if wrong := [each for each in paths if not re.fullmatch(PATH, each)]:
            raise forms.ValidationError(f"“{wrong[0][:60]}” does not begin with asked or answered.")
        if len(paths) > MOST_PATHS:
            raise forms.ValidationError(f"Name at most {MOST_PATHS} paths.")
        return paths

    @property
    def rows(self) -> Iterator[Row]:
        """The groups with their fields."""
        for group, about in GROUPS.items():
            fields = [f"{group}_{place}" for place in Place]
            shown = [self[name] if name in self.fields else None for name in fields]
            yield Row(about, *shown)

    @property
    def settings(self) -> JSONDict:
        """The cleaned values as the service takes them."""
        data = self.cleaned_data
        plain = ("trusted_hosts", "refuse_unreadable", "data_classes")
        found: JSONDict = {name: data[name] for name in plain}
        for group, place, _ in _decisions():
            found.setdefault(group, {})[place] = data[f"{group}_{place}"] or Action.ALLOW
        found["keeping"] = {
            "hours": data["keep_hours"],
            "unmasked": data["keep_unmasked"],
            "leave_out": data["keep_leave_out"],
        }
        return found


class RouteGuardsForm(GuardsForm):
    """The guards of a route, which may be those of the workspace."""

    own = forms.ChoiceField(
        label="This route", required=False,
        choices=[("", "has the guards of the workspace"), ("own", "has guards of its own, as below")],
    )  # fmt: skip

    def __init__(self, *args: Any, route: ModelRoute, **kwargs: Any) -> None:
        """Show whether the route has its own."""
        super().__init__(*args, **kwargs)
        self.fields["own"].initial = "own" if "guards" in route.policy else ""


class TryForm(forms.Form):
    """A text to try."""

    place = forms.ChoiceField(
        label="As", choices=[(Place.INPUT, "a prompt"), (Place.OUTPUT, "an answer")]
    )
    text = forms.CharField(
        max_length=MOST_TRIED, strip=False, widget=forms.Textarea({"rows": 6}),
        help_text="It is looked at on the server, sent to nobody and kept nowhere.",
    )  # fmt: skip


def _decisions() -> Iterator[tuple[Group, Place, tuple[Action, ...]]]:
    for group, about in GROUPS.items():
        for place, actions in about.actions.items():
            if len(actions) > 1:
                yield group, place, actions


def _initial(guards: Guards) -> JSONDict:
    rules = {f"{group}_{place}": str(guards.rule(group, place)) for group, place, _ in _decisions()}
    return {
        **rules,
        "trusted_hosts": list(guards.trusted_hosts),
        "refuse_unreadable": guards.refuse_unreadable,
        "data_classes": list(guards.data_classes),
        "keep_hours": guards.keeping.hours,
        "keep_unmasked": list(guards.keeping.unmasked),
        "keep_leave_out": list(guards.keeping.leave_out),
    }
