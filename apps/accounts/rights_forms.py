"""Forms of groups, roles and rights on folders."""

from itertools import groupby
from typing import Any

from django import forms

from apps.accounts import policies
from apps.accounts.exceptions import UnknownPerson
from apps.accounts.forms import role_choices, roles_known_to
from apps.accounts.models import Group, User
from apps.accounts.roles import FOR_PEOPLE_ALONE, GRANTABLE

MOST_OFFERED = 200
NO_ROLE = ("", "No role everywhere")


def shared_role_choices() -> list[tuple[str, str]]:
    """Return the roles that groups and folders may carry, the strongest first."""
    return [choice for choice in role_choices() if choice[0] not in FOR_PEOPLE_ALONE]


def person_called(text: str, actor: User) -> User:
    """Return the member with this e-mail. Raises UnknownPerson."""
    seen = policies.visible(actor, User.objects.members())
    found: User | None = seen.filter(email=text.strip().lower()).first()
    if found is None:
        raise UnknownPerson("Nobody in the workspace has this e-mail address.")
    return found


def holder_called(text: str, actor: User) -> User | Group:
    """Return the group of this name, or the member with this e-mail. Raises UnknownPerson."""
    groups = policies.visible(actor, Group.objects.filter(name__iexact=text.strip()))
    return groups.first() or person_called(text, actor)


def offered_people(actor: User) -> list[tuple[str, str]]:
    """Return e-mails and names to choose from while typing."""
    seen = policies.visible(actor, User.objects.members()).order_by("name")
    return list(seen.values_list("email", "name")[:MOST_OFFERED])


class GroupForm(forms.Form):
    """A new group."""

    name = forms.CharField(max_length=80, help_text="Such as “Support” or “Night shift”.")
    role = forms.ChoiceField(
        choices=lambda: [NO_ROLE, *shared_role_choices()], required=False, label="Role everywhere"
    )


class GroupNameForm(forms.Form):
    """Another name for a group."""

    name = forms.CharField(max_length=80)


class GroupRoleForm(forms.Form):
    """The role that a group's people hold on the whole workspace."""

    role = forms.ChoiceField(
        choices=lambda: [NO_ROLE, *shared_role_choices()], required=False, label="Role everywhere"
    )


class PersonForm(forms.Form):
    """A member, by e-mail."""

    email = forms.EmailField(
        label="E-mail",
        max_length=254,
        widget=forms.EmailInput({"list": "people", "autocomplete": "off"}),
    )


class HeirForm(forms.Form):
    """Who takes over what somebody looked after; nobody where it is empty."""

    heir = forms.EmailField(
        label="E-mail",
        required=False,
        max_length=254,
        widget=forms.EmailInput({"list": "people", "autocomplete": "off"}),
    )

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        """Keep who chooses."""
        super().__init__(*args, **kwargs)
        self.actor = actor

    def clean_heir(self) -> User | None:
        """Return the member."""
        email = self.cleaned_data["heir"]
        try:
            return person_called(email, self.actor) if email else None
        except UnknownPerson as error:
            raise forms.ValidationError(error.detail) from error

    @property
    def chosen(self) -> User | None:
        """The member who was named, if there is one."""
        return self.cleaned_data.get("heir") if self.is_valid() else None


class RightForm(forms.Form):
    """Who is to hold which role on a folder."""

    holder = forms.CharField(
        label="Person or group",
        max_length=254,
        help_text="The e-mail address of a member, or the name of a group.",
        widget=forms.TextInput({"list": "people", "autocomplete": "off"}),
    )
    role = forms.ChoiceField(initial="viewer")

    def __init__(self, *args: Any, actor: User, **kwargs: Any) -> None:
        """Offer the roles that the actor knows of and that a folder may carry."""
        super().__init__(*args, **kwargs)
        self.fields["role"].choices = [  # type: ignore[attr-defined]
            choice for choice in roles_known_to(actor) if choice[0] not in FOR_PEOPLE_ALONE
        ]


class OwnRoleForm(forms.Form):
    """Name and permissions of a workspace's own role."""

    label = forms.CharField(max_length=80, label="Name")
    permissions = forms.MultipleChoiceField(
        choices=[(name, name) for name in sorted(GRANTABLE)],
        error_messages={"required": "A role allows something: choose at least one."},
    )

    @property
    def chosen(self) -> set[str]:
        """The permissions that are ticked."""
        return set(self["permissions"].value() or [])


def permission_sections(chosen: set[str], able: frozenset[str]) -> list[dict[str, Any]]:
    """Return all permissions by what they are about, with whether each is chosen and may be given."""
    sections = []
    for about, names in groupby(sorted(GRANTABLE), key=lambda name: name.split(".")[0]):
        boxes = [
            {
                "name": name,
                "verb": name.split(".")[1].replace("_", " ").capitalize(),
                "chosen": name in chosen,
                "able": name in able or name in chosen,
            }
            for name in names
        ]
        label = about.replace("_", " ").capitalize().replace("Api", "API")
        sections.append({"label": label, "boxes": boxes})
    return sections
