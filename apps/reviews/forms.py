"""Forms of reviews and of the rules about them."""

from typing import Any

from django import forms

from apps.accounts import policies
from apps.accounts.models import Folder, User
from apps.comments.models import LONGEST
from apps.reviews.models import MOST_APPROVALS, Rule

EVERYWHERE, WHOLE = "everywhere", "The whole workspace"
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


class ReplyForm(forms.Form):
    """What somebody says in a thread."""

    text = forms.CharField(
        max_length=LONGEST,
        label="Comment",
        help_text="@ and somebody's whole name tells them.",
        widget=forms.Textarea(attrs={"rows": 3}),
    )


class CommentForm(ReplyForm):
    """The first word about one of the steps that change."""

    node = forms.ChoiceField(label="Step")
    field_order = ["node", "text"]

    def __init__(self, *args: Any, steps: list[tuple[str, str]], **kwargs: Any) -> None:
        """Offer the steps that are in the draft and change."""
        super().__init__(*args, **kwargs)
        self.fields["node"].choices = steps  # type: ignore[attr-defined]


class RuleForm(forms.Form):
    """Where publishing needs how many approvals; only places without a rule are offered."""

    folder = forms.ChoiceField(label="Where")
    approvals = forms.TypedChoiceField(choices=NUMBERS, coerce=int, label="Approvals needed")

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        """Offer the workspace and the folders that the person sees."""
        super().__init__(*args, **kwargs)
        folders = policies.visible(actor, Folder.objects.filter(review_rules=None))
        self._folders = {str(folder.pk): folder for folder in folders.order_by("name")}
        whole = [] if Rule.objects.filter(folder=None).exists() else [(EVERYWHERE, WHOLE)]
        offered = [*whole, *((key, folder.name) for key, folder in self._folders.items())]
        self.fields["folder"].choices = offered  # type: ignore[attr-defined]

    @property
    def is_complete(self) -> bool:
        """Whether there is no place left without a rule."""
        return not self.fields["folder"].choices  # type: ignore[attr-defined]

    def clean_folder(self) -> Folder | None:
        return self._folders.get(self.cleaned_data["folder"])


class ApprovalsForm(forms.Form):
    """How many approvals a rule asks."""

    approvals = forms.TypedChoiceField(choices=NUMBERS, coerce=int)
