"""Forms of saved views. They only read what was sent; what does not fit is said by the services."""

from collections.abc import Sequence
from typing import Any

from django import forms

from apps.runs.models import SavedView
from apps.runs.models.saved_views import LONGEST_NAME

NEW = ("new", "A new view")


class ViewForm(forms.Form):
    """What a view is called, and who sees it."""

    use_required_attribute = False
    name = forms.CharField(
        error_messages={"required": "Give the view a name."},
        widget=forms.TextInput(attrs={"maxlength": LONGEST_NAME, "autocomplete": "off"}),
    )
    is_shared = forms.BooleanField(
        label="Share with the workspace",
        required=False,
        help_text="Everybody gets the tab, and sees in it the runs that they may see.",
    )


class SaveViewForm(ViewForm):
    """A new view of what the list shows, or these filters for a view that is there."""

    replaces = forms.ChoiceField(label="Save as")
    field_order = ["replaces", "name", "is_shared"]

    def __init__(self, *args: Any, views: Sequence[SavedView], **kwargs: Any) -> None:
        """Offer the views that may be changed."""
        super().__init__(*args, **kwargs)
        self.auto_id = "new_view_%s"  # the form of the view that is shown has its own
        self.views = {str(view.pk): view for view in views}
        offered = [(pk, f"“{view}”, with these filters") for pk, view in self.views.items()]
        replaces = self.fields["replaces"]
        assert isinstance(replaces, forms.ChoiceField)
        replaces.choices = [NEW, *offered]
        replaces.required = bool(views)  # else there is nothing to choose
        self.fields["name"].required = self.data.get("replaces", NEW[0]) not in self.views
