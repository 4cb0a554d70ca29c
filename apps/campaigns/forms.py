"""Forms of access reviews."""

from typing import Any

from django import forms

from apps.accounts import policies
from apps.accounts.exceptions import UnknownPerson
from apps.accounts.forms import key_role_choices
from apps.accounts.models import Folder, Role, User
from apps.accounts.rights_forms import person_called
from apps.campaigns.models import (
    LONGEST_NOTE,
    LONGEST_REASON,
    MOST_DAYS,
    Item,
    Series,
    Sort,
    Terms,
)

MOST_FOLDERS = 500
ONCE = ("", "Once")
PEOPLE = {"list": "people", "autocomplete": "off"}


class CampaignForm(forms.Form):
    """What is reviewed, by whom, until when, and how often."""

    name = forms.CharField(
        max_length=120, widget=forms.TextInput({"placeholder": "Access, third quarter"})
    )
    note = forms.CharField(
        required=False, max_length=LONGEST_NOTE, label="What reviewers should know",
        widget=forms.Textarea({"rows": 3}),
    )  # fmt: skip
    sorts = forms.MultipleChoiceField(
        choices=Sort.choices, initial=Sort.values, label="Which rights",
        widget=forms.CheckboxSelectMultiple, required=False,
    )  # fmt: skip
    roles = forms.MultipleChoiceField(
        required=False, label="Only those that bring", widget=forms.CheckboxSelectMultiple
    )
    folder = forms.ChoiceField(
        required=False, label="Only on one folder",
        help_text="With a folder, roles on it and on what lies in it are reviewed, and nothing else.",
    )  # fmt: skip
    reviewers = forms.ChoiceField(
        choices=Terms.Reviewers.choices, initial=Terms.Reviewers.PERSON, label="Who decides",
        widget=forms.RadioSelect,
    )  # fmt: skip
    reviewer = forms.EmailField(
        required=False, max_length=254, label="That person", widget=forms.EmailInput(PEOPLE)
    )
    reviewer_role = forms.ChoiceField(required=False, label="That role")
    days = forms.IntegerField(min_value=1, max_value=MOST_DAYS, initial=14, label="Days to decide")
    months = forms.TypedChoiceField(
        choices=[ONCE, *Series.Every.choices], coerce=int, empty_value=None, required=False,
        label="Repeat",
    )  # fmt: skip

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        """Offer the roles and folders that there are."""
        super().__init__(*args, **kwargs)
        self.actor = actor
        roles = key_role_choices()
        folders = policies.visible(actor, Folder.objects.order_by("name"))[:MOST_FOLDERS]
        places = [(str(folder.pk), folder.name) for folder in folders]
        self._offer("roles", roles)
        self._offer("reviewer_role", [("", "Choose one"), *roles])
        self._offer("folder", [("", "The whole workspace"), *places])

    def _offer(self, name: str, choices: list[tuple[str, str]]) -> None:
        self.fields[name].choices = choices  # type: ignore[attr-defined]

    def clean_reviewer(self) -> User | None:
        email = self.cleaned_data["reviewer"]
        try:
            return person_called(email, self.actor) if email else None
        except UnknownPerson as error:
            raise forms.ValidationError(error.detail) from error

    def clean_reviewer_role(self) -> Role | None:
        name = self.cleaned_data["reviewer_role"]
        return Role.objects.get(name=name) if name else None

    def clean_folder(self) -> Folder | None:
        chosen = self.cleaned_data["folder"]
        return Folder.objects.get(pk=chosen) if chosen else None

    @property
    def terms(self) -> dict[str, Any]:
        """The values as the service takes them."""
        return {name: value for name, value in self.cleaned_data.items() if name != "months"}


class DecisionForm(forms.Form):
    """What a reviewer says of one right."""

    decision = forms.ChoiceField(choices=Item.Decision.choices)
    reason = forms.CharField(
        required=False, max_length=LONGEST_REASON, label="Why",
        help_text="Needed unless it stays. It is kept in the audit trail.",
        widget=forms.Textarea({"rows": 3}),
    )  # fmt: skip


class HandOnForm(forms.Form):
    """Who is to decide instead."""

    reviewer = forms.EmailField(
        max_length=254, label="E-mail of who decides", widget=forms.EmailInput(PEOPLE)
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        """Keep who chooses."""
        super().__init__(*args, **kwargs)
        self.actor = actor

    def clean_reviewer(self) -> User:
        try:
            return person_called(self.cleaned_data["reviewer"], self.actor)
        except UnknownPerson as error:
            raise forms.ValidationError(error.detail) from error


class SignForm(forms.Form):
    """What is said at the sign-off."""

    statement = forms.CharField(
        required=False, max_length=LONGEST_NOTE, widget=forms.Textarea({"rows": 3}),
        label="Statement", help_text="Such as what was looked at besides. It stays with the review.",
    )  # fmt: skip


class ReasonForm(forms.Form):
    """Why something is done."""

    reason = forms.CharField(max_length=400, label="Why")
