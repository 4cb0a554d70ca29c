"""What cannot be taken back is asked about first: no button of a menu or a head does it at once."""

import re

from tests.architecture.tree import below, name

# Addresses whose words say that something ends. What is made again with a click stays out.
FINAL = re.compile(r"{% url ['\"]([\w:]*(?:delete|remove|release|act\w*)[\w]*)['\"]([^%]*)%}")
ENDS = re.compile(r"delete|release_hold|classification:remove|'(?:delete|remove)'")
FORM = re.compile(r"<form\b[^>]*?method=\"post\"[^>]*>", re.DOTALL)
DIALOG = re.compile(r"<dialog\b.*?</dialog>", re.DOTALL)


def _at_once(text: str) -> list[str]:
    """Return the forms outside of dialogs that end something without another field to fill in."""
    found = []
    for form in FORM.finditer(DIALOG.sub("", text)):
        address = FINAL.search(form[0])
        if address and ENDS.search(address[0]):
            found.append(address[0])
    return found


def test_what_is_final_is_asked_about() -> None:
    found = {
        name(each): forms
        for each in below("templates/", suffixes=(".html",))
        if (forms := _at_once(each.read_text()))
    }
    assert found == {}


def test_a_form_that_does_it_at_once_is_found() -> None:
    planted = "<form method=\"post\"\n action=\"{% url 'triggers:act' trigger.pk 'delete' %}\">"
    assert _at_once(planted)
    assert not _at_once(f"<dialog>{planted}</form></dialog>")
