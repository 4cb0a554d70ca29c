"""Classes of data: those that come with a workspace, its own, and where they are used."""

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.classification.exceptions import BuiltinStays, ClassInUse, SlugTaken
from apps.classification.models import DataClass
from apps.classification.services import add_class, change_class, classes, find_class, remove_class
from apps.classification.uses import uses_of
from apps.common.errors import Forbidden
from apps.workflows.services import create_workflow, update_workflow
from tests.factories.browsers import browser
from tests.factories.cast import api_client
from tests.runs.withholding.test_withholding import marked
from tests.workflows.definitions import greeting

pytestmark = pytest.mark.django_db
URL = "/api/v1/data-classes/"


@pytest.fixture
def own(alice: User) -> DataClass:
    return add_class(actor=alice, slug="hr-file", changes={"name": "HR file", "keep_days": 30})


def test_four_classes_come_with_a_workspace(alice: User) -> None:
    assert {each.slug for each in classes()} == {"personal", "health", "financial", "secret"}
    assert classes().count() == 4  # looked at twice, there are no more


def test_a_workspace_has_its_own(own: DataClass, alice: User, bob: User) -> None:
    with pytest.raises(SlugTaken):
        add_class(actor=alice, slug="hr-file", changes={"name": "Again"})
    for taken in ("personal", "payload", "new"):
        with pytest.raises(SlugTaken):
            add_class(actor=alice, slug=taken, changes={"name": "Taken"})
    with pytest.raises(Forbidden):
        add_class(actor=bob, slug="mine", changes={"name": "Mine"})
    assert AuditEntry.objects.filter(action="data_class.created").count() == 1


def test_what_holds_is_changed_with_an_entry(own: DataClass, alice: User, bob: User) -> None:
    change_class(own, actor=alice, changes={"in_prompts": True, "slug": "other"})
    own.refresh_from_db()
    assert (own.in_prompts, own.slug) == (True, "hr-file")
    entry = AuditEntry.objects.get(action="data_class.changed")
    assert (entry.before or {})["in_prompts"] is False
    with pytest.raises(Forbidden):
        change_class(own, actor=bob, changes={"in_prompts": False})


def test_what_marks_something_stays(alice: User, bob: User, own: DataClass) -> None:
    definition = marked()
    definition["nodes"][0]["config"]["fields"][0]["data_class"] = "hr-file"
    workflow = create_workflow(actor=bob, name="Files", definition=definition)
    [use] = uses_of("hr-file", alice)
    assert (use.name, use.fields, use.published) == ("Files", ("input.email",), False)
    with pytest.raises(ClassInUse):
        remove_class(own, actor=alice)
    update_workflow(workflow, actor=bob, revision=None, changes={"definition": greeting()})
    remove_class(own, actor=alice)
    with pytest.raises(BuiltinStays):
        remove_class(find_class("personal", actor=alice), actor=alice)


def test_the_api_gives_and_takes_them(alice: User, bob: User) -> None:
    client = api_client(alice)
    body = {"slug": "hr-file", "name": "HR file"}
    assert client.post(URL, body, format="json").status_code == 201
    assert client.post(URL, {**body, "slug": "HR"}, format="json").status_code == 422
    assert client.patch(f"{URL}hr-file/", {"keep_days": 0}, format="json").status_code == 422
    assert client.patch(f"{URL}hr-file/", {"keep_days": 9}, format="json").json()["keep_days"] == 9
    assert [each["slug"] for each in client.get(f"{URL}?q=hr").json()["results"]] == ["hr-file"]
    assert client.get(f"{URL}hr-file/uses/").json() == []
    assert api_client(bob).delete(f"{URL}hr-file/").status_code == 403
    assert client.delete(f"{URL}hr-file/").status_code == 204
    assert client.get(f"{URL}hr-file/").status_code == 404


def test_the_pages_show_and_change_them(own: DataClass, alice: User, bob: User) -> None:
    page = browser(alice).get("/data-classes/").content.decode()
    assert all(name in page for name in ("Personal", "Health", "HR file"))
    assert "New class" not in browser(bob).get("/data-classes/").content.decode()
    assert "No class has this" in browser(alice).get("/data-classes/?q=zzz").content.decode()
    assert browser(alice).get("/data-classes/hr-file/").status_code == 200
    sent = {"name": "Files", "keep_days": "7", "in_prompts": "on"}
    assert browser(alice).post("/data-classes/hr-file/change/", sent).status_code == 302
    own.refresh_from_db()
    assert (own.name, own.keep_days, own.puts_back) == ("Files", 7, False)
    wrong = browser(alice).post("/data-classes/hr-file/change/", {**sent, "keep_days": "0"})
    assert wrong.status_code == 422
    taken = browser(alice).post("/data-classes/new/", {"slug": "hr-file", "name": "x"})
    assert taken.status_code == 422
    assert browser(alice).post("/data-classes/hr-file/remove/").status_code == 302
    assert browser(bob).get("/data-classes/new/").status_code == 403
