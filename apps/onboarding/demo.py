"""The workspaces that `make run` comes with: people, workflows and ways to sign in."""

from dataclasses import dataclass

from apps.accounts.links import sign_in_path
from apps.accounts.models import User
from apps.accounts.policies import holds
from apps.accounts.services import add_member, add_staff
from apps.common.types import JSONDict
from apps.tenants.addresses import admin_url, demo_url, workspace_url
from apps.tenants.context import public_scope, tenant_context
from apps.tenants.models import Tenant
from apps.tenants.services import create_tenant
from apps.triggers.services import create_trigger
from apps.workflows.models import Workflow
from apps.workflows.sample_workflows import NAMES, add_sample, sample
from apps.workflows.services import definition_of, publish_workflow, update_workflow

WEB_PAGE = "web-page-summary"


TRIGGERS: dict[str, tuple[JSONDict, ...]] = {
    "nightly-report": (
        {
            "name": "Every weekday at six",
            "kind": "schedule",
            "config": {"cron": "0 6 * * MON-FRI", "time_zone": "Europe/Berlin"},
            "enabled": False,
        },
    ),
    "lead-scoring": (
        {"name": "Leads from the website", "kind": "webhook", "config": {"input": "body"}},
    ),
}


@dataclass(frozen=True)
class Person:
    """A member of a demo workspace, who signs in by link or code and has no password."""

    name: str
    role: str
    email: str


PEOPLE = {
    "demo": (
        Person("Olivia Owner", "owner", "olivia@demo.example"),
        Person("Ben Builder", "builder", "ben@demo.example"),
        Person("Ava Approver", "operator", "ava@demo.example"),
    ),
    "acme": (Person("Amir Acme", "owner", "amir@acme.example"),),
}
STAFF = Person("Sam Staff", "staff", "sam@auterity.example")
WORKSPACES = {"demo": "Northwind Tools", "acme": "Acme"}


def seed() -> None:
    """Make what is missing of the demo workspaces; what somebody changed or deleted stays so."""
    for slug, people in PEOPLE.items():
        with public_scope():
            tenant = Tenant.objects.filter(slug=slug).first()
            tenant = tenant or create_tenant(name=WORKSPACES[slug], slug=slug)
        with tenant_context(tenant):
            _seed_people(people)
            _seed_workflows(_author(people))
    with public_scope():
        if not User.objects.filter(email=STAFF.email).exists():
            add_staff(email=STAFF.email, name=STAFF.name)


def sign_in_links() -> list[JSONDict]:
    """Return a fresh one-time way in for each demo person, and for the platform staff at the end."""
    links: list[JSONDict] = []
    for slug, people in PEOPLE.items():
        with public_scope():
            tenant = Tenant.objects.filter(slug=slug).first()
        if tenant is not None:
            with tenant_context(tenant):
                links += [_link(tenant, user) for user in _present(people)]
    with public_scope():
        staff = User.objects.filter(email=STAFF.email, is_active=True, is_staff=True).first()
        if staff is not None:
            links.append(
                {
                    "name": staff.name,
                    "role": STAFF.role,
                    "workspace": "",
                    "url": admin_url() + sign_in_path(staff),
                }
            )
    return links


def _seed_people(people: tuple[Person, ...]) -> None:
    known = set(User.objects.values_list("email", flat=True))
    for person in people:
        if person.email not in known:
            add_member(email=person.email, name=person.name, role=person.role)


def _seed_workflows(owner: User) -> None:
    present = {workflow.name: workflow for workflow in Workflow.objects.all()}
    for slug in NAMES:
        if sample(slug).name not in present:
            _add_triggers(slug, add_sample(slug, owner=owner), owner)
    moved = present.get(sample(WEB_PAGE).name)
    if moved is not None and moved.deleted_at is None:
        _follow_the_site(moved, owner)


def _add_triggers(slug: str, workflow: Workflow, owner: User) -> None:
    """Give some of the samples what starts them; the schedule waits until somebody enables it."""
    for given in TRIGGERS.get(slug, ()):
        create_trigger(actor=owner, workflow=Workflow.objects.get(pk=workflow.pk), **given)


def _follow_the_site(workflow: Workflow, owner: User) -> None:
    """Put the present address of the sample pages into the form, where an older one stands.

    The port changes only when something else has taken it. An address that somebody wrote there
    themselves is not one of ours and stays.
    """
    wanted = _address(sample(WEB_PAGE).definition)
    definition = definition_of(workflow).as_json()
    present = _address(definition)
    if present == wanted or not present.startswith("http://127.0.0.1:"):
        return
    _start(definition)["fields"][0]["default"] = wanted
    update_workflow(workflow, actor=owner, revision=None, changes={"definition": definition})
    workflow.refresh_from_db()
    publish_workflow(workflow, actor=owner, notes="The sample pages moved to another port")


def _start(definition: JSONDict) -> JSONDict:
    config: JSONDict = next(n for n in definition["nodes"] if n["type"] == "core.start")["config"]
    return config


def _address(definition: JSONDict) -> str:
    fields = _start(definition).get("fields") or [{}]
    return str(fields[0].get("default") or "")


def _author(people: tuple[Person, ...]) -> User:
    """Return who makes the workflows: the demo's builder, or an owner where they may not any more."""
    builders = [user for user in _present(people) if holds(user, "workflow.publish")]
    builders.sort(key=lambda user: user.role is None or user.role.name != "builder")
    owners = User.objects.filter(role_bindings__role__name="owner", is_active=True)
    return builders[0] if builders else owners[0]


def _present(people: tuple[Person, ...]) -> list[User]:
    users = {user.email: user for user in User.objects.filter(is_active=True)}
    return [users[person.email] for person in people if person.email in users]


def _link(tenant: Tenant, user: User) -> JSONDict:
    root = demo_url() if tenant.slug == "demo" else workspace_url(tenant)
    role = user.role.name if user.role else ""
    return {
        "name": user.name,
        "role": role,
        "workspace": tenant.name,
        "url": root + sign_in_path(user),
    }
