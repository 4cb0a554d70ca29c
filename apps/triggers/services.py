"""Making and changing triggers, listening for a test, repeating deliveries.

Whoever says what a trigger does answers for it: from then on its runs use their rights.
"""

import re
import secrets
from collections.abc import Set
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from pydantic import ValidationError

from apps.accounts import policies
from apps.accounts.models import Folder, User
from apps.audit.services import record
from apps.common.errors import Invalid
from apps.common.types import JSONDict
from apps.dispatch import chores
from apps.retention import holds
from apps.runs.exceptions import NotPublished
from apps.runs.state.accepting import check_in_use, checked_inputs, form_of
from apps.runs.state.withholding import marks_of
from apps.triggers import deliveries, firing
from apps.triggers.configs import CONFIGS, Auth, Config, EventConfig, WebhookConfig, stored
from apps.triggers.deliveries import DELIVERY, SCHEDULE
from apps.triggers.exceptions import (
    BadConfig,
    NotASchedule,
    NotAWebhook,
    NotReplayable,
    PathTaken,
    SecretMissing,
)
from apps.triggers.models import Delivery, Trigger
from apps.triggers.schedule import next_times
from apps.triggers.signatures import check_secret
from apps.vault import services as vault
from apps.workflows.marks import OUTPUT, hidden
from apps.workflows.models import Workflow

LISTEN = timedelta(minutes=10)
MADE_PATH = 26  # letters of 5 bits each: nobody guesses 130 bits
PATH = re.compile(r"[a-z0-9](?:[a-z0-9_/-]{0,98}[a-z0-9])?")
ALPHABET = "abcdefghijklmnopqrstuvwxyz234567"
NOT_SIGNED = (
    "The signature does not cover this header: whoever overhears a call could put another id on it. "
    "Have it signed too, with {id} in what is signed, or take the id from the body."
)
NOT_FOR_US = (
    "Say what a token's `aud` is. Without it, a token that the sender made for somebody else would "
    "open this webhook too."
)
Kind = Trigger.Kind


def find_trigger(trigger_id: UUID | str, *, actor: User) -> Trigger:
    """Return a trigger that the actor may see. Raises NotFound."""
    related = Trigger.objects.select_related(
        "workflow__folder", "workflow__published_version", "run_as", "test_by"
    )
    return policies.find(actor, related, pk=trigger_id)


def find_delivery(trigger: Trigger, delivery_id: UUID | str, *, actor: User) -> Delivery:
    """Return a delivery of a trigger that the actor may see. Raises NotFound."""
    related = Delivery.objects.select_related("trigger__workflow__folder", "run")
    return policies.find(actor, related.filter(trigger=trigger), pk=delivery_id)


@transaction.atomic
def create_trigger(
    *,
    actor: User,
    name: str,
    kind: str,
    workflow: Workflow,
    config: JSONDict,
    enabled: bool = True,
    path: str = "",
    secret: str = "",
) -> tuple[Trigger, str]:
    """Make a trigger; return it with the secret that was made for it, to be shown this once.

    Raises BadConfig, BadInputs, PathTaken, SecretMissing, NotPublished, InBin, Archived, Forbidden.
    """
    trigger = Trigger(name=name, kind=kind, workflow=workflow, enabled=enabled, run_as=actor)
    policies.check(actor, "edit", trigger)
    policies.check(actor, "run", workflow)
    trigger.config = stored(_checked(kind, config, actor))
    made = _set_secret(trigger, secret) if kind == Kind.WEBHOOK else ""
    trigger.path = _path(path) if kind == Kind.WEBHOOK else ""
    _check_use(trigger)
    _save(trigger, replan=True)
    record("trigger.created", actor=actor, target=trigger, after=_shown(trigger))
    return trigger, made


@transaction.atomic
def update_trigger(trigger: Trigger, *, actor: User, changes: JSONDict) -> tuple[Trigger, str]:
    """Change name, workflow, config, path, secret or `enabled`; who changes it answers for it.

    Returns the trigger with a secret that had to be made. Raises OnHold, and like `create_trigger`.
    """
    trigger = _locked(trigger)
    policies.check(actor, "edit", trigger)
    before = _shown(trigger)
    if changes.get("workflow", trigger.workflow) != trigger.workflow:
        holds.check_may_go(trigger.workflow)  # its deliveries would leave with it
    for name in {"name", "workflow", "enabled"} & changes.keys():
        setattr(trigger, name, changes[name])
    policies.check(actor, "edit", trigger)  # where it lies now
    if "config" in changes:
        trigger.config = stored(_checked(trigger.kind, changes["config"], actor))
        trigger.__dict__.pop("settings", None)
    made = _change_webhook(trigger, changes, before) if trigger.kind == Kind.WEBHOOK else ""
    _answer_for(trigger, actor, changes.keys() - {"name"})
    _check_use(trigger)
    _save(trigger, replan=bool(changes.keys() & {"config", "enabled"}))
    after = _shown(trigger) | ({"secret": "changed"} if changes.get("secret") or made else {})
    record("trigger.updated", actor=actor, target=trigger, before=before, after=after)
    return trigger, made


@transaction.atomic
def delete_trigger(trigger: Trigger, *, actor: User) -> None:
    """Remove a trigger and what is known of its deliveries; its runs stay. Raises OnHold."""
    policies.check(actor, "edit", trigger)
    holds.check_may_go(trigger.workflow)
    pending = trigger.deliveries.filter(outcome=Delivery.Outcome.PENDING)
    chores.done(DELIVERY, list(pending.values_list("pk", flat=True)))
    chores.done(SCHEDULE, [trigger.pk])
    record("trigger.deleted", actor=actor, target=trigger, before=_shown(trigger))
    trigger.delete()


def listen(trigger: Trigger, *, actor: User) -> Trigger:
    """Let the test address run the draft in the actor's name for a while.

    Raises NotAWebhook, and Forbidden for who may not edit and run the workflow.
    """
    if trigger.kind != Kind.WEBHOOK:
        raise NotAWebhook
    policies.check(actor, "edit", trigger)
    policies.check(actor, "edit", trigger.workflow)
    policies.check(actor, "run", trigger.workflow)
    with transaction.atomic():
        trigger.test_until, trigger.test_by = chores.now() + LISTEN, actor
        trigger.save(update_fields=["test_until", "test_by", "updated_at"])
        record("trigger.tested", actor=actor, target=trigger)
    return trigger


@transaction.atomic
def replay(delivery: Delivery, *, actor: User) -> Delivery:
    """Start a run with what a delivery brought, in the actor's name.

    Raises NotReplayable, Forbidden, and what starting a run raises.
    """
    trigger = delivery.trigger
    policies.check(actor, "edit", trigger)
    policies.check(actor, "run", trigger.workflow)
    if not delivery.can_be_replayed:
        raise NotReplayable
    again = Delivery(
        trigger=trigger,
        payload=delivery.payload,
        fire_at=delivery.fire_at,
        replay_of=delivery,
        replayed_by=actor,
        depth=delivery.depth,
    )
    again.run = deliveries.begin(again, actor=actor)
    again.outcome = Delivery.Outcome.STARTED
    again.save()
    after = {"delivery": str(delivery.pk), "run": str(again.run.pk)}
    record("trigger.replayed", actor=actor, target=trigger, after=after)
    return again


def next_fire_times(trigger: Trigger, count: int = 5) -> list[datetime]:
    """Return when a schedule fires next if it is enabled. Raises NotASchedule."""
    if trigger.kind != Kind.SCHEDULE:
        raise NotASchedule
    now = chores.now()
    return next_times(trigger.schedule, now, start=trigger.since or now, count=count)


def _checked(kind: str, config: JSONDict, actor: User) -> Config:
    """Return a config that holds. Raises BadConfig with an entry for each field."""
    try:
        checked = CONFIGS[kind].model_validate(config)
    except ValidationError as error:
        raise BadConfig(errors=[_entry(each) for each in error.errors()]) from None
    if isinstance(checked, EventConfig):
        _check_places(checked, actor)
    if isinstance(checked, WebhookConfig):
        _check_webhook(checked)
    return checked


def _check_webhook(config: WebhookConfig) -> None:
    """Raise BadConfig for what would let in more than is meant."""
    if config.dedupe_header and not config.trusts_header:
        raise BadConfig.at("config.dedupe_header", NOT_SIGNED)
    if config.auth.kind is Auth.JWT and not config.auth.audience:
        raise BadConfig.at("config.auth.audience", NOT_FOR_US)


def _entry(error: Any) -> JSONDict:
    where = ".".join(str(part) for part in ("config", *error["loc"]))
    message = str(error["msg"]).removeprefix("Value error, ")
    return {"field": where, "message": message, "code": "invalid"}


def _check_places(config: EventConfig, actor: User) -> None:
    """Raise BadConfig for workflows or a folder that the actor does not see."""
    seen = policies.visible(actor, Workflow.objects.filter(pk__in=config.workflows))
    if seen.count() != len(set(config.workflows)):
        raise BadConfig.at("config.workflows", "One of these workflows is not there.")
    seen_folders = policies.visible(actor, Folder.objects.all())
    if config.folder and not seen_folders.filter(pk=config.folder).exists():
        raise BadConfig.at("config.folder", "There is no such folder.")


def _path(wanted: str) -> str:
    """Return the path of a webhook; one that nobody guesses where none is wanted."""
    path = wanted.strip().strip("/")
    if not path:
        return "".join(secrets.choice(ALPHABET) for _ in range(MADE_PATH))
    if not PATH.fullmatch(path) or path == "test" or path.startswith("test/") or "//" in path:
        message = (
            "Use lower-case letters, digits, hyphens and slashes, and do not begin with test/."
        )
        raise Invalid.at("path", message)
    return path


def _answer_for(trigger: Trigger, actor: User, changed: Set[str]) -> None:
    """Let the runs use the rights of who says what they do; switching off says nothing new.

    Also where it is off: deliveries may be pending, and another person may listen for a test.
    """
    if changed and trigger.enabled:
        policies.check(actor, "run", trigger.workflow)
        trigger.paused_reason = ""
    if changed - {"enabled"} or (changed and trigger.enabled):
        trigger.run_as = actor
    if changed - {"enabled"} and trigger.test_by_id != actor.pk:
        trigger.test_until = trigger.test_by = None


def _change_webhook(trigger: Trigger, changes: JSONDict, before: JSONDict) -> str:
    if "path" in changes:
        trigger.path = _path(changes["path"])
    needs = trigger.webhook.auth.needs_secret
    if not needs:
        trigger.secret = ""
        return ""
    was_public = before["config"].get("auth", {}).get("algorithm") == "RS256"
    if was_public and trigger.webhook.auth.algorithm != "RS256":
        trigger.secret = ""  # all the world may know it
    if changes.get("secret") or not trigger.secret or "config" in changes:
        return _set_secret(trigger, changes.get("secret") or _known_secret(trigger))
    return ""


def _known_secret(trigger: Trigger) -> str:
    return vault.unseal(trigger.secret, context=trigger.secret_context) if trigger.secret else ""


def _set_secret(trigger: Trigger, secret: str) -> str:
    """Seal the secret that the config needs; return it if it had to be made. Raises SecretMissing."""
    auth = trigger.webhook.auth
    if not auth.needs_secret:
        return ""
    made = ""
    if not secret:
        if auth.algorithm == "RS256":
            raise SecretMissing.at(
                "secret", "Give the sender's public key, in PEM form or as JWKS."
            )
        secret = made = secrets.token_urlsafe(32)
    try:
        check_secret(auth, secret)
    except ValueError as error:
        raise Invalid.at("secret", str(error)) from None
    trigger.secret = vault.seal(secret, context=trigger.secret_context)
    return made


def _check_use(trigger: Trigger) -> None:
    """Raise NotPublished, InBin or Archived where an enabled trigger could start nothing."""
    if not trigger.enabled:
        return
    workflow = trigger.workflow
    check_in_use(workflow)
    if workflow.published_version is None:
        raise NotPublished("The workflow has no published version. Publish it first.")
    if trigger.kind == Kind.SCHEDULE:
        form = form_of(workflow.published_version)
        offer = {"fire_at": chores.now().isoformat()}
        checked_inputs(workflow.published_version, deliveries.inputs_of(trigger, offer, form))


def _save(trigger: Trigger, *, replan: bool) -> None:
    """Keep a trigger; a schedule whose rule or state changed counts from now. Raises PathTaken."""
    try:
        with transaction.atomic():
            trigger.save()
    except IntegrityError:
        raise PathTaken.at("path", "Another webhook has this path. Choose another one.") from None
    if replan and trigger.kind == Kind.SCHEDULE:
        trigger.since = chores.now()
        trigger.save(update_fields=["since"])
        firing.plan(trigger, trigger.since)


def _locked(trigger: Trigger) -> Trigger:
    found = deliveries.locked_trigger(trigger.pk)
    return found or trigger


def _shown(trigger: Trigger) -> JSONDict:
    """Return what the audit trail keeps: never the secret, nor a marked input."""
    version, config = trigger.workflow.published_version, trigger.config
    if version is not None and config.get("inputs"):
        marks = marks_of(version)
        config = {**config, "inputs": hidden(config["inputs"], marks.at(marks.start, OUTPUT))}
    return {
        "name": trigger.name,
        "workflow": str(trigger.workflow_id),
        "enabled": trigger.enabled,
        "path": trigger.path,
        "config": config,
    }
