"""The runbook and its pictures over HTTP: read, written out, copied along, and only for who may."""

from typing import Any

import pytest

from apps.accounts.models import User
from apps.audit.models import AuditEntry
from apps.files.models import Blob
from apps.workflows import document, drafts, images, services
from apps.workflows.models import Image, Workflow
from tests.factories.browsers import browser
from tests.factories.cast import api_client
from tests.factories.pictures import chunk, png
from tests.workflows.definitions import greeting
from tests.workflows.test_runbook import EVERYTHING, RUN, book, paragraph

PNG = png()


@pytest.fixture
def workflow(bob: User) -> Workflow:
    return services.create_workflow(actor=bob, name="Greeting", definition=greeting())


def url(workflow: Workflow, rest: str = "runbook/") -> str:
    return f"/api/v1/workflows/{workflow.pk}/{rest}"


def write(workflow: Workflow, bob: User, *nodes: dict[str, Any]) -> None:
    doc = document.load(drafts.updates_of(workflow))
    services.append_update(workflow, actor=bob, update=document.write_runbook(doc, book(*nodes)))


def send(client: Any, workflow: Workflow, data: bytes, media: str = "image/png") -> Any:
    return client.generic("POST", url(workflow, "images/"), data, content_type=media)


def test_it_is_read_as_data_and_as_markdown(bob: User, vera: User, workflow: Workflow) -> None:
    write(workflow, bob, *EVERYTHING["content"])
    answer = api_client(vera).get(url(workflow))
    assert answer.json() == {"seq": 2, "doc": EVERYTHING}
    text = api_client(vera).get(url(workflow), HTTP_ACCEPT="text/markdown")
    assert text["Content-Type"] == "text/markdown; charset=utf-8"
    assert f"](/workflows/{workflow.pk}/?step=greet)" in text.content.decode()
    assert f"![A plan](/api/v1/workflows/{workflow.pk}/images/{RUN}/)" in text.content.decode()
    assert f"[A run that is not here](/runs/{RUN}/)" in text.content.decode()


@pytest.mark.django_db(transaction=True)
class TestImages:
    """Pictures lie in the file storage, which is never asked inside of a transaction."""

    def test_a_picture_is_kept_and_given_out_safely(
        self, bob: User, vera: User, workflow: Workflow
    ) -> None:
        told = png(chunk(b"tEXt", b"Location 48.1374, 11.5755"))
        made = send(api_client(bob), workflow, told, "image/jpeg").json()  # it is what it is
        assert made["media_type"] == "image/png"
        assert made["size"] == len(PNG)
        answer = api_client(vera).get(url(workflow, f"images/{made['id']}/"))
        assert (answer.content, answer["Content-Type"]) == (PNG, "image/png")
        assert answer["X-Content-Type-Options"] == "nosniff"
        assert answer["Content-Security-Policy"] == "sandbox; default-src 'none'"
        assert answer["Cache-Control"].startswith("private")
        shown = browser(vera).get(
            url(workflow, f"images/{made['id']}/"), HTTP_ACCEPT="image/avif,image/webp,*/*;q=0.8"
        )
        assert shown.content == PNG
        refused = api_client(vera).get(
            url(workflow, f"images/{made['id']}/"), HTTP_ACCEPT="text/xml"
        )
        assert (refused.status_code, refused["Content-Type"]) == (406, "application/problem+json")
        entry = AuditEntry.objects.get(action="workflow.image_added")
        assert (entry.target_id, (entry.after or {})["image"]) == (str(workflow.pk), made["id"])

    @pytest.mark.parametrize(
        "data",
        [
            b"",
            b"<svg xmlns='http://www.w3.org/2000/svg' onload='alert(1)'/>",
            b"<html><script>alert(1)</script>",
            b"%PDF-1.7",
            b"GIF8",
            b"RIFF\x00\x00\x00\x00WAVE",
        ],
    )
    def test_what_is_no_picture_is_refused(
        self, bob: User, workflow: Workflow, data: bytes
    ) -> None:
        refused = send(api_client(bob), workflow, data)
        assert (refused.status_code, refused.json()["code"]) == (422, "no_image")
        assert not Blob.objects.exists()

    def test_what_is_too_large_is_refused(self, bob: User, workflow: Workflow) -> None:
        refused = send(api_client(bob), workflow, PNG + b"\x00" * images.MAX_IMAGE)
        assert (refused.status_code, refused.json()["code"]) == (413, "image_too_large")

    def test_other_media_types_are_refused(self, bob: User, workflow: Workflow) -> None:
        assert send(api_client(bob), workflow, PNG, "text/html").status_code == 415

    def test_there_may_be_so_many(
        self, bob: User, workflow: Workflow, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        monkeypatch.setattr(images, "MAX_IMAGES", 1)
        assert send(api_client(bob), workflow, PNG).status_code == 201
        refused = send(api_client(bob), workflow, PNG)
        assert (refused.status_code, refused.json()["code"]) == (409, "too_many_images")

    def test_who_only_looks_sends_none(self, vera: User, workflow: Workflow) -> None:
        assert send(api_client(vera), workflow, PNG).status_code == 403

    def test_a_picture_belongs_to_its_workflow(self, bob: User, workflow: Workflow) -> None:
        other = services.create_workflow(actor=bob, name="Other", definition=greeting())
        made = images.add_image(workflow, PNG, actor=bob)
        assert api_client(bob).get(url(other, f"images/{made.pk}/")).status_code == 404

    def test_a_copy_has_the_pictures_too(self, bob: User, workflow: Workflow) -> None:
        made = images.add_image(workflow, PNG, actor=bob)
        gone = {"type": "image", "attrs": {"image": RUN, "alt": "of elsewhere"}}
        there = {"type": "image", "attrs": {"image": str(made.pk), "alt": "A plan"}}
        write(workflow, bob, paragraph("Look:"), there, gone)
        copy = services.duplicate_workflow(workflow, actor=bob)
        [_, image] = document.read_runbook(drafts.load(copy).doc)["content"]
        twin = Image.objects.get(workflow=copy)
        assert image["attrs"] == {"image": str(twin.pk), "alt": "A plan"}
        assert twin.blob_id == made.blob_id
        assert api_client(bob).get(url(copy, f"images/{twin.pk}/")).content == PNG


def test_a_file_takes_the_words_along(bob: User, workflow: Workflow) -> None:
    image = {"type": "image", "attrs": {"image": RUN, "alt": "A plan"}}
    write(workflow, bob, paragraph("Ask Ana."), image)
    exported = services.export_workflow(workflow)
    made = services.import_workflow(exported, actor=bob).workflow
    assert document.read_runbook(drafts.load(made).doc) == book(
        paragraph("Ask Ana."), paragraph("[Picture: A plan]")
    )


def test_what_a_file_brings_is_cleaned(bob: User) -> None:
    link = {"type": "link", "attrs": {"href": "javascript:alert(1)"}}
    evil = {"type": "script", "content": [{"type": "text", "text": "alert(1)"}]}
    deep: dict[str, Any] = paragraph("deep")
    for _ in range(30):
        deep = {"type": "blockquote", "content": [deep]}
    runbook = book(paragraph("click", link), evil, deep, {"type": "heading", "attrs": []})
    data = {"definition": greeting(), "runbook": runbook}
    made = services.import_workflow(data, actor=bob).workflow
    assert document.read_runbook(drafts.load(made).doc) == book(
        paragraph("click"), {"type": "heading", "attrs": {"level": 1}}
    )
    nonsense: Any
    for nonsense in (5, "x", [], {"content": 5}, {"content": [5, None, {"type": []}]}):
        services.import_workflow({"definition": greeting(), "runbook": nonsense}, actor=bob)


def test_the_page_escapes_everything(bob: User, vera: User, workflow: Workflow) -> None:
    evil = "<script>alert(1)</script>"
    link = {"type": "link", "attrs": {"href": 'https://x.example/"onclick="alert(1)'}}
    write(
        workflow,
        bob,
        {"type": "heading", "attrs": {"level": 1}, "content": paragraph(evil)["content"]},
        paragraph(evil, {"type": "strong"}, {"type": "code"}, link),
        {
            "type": "code_block",
            "attrs": {"language": "sh"},
            "content": paragraph(evil)["content"],
        },
        {"type": "image", "attrs": {"image": RUN, "alt": '"><img src=x onerror=alert(1)>'}},
        *EVERYTHING["content"],
    )
    page = browser(vera).get(f"/workflows/{workflow.pk}/runbook/").content.decode()
    article = page.partition('<article class="runbook"')[2].partition("</article>")[0]
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in article
    assert "<script" not in article
    assert "<img src=x" not in article
    assert 'href="https://x.example/&quot;onclick=&quot;alert(1)"' in article
    assert 'rel="noopener noreferrer nofollow"' in article
    assert "This run is not here" in article
    assert "This approval is not here" in article
    assert f'href="/workflows/{workflow.pk}/?step=greet"' in article


def test_the_page_says_when_nothing_is_written(bob: User, vera: User, workflow: Workflow) -> None:
    page = browser(vera).get(f"/workflows/{workflow.pk}/runbook/")
    assert "Nothing is written yet" in page.content.decode()
    assert page.context["may_edit"] is False
    assert browser(bob).get(f"/workflows/{workflow.pk}/runbook/").context["may_edit"] is True


def test_the_runbook_is_downloaded_as_a_file(bob: User, workflow: Workflow) -> None:
    write(workflow, bob, paragraph("Ask Ana."))
    answer = browser(bob).get(f"/workflows/{workflow.pk}/runbook.md")
    assert answer.content.decode() == "Ask Ana.\n"
    assert answer["Content-Disposition"] == 'attachment; filename="greeting-runbook.md"'
