"""The pages of workflows."""

import json

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from apps.accounts.models import User
from apps.workflows import services
from apps.workflows.models import Workflow
from apps.workflows.presence import COLOURS
from tests.factories.browsers import browser
from tests.workflows.definitions import greeting


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return services.create_workflow(actor=bob, name="Greeting <script>", definition=greeting())


def test_the_list_shows_and_filters(vera: User, workflow: Workflow) -> None:
    page = browser(vera).get("/workflows/")
    assert page.status_code == 200
    assert "Greeting &lt;script&gt;" in page.content.decode()
    assert list(browser(vera).get("/workflows/?q=nothing").context["workflows"]) == []


def test_strangers_are_led_to_the_sign_in(workflow: Workflow) -> None:
    answer = Client(HTTP_HOST="alpha.localhost").get("/workflows/")
    assert (answer.status_code, answer["Location"]) == (302, "/accounts/login/?next=/workflows/")


def test_a_new_workflow_opens_in_the_studio(bob: User) -> None:
    answer = browser(bob).post("/workflows/new/", {"name": "Mine"})
    made = Workflow.objects.get()
    assert answer["Location"] == f"/workflows/{made.pk}/"
    assert (made.created_via, made.node_count) == ("studio", 1)
    assert browser(bob).post("/workflows/new/", {"name": ""}).status_code == 422


def test_the_studio_gets_what_it_needs(bob: User, vera: User, workflow: Workflow) -> None:
    page = browser(vera).get(f"/workflows/{workflow.pk}/")
    boot = page.context["boot"]
    shown = {"edit": False, "run": False, "publish": False, "comment": True, "moderate": False}
    assert boot["permissions"] == shown
    assert [each["id"] for each in boot["snapshot"]["nodes"]] == ["greet", "reply", "start"]
    assert boot["collab"]["url"] == f"/ws/wf/{workflow.pk}"
    assert boot["collab"]["user"].items() >= {"id": str(vera.pk), "name": "Vera"}.items()
    assert boot["collab"]["user"]["colour"] in COLOURS
    assert boot["collab"]["canEdit"] is False
    assert browser(bob).get(f"/workflows/{workflow.pk}/").context["boot"]["collab"]["canEdit"]
    assert "<script>" not in page.content.decode().split('id="boot"')[1].split("</script>")[0]


def test_actions_of_the_menu(bob: User, vera: User, workflow: Workflow) -> None:
    url = f"/workflows/{workflow.pk}/"
    answer = browser(bob).post(f"{url}archive/", {"query": "q=x"})
    assert answer["Location"] == "/workflows/?q=x"
    assert Workflow.objects.archived().exists()
    browser(bob).post(f"{url}unarchive/")
    browser(bob).post(f"{url}delete/")
    assert Workflow.objects.in_bin().exists()
    for name in ("restore", "delete", "duplicate", "archive"):
        assert browser(vera).post(f"{url}{name}/").status_code == 403, name
    assert browser(bob).post(f"{url}purge/").status_code == 403
    assert browser(bob).get(f"{url}archive/").status_code == 405


def test_import_of_files(bob: User, workflow: Workflow) -> None:
    content = json.dumps(services.export_workflow(workflow)).encode()
    for data, status in (
        (content, 302),
        (b"{", 422),
        (b"[]", 422),
        (b'{"definition": {}, "x": 1}', 302),
    ):
        upload = SimpleUploadedFile("w.json", data)
        answer = browser(bob).post("/workflows/import/", {"file": upload})
        assert answer.status_code == status, data
        if data == b"{":
            assert "The file is not valid JSON" in answer.content.decode()


def test_details_change_tags_and_folder(bob: User, workflow: Workflow) -> None:
    browser(bob).post(f"/workflows/{workflow.pk}/details/", {"tags": "a, b,,a", "folder": ""})
    workflow.refresh_from_db()
    assert workflow.tags == ["a", "b"]
