"""Forms of the workflow pages."""

from typing import Any

from django import forms

from apps.accounts import policies
from apps.accounts.models import Folder, User
from apps.common.errors import DomainError
from apps.common.parsing import parse_json
from apps.common.types import JSON
from apps.workflows.definition import MAX_BYTES
from apps.workflows.starts import FORM, UNNAMED, Start, starts


class FolderChoice(forms.ModelChoiceField):  # type: ignore[type-arg]  # no generic at run time
    """One of the folders that somebody sees; none is the workspace itself."""

    def __init__(self, actor: User, **kwargs: Any) -> None:
        """Offer the actor's folders."""
        folders = policies.visible(actor, Folder.objects.order_by("name"))
        super().__init__(folders, required=False, empty_label="No folder", **kwargs)


class NewWorkflowForm(forms.Form):
    """Name and place of a new workflow, and how it begins."""

    name = forms.CharField(
        max_length=200,
        initial=UNNAMED,
        widget=forms.TextInput({"autofocus": True}),
    )
    description = forms.CharField(
        max_length=10_000, required=False, widget=forms.Textarea({"rows": 3})
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        """Offer the actor's folders."""
        super().__init__(*args, **kwargs)
        self.fields["folder"] = FolderChoice(actor)
        self.starts = starts()
        self.fields["start"] = forms.ChoiceField(
            choices=[(each.slug, each.name) for each in self.starts.values()],
            initial=FORM,
            required=False,
            label="How it begins",
        )

    @property
    def chosen(self) -> Start:
        """How the workflow begins; with a form where nothing is said."""
        return self.starts[self.cleaned_data["start"] or FORM]

    @property
    def details(self) -> dict[str, Any]:
        """Name, description and folder; what is left as it was is that of the template."""
        data, start = self.cleaned_data, self.chosen
        if not start.is_template:
            return {key: data[key] for key in ("name", "description", "folder")}
        name = start.name if data["name"] == UNNAMED else data["name"]
        description = data["description"] or start.description
        return {
            "name": name,
            "description": description,
            "folder": data["folder"],
            "tags": start.tags,
        }


class ImportForm(forms.Form):
    """A file that was exported, from here or from another workspace."""

    file = forms.FileField(widget=forms.FileInput(attrs={"accept": ".json,application/json"}))

    def clean_file(self) -> JSON:
        """Return the file's JSON."""
        upload = self.cleaned_data["file"]
        if upload.size > MAX_BYTES:
            raise forms.ValidationError(f"A workflow's file may have {MAX_BYTES >> 20} MiB.")
        try:
            return parse_json(upload.read(), what="The file")
        except DomainError as error:
            told = error.detail.replace("The body", "The file", 1)
            raise forms.ValidationError(told) from error


class DetailsForm(forms.Form):
    """Folder and tags."""

    tags = forms.CharField(max_length=900, required=False, help_text="Separate tags by commas.")

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        """Offer the actor's folders."""
        super().__init__(*args, **kwargs)
        self.fields["folder"] = FolderChoice(actor)

    def clean_tags(self) -> list[str]:
        """Return the tags one by one."""
        return [tag.strip() for tag in self.cleaned_data["tags"].split(",") if tag.strip()]
