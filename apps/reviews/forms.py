"""Forms of reviews and of the rules about them."""

from typing import Any

from django import forms

from apps.accounts import policies
from apps.accounts.models import Folder, User
from apps.reviews.models import MOST_APPROVALS

NUMBERS = [(count, str(count)) for count in range(1, MOST_APPROVALS + 1)]


class OpinionForm(forms.Form):
    """What a reviewer says."""

    verdict = forms.ChoiceField(choices=[("approve", "Approve"), ("refuse", "Refuse")])
    comment = forms.CharField(
        required=False,
        max_length=10_000,
        label="What you think of it",
        help_text="Needed where you refuse.",
        widget=forms.Textarea(attrs={"rows": 4}),
    )

    @property
    def opinion(self) -> dict[str, Any]:
        """The answer as the service takes it."""
        data = self.cleaned_data
        return {"approves": data["verdict"] == "approve", "comment": data["comment"]}


class RuleForm(forms.Form):
    """Where publishing needs how many approvals."""

    folder = forms.ModelChoiceField(
        Folder.objects.none(), required=False, label="Where", empty_label="The whole workspace"
    )
    approvals = forms.TypedChoiceField(choices=NUMBERS, coerce=int, label="Approvals needed")

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        """Offer the folders that the person sees and that have no rule."""
        super().__init__(*args, **kwargs)
        folders = policies.visible(actor, Folder.objects.filter(review_rules=None))
        self.fields["folder"].queryset = folders.order_by("name")  # type: ignore[attr-defined]


class ApprovalsForm(forms.Form):
    """How many approvals a rule asks."""

    approvals = forms.TypedChoiceField(choices=NUMBERS, coerce=int)
