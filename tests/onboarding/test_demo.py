"""The demo workspaces and the sample workflows."""

import itertools
from urllib.parse import urlsplit

import pytest
from django.test import Client, override_settings

from apps.accounts.models import User
from apps.nodes.types.core_start import StartConfig, check_inputs
from apps.onboarding.demo import PEOPLE, seed, sign_in_links
from apps.runs.state.accepting import form_of
from apps.sandbox.services import run_code
from apps.tenants.context import tenant_context
from apps.tenants.models import Tenant
from apps.triggers.deliveries import inputs_of
from apps.triggers.models import Trigger
from apps.workflows.definition import Definition, parse
from apps.workflows.layout import arrange
from apps.workflows.models import Workflow, WorkflowVersion
from apps.workflows.sample_workflows import NAMES, add_sample, sample
from apps.workflows.services import delete_workflow
from apps.workflows.validation import validate

WIDTH, HEIGHT = 240, 100  # of a step on the canvas, and a little


def definition(slug: str) -> Definition:
    return arrange(parse(sample(slug).definition))


def inputs(slug: str) -> dict[str, object]:
    start = next(node for node in definition(slug).nodes if node.type == "core.start")
    return check_inputs(StartConfig.model_validate(start.config), {})


@pytest.mark.parametrize("slug", NAMES)
def test_samples_have_no_problem_of_any_severity(slug: str) -> None:
    assert validate(definition(slug)) == []


@pytest.mark.parametrize("slug", NAMES)
def test_samples_are_laid_out_without_overlap(slug: str) -> None:
    nodes = [node for node in definition(slug).nodes if node.position]
    beside = [pair for pair in itertools.combinations(nodes, 2) if pair[0].parent == pair[1].parent]
    for one, other in ((a.position or (0, 0), b.position or (0, 0)) for a, b in beside):
        assert abs(one[0] - other[0]) >= WIDTH or abs(one[1] - other[1]) >= HEIGHT


@pytest.mark.parametrize("slug", NAMES)
def test_samples_start_with_nothing_filled_in(slug: str) -> None:
    assert all(value not in (None, "") for value in inputs(slug).values())


@pytest.mark.parametrize(
    ("slug", "step", "name", "path", "expected"),
    [
        ("support-ticket-triage", "read", "tickets", ("first", "id"), "T-4102"),
        ("support-ticket-triage", "read", "tickets", ("count",), 12),
        ("lead-scoring", "score", "leads", ("best", "company"), "Vela Energy"),
        ("nightly-report", "figures", "orders", ("revenue",), 670.7),
    ],
)
def test_the_code_of_samples_reads_their_data(
    slug: str, step: str, name: str, path: tuple[str, ...], expected: object
) -> None:
    source = next(node.config["source"] for node in definition(slug).nodes if node.id == step)
    value = run_code(source, {"csv": inputs(slug)[name]}).value
    for key in path:
        value = value[key]
    assert value == expected


def test_the_triage_sample_is_a_real_graph() -> None:
    types = {node.type for node in definition("support-ticket-triage").nodes}
    assert {"human.approval", "logic.if", "logic.switch", "ai.classify", "ai.extract"} <= types
    assert len(definition("support-ticket-triage").nodes) >= 8


def test_seeding_makes_people_and_published_workflows(public: None) -> None:
    seed()
    for slug, people in PEOPLE.items():
        with tenant_context(Tenant.objects.get(slug=slug)):
            assert {user.email for user in User.objects.all()} == {p.email for p in people}
            published = Workflow.objects.exclude(published_version=None)
            assert published.count() == len(NAMES)
            found = Trigger.objects.values_list("kind", "enabled").order_by("kind")
            assert list(found) == [("schedule", False), ("webhook", True)]


def test_the_demo_webhook_takes_leads(public: None) -> None:
    seed()
    with tenant_context(Tenant.objects.get(slug="demo")):
        hook = Trigger.objects.select_related("workflow__published_version").get(kind="webhook")
        assert hook.workflow.published_version is not None
        form = form_of(hook.workflow.published_version)
        offered = inputs_of(hook, {"body": {"leads": "company\nAda Ltd"}}, form)
        assert check_inputs(form, offered)["leads"] == "company\nAda Ltd"


def test_seeding_again_changes_nothing_that_somebody_changed(public: None) -> None:
    seed()
    demo = Tenant.objects.get(slug="demo")
    with tenant_context(demo):
        owner = User.objects.get(name="Olivia Owner")
        delete_workflow(Workflow.objects.get(name="Lead scoring"), actor=owner)
        seed_again = WorkflowVersion.objects.count()
    seed()
    with tenant_context(demo):
        assert WorkflowVersion.objects.count() == seed_again
        assert Workflow.objects.current().count() == len(NAMES) - 1
        assert User.objects.count() == 3


def test_the_page_sample_follows_the_sample_site_when_its_port_moves(public: None) -> None:
    sample.cache_clear()
    with override_settings(SAMPLE_SITE="http://127.0.0.1:41001"):
        seed()
    sample.cache_clear()
    with override_settings(SAMPLE_SITE="http://127.0.0.1:41002"):
        seed()
    sample.cache_clear()
    with tenant_context(Tenant.objects.get(slug="demo")):
        workflow = Workflow.objects.get(name="Web page summary")
        assert workflow.published_version
        assert workflow.published_version.number == 2
        nodes = {node["id"]: node for node in workflow.published_version.definition["nodes"]}
        assert (
            nodes["start"]["config"]["fields"][0]["default"]
            == "http://127.0.0.1:41002/returns.html"
        )


def test_each_demo_person_can_sign_in_once_by_link(public: None) -> None:
    seed()
    links = sign_in_links()
    assert [(link["name"], link["role"]) for link in links] == [
        ("Olivia Owner", "owner"),
        ("Ben Builder", "builder"),
        ("Ava Approver", "operator"),
        ("Amir Acme", "owner"),
        ("Sam Staff", "staff"),
    ]
    assert urlsplit(links[-1]["url"]).hostname == "admin.localhost"
    address = urlsplit(links[1]["url"])
    assert address.hostname == "localhost"
    browser = Client(headers={"host": "demo.localhost"})
    assert browser.get(address.path).status_code == 200
    assert browser.post(address.path).status_code == 302
    assert Client(headers={"host": "demo.localhost"}).get(address.path).status_code == 410


def test_a_sample_is_made_by_a_member(alice: User) -> None:
    workflow = add_sample("nightly-report", owner=alice)
    assert workflow.created_by == alice
    assert workflow.created_via == Workflow.Via.TEMPLATE
