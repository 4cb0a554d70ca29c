"""Two workspaces that are alike: the same objects in each, every text of them a canary.

`canary-<slug>` is in whatever belongs to a workspace, `canary-<slug>-inner` in what lies inside
its folder of workflows, so that a member of another folder must not see it either.
"""

from dataclasses import dataclass, field

from django.test import Client

from apps.accounts import services as accounts
from apps.accounts.links import sign_in_path
from apps.accounts.models import Folder, RoleBinding, SignIn, User
from apps.audit.models import AuditEntry
from apps.comments import services as comments
from apps.common.types import JSONDict
from apps.credentials.services import create_credential, set_enabled
from apps.dispatch.models import Ticket
from apps.egress import circuits
from apps.egress.breakers import Fault, breaker
from apps.notifications.models import Mail
from apps.notifications.outbox import Letter
from apps.notifications.services import Notice, tell
from apps.onboarding.arrival import arrival_path
from apps.oversight import exporting, streams, verifying
from apps.oversight import services as oversight
from apps.retention import carrying
from apps.retention import services as retention
from apps.reviews import services as reviews
from apps.runs.approvals import links
from apps.runs.interpreter.advancing import advance
from apps.runs.models import Wait
from apps.runs.services import pause_run, save_view, start_run
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.triggers.models import Trigger
from apps.triggers.services import create_trigger
from apps.workflows import document, drafts, images, restoring, trying
from apps.workflows import services as workflows
from apps.workflows.models import Workflow
from tests.factories.pictures import png
from tests.factories.triggers import due, fire, now
from tests.isolation import archives, companies, gateways, guests, packing, reviewing, withheld
from tests.workflows.definitions import asking, edge, expecting, greeting, node

AUDITOR = ("workflow.view", "run.view", "member.view", "usage.view", "audit.view")
ROLES = ("owner", "admin", "builder", "operator", "viewer")


@dataclass
class World:
    """A workspace with one of everything; `objects` holds what addresses name, by role in them."""

    tenant: Tenant
    people: dict[str, User] = field(default_factory=dict)
    objects: dict[str, str] = field(default_factory=dict)

    @property
    def canary(self) -> str:
        """The text that is in everything of this workspace."""
        return f"canary-{self.tenant.slug}"

    @property
    def host(self) -> str:
        """The host of the workspace's site."""
        return f"{self.tenant.slug}.localhost"

    def browser(self, role: str) -> Client:
        """Return a browser in which the person with this role is signed in."""
        client = Client(HTTP_HOST=self.host, raise_request_exception=False)
        with tenant_context(self.tenant):
            client.force_login(self.people[role])
            if role == "owner":
                companies.bring(client.session, self.objects)
        return client


def make_world(slug: str) -> World:
    """Fill a workspace through the services that the product uses."""
    with public_scope():
        world = World(Tenant.objects.get(slug=slug))
    with tenant_context(world.tenant):
        _people(world)
        _access(world)
        _workflows(world)
        _rights(world)
        _runs(world)
        _retention(world)
        folder = Folder.objects.get(pk=world.objects["folder"])
        world.objects |= withheld.make(world.people["owner"], world.canary, folder)
        _triggers(world)
        _waits(world)
        world.objects |= gateways.make(world.people["owner"], world.canary, world.objects)
        _credentials(world)
        fail_a_service(world)
        _reviews(world)
        _comments(world)
        _oversight(world)
        world.objects |= reviewing.make(
            world.people["owner"], world.people["admin"], world.canary, world.objects["own_role"]
        )
        world.objects |= packing.make(world.people["owner"], world.people["admin"])
        world.objects |= companies.make(world.people["owner"], world.canary)
        world.objects |= guests.make(world.people["owner"], world.canary)
        world.objects |= archives.make(world.people["owner"], world.canary)
    return world


def _people(world: World) -> None:
    for role in ROLES:
        world.people[role] = _member(world, role, role)
    world.people["colleague"] = _member(world, "colleague", "viewer")
    outside = Folder.objects.create(name=f"{world.canary} outside")
    world.people["guest"] = _member(world, "guest", "viewer")
    RoleBinding.objects.filter(user=world.people["guest"]).update(folder=outside)
    world.objects["colleague"] = str(world.people["colleague"].pk)


def _rights(world: World) -> None:
    """Make a group with somebody in it, a role of the workspace's own, and rights on the folder."""
    owner, colleague = world.people["owner"], world.people["colleague"]
    group = accounts.create_group(name=f"{world.canary} group", role="viewer", actor=owner)
    accounts.add_to_group(group, colleague, actor=owner)
    spare = accounts.create_group(name=f"{world.canary} spare group", actor=owner)
    own = accounts.create_role(label=f"{world.canary} role", permissions=AUDITOR, actor=owner)
    accounts.create_role(label=f"{world.canary} spare role", permissions=AUDITOR, actor=owner)
    folder = Folder.objects.get(pk=world.objects["folder"])
    right = accounts.give_right(folder, spare, role="viewer", actor=owner)
    for name, role in (("auditor", own.name), ("inside", "admin")):
        world.people[name] = _member(world, name, role)
    inside = world.people["inside"]
    accounts.change_role(inside, role=None, actor=owner)
    accounts.give_right(folder, inside, role="admin", actor=owner)
    world.objects |= {
        "group": str(group.pk),
        "spare_group": str(spare.pk),
        "own_role": own.name,
        "spare_role": f"{own.name[:-5]}-spare-role",
        "right": str(right.pk),
        "operator": str(world.people["operator"].pk),
    }


def _member(world: World, name: str, role: str) -> User:
    email = f"{name}@{world.canary}.example"
    title = f"{world.canary} {name}"
    return accounts.add_member(email=email, name=title, role=role, password="correct horse 7")


def _access(world: World) -> None:
    owner = world.people["owner"]
    token = "{token}"
    invitation = accounts.invite_member(
        email=f"invited@{world.canary}.example", role="viewer", actor=owner, link=token
    )
    key, text = accounts.create_api_key(
        name=f"{world.canary} key", role="owner", user=owner, actor=owner
    )
    link = sign_in_path(world.people["colleague"]).strip("/").split("/")
    sign_in = SignIn.objects.create(user=world.people["colleague"], session_name=world.canary)
    world.objects |= {
        "sign_in": str(sign_in.pk),
        "invitation": str(invitation.pk),
        "invitation_token": _token_of_mail(),
        "key": str(key.pk),
        "key_text": text,
        "arrival": arrival_path(owner).strip("/").split("/")[-1],
        "link_uid": link[-2],
        "link_token": link[-1],
    }


def _token_of_mail() -> str:
    from django.core import mail

    lines = str(mail.outbox[-1].body).splitlines()
    return next(
        line.strip() for line in lines if len(line.strip()) > 40 and " " not in line.strip()
    )


def _workflows(world: World) -> None:
    owner = world.people["owner"]
    folder = accounts.create_folder(name=f"{world.canary}-inner folder", actor=owner)
    world.objects["folder"] = str(folder.pk)
    for name in ("workflow", "draft", "archived", "binned"):
        world.objects[name] = str(_workflow(world, name, folder).pk)
    published = workflows.find_workflow(world.objects["workflow"], actor=owner)
    workflows.publish_workflow(published, actor=owner, notes=f"{world.canary}-inner notes")
    picture = png(pixels=f"{world.canary}-inner picture".encode())
    world.objects["image"] = str(images.add_image(published, picture, actor=owner).pk)
    doc = document.load(drafts.updates_of(published))
    text = {"type": "text", "text": f"{world.canary}-inner runbook"}
    written = {"type": "doc", "content": [{"type": "paragraph", "content": [text]}]}
    workflows.append_update(published, actor=owner, update=document.write_runbook(doc, written))
    trying.pin_output(published, "greet", actor=owner, output={"text": f"{world.canary}-inner pin"})
    changes = {"name": f"{world.canary}-inner set", "inputs": {"who": f"{world.canary}-inner who"}}
    made = trying.save_data_set(published, actor=owner, changes=changes)
    world.objects["data_set"] = str(made.pk)
    point = restoring.name_present(published, actor=owner, name=f"{world.canary}-inner point")
    world.objects |= {"point": str(point.pk), "owner": str(owner.pk)}
    archived = workflows.find_workflow(world.objects["archived"], actor=owner)
    workflows.archive_workflow(archived, actor=owner)
    workflows.delete_workflow(
        workflows.find_workflow(world.objects["binned"], actor=owner), actor=owner
    )


def _workflow(
    world: World, name: str, folder: Folder, definition: JSONDict | None = None
) -> Workflow:
    return workflows.create_workflow(
        actor=world.people["owner"],
        name=f"{world.canary}-inner {name}",
        description=f"{world.canary}-inner description",
        definition=definition or greeting(),
        folder=folder,
        tags=[f"{world.canary}-inner"],
    )


def _runs(world: World) -> None:
    """Make runs: a finished one, one that asks people, a paused one, one that is in doubt."""
    owner, folder = world.people["owner"], Folder.objects.get(pk=world.objects["folder"])
    greets = workflows.find_workflow(world.objects["workflow"], actor=owner)
    asks = _workflow(world, "asking", folder, asking(f"{world.canary}-inner question"))
    workflows.publish_workflow(asks, actor=owner)
    asks = workflows.find_workflow(asks.pk, actor=owner)
    finished = start_run(greets, actor=owner, inputs={"who": f"{world.canary}-inner somebody"})
    asking_run, paused_run = (start_run(asks, actor=owner, inputs={}) for _ in range(2))
    for run in (finished, asking_run, paused_run):
        advance(run.pk)
    pause_run(paused_run, actor=owner)
    unsure_run = start_run(greets, actor=owner, inputs={"who": f"{world.canary}-inner nobody"})
    Ticket.objects.filter(pk=unsure_run.pk).update(strikes=3)  # its workers died
    advance(unsure_run.pk)
    changed = asking(f"{world.canary}-inner other question")
    workflows.update_workflow(asks, actor=owner, revision=None, changes={"definition": changed})
    workflows.publish_workflow(workflows.find_workflow(asks.pk, actor=owner), actor=owner)
    world.objects |= {
        "run": str(finished.pk),
        "asking_run": str(asking_run.pk),
        "paused_run": str(paused_run.pk),
        "unsure_run": str(unsure_run.pk),
        "approval": str(Wait.objects.get(run=asking_run).pk),
    } | _saved_views(world)


def _saved_views(world: World) -> dict[str, str]:
    """Keep views of the list of runs: one that the owner has alone, one that is shared."""
    owner, filters = world.people["owner"], {"workflow": world.objects["workflow"]}
    own = save_view(actor=owner, name=f"{world.canary}-inner own view", filters=filters)
    shared = save_view(
        actor=owner, name=f"{world.canary} view", filters={"status": "failed"}, is_shared=True
    )
    return {"own_view": str(own.pk), "shared_view": str(shared.pk)}


def _retention(world: World) -> None:
    """Place a hold, and make a deletion that is over."""
    owner = world.people["owner"]
    asks = Workflow.objects.get(name=f"{world.canary}-inner asking")
    hold = retention.place_hold(actor=owner, workflow=asks, reason=f"{world.canary}-inner case")
    job = retention.start_job(actor=owner)
    carrying.carry(job.pk)
    world.objects |= {"hold": str(hold.pk), "job": str(job.pk)}


def _triggers(world: World) -> None:
    """Make a trigger of each kind, a spare one, and a delivery of the schedule."""
    owner = world.people["owner"]
    greets = workflows.find_workflow(world.objects["workflow"], actor=owner)
    inputs = {"who": f"{world.canary}-inner somebody"}
    configs: dict[str, tuple[str, JSONDict]] = {
        "hook": ("webhook", {"auth": {"kind": "header"}, "input": "body"}),
        "spare_trigger": ("webhook", {}),
        "schedule_trigger": ("schedule", {"every_s": 3600, "inputs": inputs}),
        "event_trigger": ("event", {"events": ["run.failed"]}),
    }
    for name, (kind, config) in configs.items():
        path = f"{world.canary}-inner/{name}" if kind == "webhook" else ""
        made, secret = create_trigger(
            actor=owner, name=f"{world.canary}-inner {name}", kind=kind, workflow=greets,
            config=config, path=path,
        )  # fmt: skip
        world.objects[name] = str(made.pk)
        if secret:
            world.objects["hook_secret"] = secret
    schedule = Trigger.objects.get(pk=world.objects["schedule_trigger"])
    due(schedule, now())
    world.objects["delivery"] = str(fire(schedule)[0].pk)


def _waits(world: World) -> None:
    """Make a run that waits for a signal, a link to decide by, news, and a mail that was given up."""
    owner, folder = world.people["owner"], Folder.objects.get(pk=world.objects["folder"])
    definition = expecting(f"{world.canary}-inner order")
    waits = _workflow(world, "waiting", folder, definition)
    workflows.publish_workflow(waits, actor=owner)
    run = start_run(workflows.find_workflow(waits.pk, actor=owner), actor=owner, inputs={})
    advance(run.pk)
    wait = Wait.objects.get(pk=world.objects["approval"])
    letter = Letter("welcome", world.canary, {"tenant": world.tenant, "address": ""})
    notices = [Notice(owner, f"{world.canary}-inner news", letter=letter)]
    tell(notices, kind="approval.asked", key="news")
    Mail.objects.update(status=Mail.Status.DEAD)
    world.objects |= {
        "signalled_run": str(run.pk),
        "decision_token": links.make(wait, owner).strip("/").split("/")[-1],
        "notification": str(owner.notifications.get(key="news").pk),
        "mail": str(Mail.objects.get().pk),
    }


def _credentials(world: World) -> None:
    """Keep credentials in the folder of workflows, of which one is disabled."""
    owner, folder = world.people["owner"], Folder.objects.get(pk=world.objects["folder"])
    for name in ("stored_credential", "spare_credential", "disabled_credential"):
        made = create_credential(
            actor=owner, name=f"{world.canary}-inner {name}", kind="bearer",
            values={"token": "a-token-of-a-test"}, hosts=["api.invalid"], folder=folder,
        )  # fmt: skip
        world.objects[name] = str(made.pk)
    set_enabled(made, actor=owner, enabled=False)
    asks = {"url": "https://api.invalid/", "credential": world.objects["stored_credential"]}
    definition = greeting()
    definition["nodes"].append(node("asks", "http.request", config=asks))
    definition["edges"].append(edge("start", "asks"))
    _workflow(world, "borrowing", folder, definition)


def fail_a_service(world: World) -> None:
    """Let a service fail until it is left alone, by its own wish longer than any walk takes."""
    fault = Fault(f"HTTP 503 of {world.canary}", retry_after=circuits.LONGEST_WISH_S)
    for _ in range(5):
        with breaker("http", f"{world.canary}.example") as call:
            call.note(fault)
    world.objects["service"] = circuits.listed()[0].id


def _reviews(world: World) -> None:
    """Make a folder in which publishing needs a review, and ask for one of a workflow in it."""
    owner = world.people["owner"]
    folder = accounts.create_folder(name=f"{world.canary}-inner reviewed", actor=owner)
    rule = reviews.set_rule(actor=owner, folder=folder, approvals=1)
    reviewed = _workflow(world, "reviewed", folder)
    review = reviews.request_review(reviewed, actor=owner, notes=f"{world.canary}-inner change")
    other = _workflow(world, "answered", folder)
    author = world.people["admin"]
    answered = reviews.request_review(other, actor=author, notes=f"{world.canary}-inner change")
    answered.authors.clear()  # the owner made it, and is to answer here
    world.objects |= {
        "rule": str(rule.pk),
        "spare_folder": str(
            accounts.create_folder(name=f"{world.canary}-inner spare", actor=owner).pk
        ),
        "reviewed": str(reviewed.pk),
        "review": str(review.pk),
        "answerable": str(answered.pk),
    }


def _comments(world: World) -> None:
    """Say something about a step, and answer it."""
    owner = world.people["owner"]
    workflow = workflows.find_workflow(world.objects["workflow"], actor=owner)
    text = f"{world.canary}-inner question"
    thread = comments.begin_thread(
        workflow, actor=world.people["admin"], anchor=comments.Anchor("greet"), text=text
    )
    answer = comments.reply(thread, actor=owner, text=f"{world.canary}-inner answer")
    reviewed = workflows.find_workflow(world.objects["reviewed"], actor=owner)
    anchor = comments.Anchor("greet")
    other = comments.begin_thread(reviewed, actor=owner, anchor=anchor, text=text)
    world.objects |= {
        "thread": str(thread.pk),
        "comment": str(answer.pk),
        "reviewed_thread": str(other.pk),
    }


def _oversight(world: World) -> None:
    """Name an entry with values, have the chain verified, and take a copy of the trail."""
    entry = AuditEntry.objects.filter(action="invitation.sent").get()
    job = oversight.start_verification(actor=world.people["owner"])
    verifying.carry(job.pk)
    export = oversight.start_export(actor=world.people["owner"], format="jsonl", filters={})
    exporting.carry(export.pk)
    stream = streams.create_stream(
        actor=world.people["owner"], kind="webhook", name=f"{world.canary} stream", secret="s" * 24,
        config={"url": f"https://{world.canary}.invalid/"}, untested=True,
    )  # fmt: skip
    world.objects |= {
        "entry": str(entry.pk),
        "verification": str(job.pk),
        "export": str(export.pk),
        "stream": str(stream.pk),
    }
