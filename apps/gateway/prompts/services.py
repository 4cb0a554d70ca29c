"""Writing prompts: each change is one transaction with its audit entry."""

from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction

from apps.accounts import policies
from apps.accounts.models import User
from apps.audit.services import record
from apps.common.errors import NotFound
from apps.common.types import JSONDict
from apps.gateway.exceptions import NameTaken
from apps.gateway.models import Prompt, PromptLabel, PromptVersion
from apps.gateway.models.prompts import SLUG
from apps.gateway.prompts.content import Content
from apps.gateway.prompts.exceptions import BadPrompt, NothingNew, PromptUsed
from apps.gateway.prompts.usage import Use, uses_of

MOST_LABELS, MOST_PROMPTS, SHOWN = 20, 5_000, 3
FIELDS = ("name", "description")


@transaction.atomic
def create_prompt(
    *, actor: User, slug: str, name: str = "", description: str = "", content: JSONDict,
    notes: str = "",
) -> Prompt:  # fmt: skip
    """Make a prompt with its first version. Raises BadPrompt, NameTaken, Forbidden."""
    policies.check(actor, "edit", Prompt)
    prompt = Prompt(slug=_checked(slug, "slug"), name=name.strip() or slug)
    prompt.description = description.strip()
    if Prompt.objects.filter(slug=slug).exists():
        raise NameTaken
    if Prompt.objects.count() >= MOST_PROMPTS:
        raise BadPrompt(f"A workspace has at most {MOST_PROMPTS:,} prompts.")
    checked = Content.of(content)
    prompt.save()
    _add(prompt, checked, actor, notes)
    record("prompt.added", actor=actor, target=prompt, after={"slug": slug, **checked.stored()})
    return prompt


@transaction.atomic
def change_prompt(prompt: Prompt, *, actor: User, changes: JSONDict) -> Prompt:
    """Change name and description; the slug stays, since steps name it. Raises BadPrompt, Forbidden."""
    policies.check(actor, "edit", prompt)
    prompt = Prompt.objects.select_for_update().get(pk=prompt.pk)
    before = {field: getattr(prompt, field) for field in FIELDS}
    for field in set(FIELDS) & set(changes):
        setattr(prompt, field, str(changes[field]).strip())
    if not prompt.name:
        raise BadPrompt.at("name", "Give it a name.")
    prompt.save()
    after = {field: getattr(prompt, field) for field in FIELDS}
    if after != before:
        record("prompt.changed", actor=actor, target=prompt, before=before, after=after)
    return prompt


@transaction.atomic
def add_version(
    prompt: Prompt, *, actor: User, content: JSONDict, notes: str = ""
) -> PromptVersion:
    """Let a prompt say something else from now on, where its newest version is asked for.

    Raises BadPrompt, NothingNew, Forbidden.
    """
    policies.check(actor, "edit", prompt)
    prompt = Prompt.objects.select_for_update().get(pk=prompt.pk)
    checked = Content.of(content)
    newest = prompt.versions.first()
    if newest is not None and newest.sha256 == checked.sha256():
        raise NothingNew
    version = _add(prompt, checked, actor, notes)
    after = {"version": version.number, "notes": version.notes, **checked.stored()}
    record("prompt.version_added", actor=actor, target=prompt, after=after)
    return version


@transaction.atomic
def set_label(prompt: Prompt, name: str, *, actor: User, number: int) -> PromptLabel:
    """Give a version a label, which it takes from another one. Raises BadPrompt, NotFound, Forbidden."""
    policies.check(actor, "edit", prompt)
    prompt = Prompt.objects.select_for_update().get(pk=prompt.pk)
    version = version_of(prompt, number)
    label = prompt.labels.filter(name=name).select_related("version").first()
    before = None if label is None else {name: label.version.number}
    if label is None:
        if prompt.labels.count() >= MOST_LABELS:
            raise BadPrompt.at("name", f"A prompt has at most {MOST_LABELS} labels.")
        label = PromptLabel(prompt=prompt, name=_checked(name, "name"))
    label.version = version
    label.save()
    prompt.save(update_fields=["updated_at"])
    if before != {name: number}:
        after = {name: number}
        record("prompt.label_moved", actor=actor, target=prompt, before=before, after=after)
    return label


@transaction.atomic
def remove_label(prompt: Prompt, name: str, *, actor: User) -> None:
    """Take a label away. Raises NotFound, PromptUsed where somebody asks for it, Forbidden."""
    policies.check(actor, "edit", prompt)
    prompt = Prompt.objects.select_for_update().get(pk=prompt.pk)
    label = prompt.labels.filter(name=name).select_related("version").first()
    if label is None:
        raise NotFound
    _check_unused([use for use in uses_of(prompt.slug, actor) if use.wanted == name])
    record("prompt.label_removed", actor=actor, target=prompt, before={name: label.version.number})
    label.delete()
    prompt.save(update_fields=["updated_at"])


@transaction.atomic
def delete_prompt(prompt: Prompt, *, actor: User) -> None:
    """Remove a prompt with its versions. Raises PromptUsed where a workflow asks for it, Forbidden."""
    policies.check(actor, "edit", prompt)
    prompt = Prompt.objects.select_for_update().get(pk=prompt.pk)
    _check_unused(uses_of(prompt.slug, actor))
    record("prompt.deleted", actor=actor, target=prompt, before=_shown(prompt))
    prompt.delete()


def version_of(prompt: Prompt, number: int) -> PromptVersion:
    """Return one of a prompt's versions. Raises NotFound."""
    found = prompt.versions.filter(number=number).first()
    if found is None:
        raise NotFound
    return found


def _add(prompt: Prompt, content: Content, actor: User, notes: str) -> PromptVersion:
    prompt.newest += 1
    prompt.words = content.words
    prompt.save(update_fields=["newest", "words", "updated_at"])
    return PromptVersion.objects.create(
        prompt=prompt, number=prompt.newest, content=content.stored(), sha256=content.sha256(),
        notes=notes.strip()[:300], author=str(actor)[:200],
    )  # fmt: skip


def _checked(name: str, field: str) -> str:
    try:
        SLUG(name)
    except ValidationError as error:
        raise BadPrompt.at(field, error.messages[0]) from error
    return name


def _check_unused(uses: list[Use]) -> None:
    if uses:
        names = ", ".join(each.name for each in uses[:SHOWN])
        more = f" and {len(uses) - SHOWN} more" if len(uses) > SHOWN else ""
        raise PromptUsed(f"Used by {names}{more}. Change those workflows first.")


def _shown(prompt: Prompt) -> Any:
    return {"slug": prompt.slug, "name": prompt.name, "versions": prompt.newest}
