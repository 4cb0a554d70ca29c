"""Forms of classes of data."""

from typing import Any

from django import forms
from django.core.validators import RegexValidator

from apps.classification.models import DataClass
from apps.classification.slugs import SLUG


class DataClassForm(forms.ModelForm):  # type: ignore[type-arg]  # not a generic at run time
    """What holds for a class."""

    class Meta:
        model = DataClass
        fields = ["name", "description", "in_prompts", "puts_back", "keep_days"]
        labels = {
            "in_prompts": "Models may read its values",
            "puts_back": "Put values back into answers",
            "keep_days": "Erase after days",
        }
        help_texts = {
            "in_prompts": "Else a prompt holds placeholders, except on routes that allow the class.",
            "puts_back": "Where a model's answer names a placeholder, the step gets the value.",
            "keep_days": "Counted from when a value was withheld; its run must be over. Empty: as long as the run.",
        }
        widgets = {"description": forms.Textarea(attrs={"rows": 3})}


class NewDataClassForm(DataClassForm):
    """A class of the workspace's own."""

    slug = forms.CharField(
        max_length=31,
        label="Name in definitions",
        help_text="Small letters, digits and dashes, such as `hr-file`. It cannot be changed later.",
        validators=[RegexValidator(SLUG, "Small letters, digits and dashes; a letter first.")],
    )

    field_order = ["name", "slug", "description"]

    @property
    def changes(self) -> dict[str, Any]:
        """The answers without the name in definitions."""
        return {name: value for name, value in self.cleaned_data.items() if name != "slug"}
