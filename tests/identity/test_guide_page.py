"""docs/sso.md says what the pages do: the settings that wait, and the rights of a set-up link."""

from apps.identity.forms import SetupLinkForm
from apps.identity.models import SETUP_LIFE
from apps.identity.waiting import SETTINGS
from tests.factories.product import ROOT

PAGE = (ROOT / "docs" / "sso.md").read_text()
WAITS = PAGE.partition("| waits | counts at once |")[2].partition("\n\n")[0]
NAMED = {
    "issuer": "Issuer",
    "client_id": "Client ID",
    "secret": "Client secret",
    "metadata_url": "metadata",
    "sso_url": "sign-in address",
    "certificates": "its certificates",
    "email_claim": "E-mail",
    "name_claim": "Name",
    "groups_claim": "Groups",
}


def test_every_setting_that_waits_is_named() -> None:
    assert set(NAMED) == SETTINGS
    waiting = "\n".join(row.split("|")[1] for row in WAITS.splitlines() if row)
    assert [words for words in NAMED.values() if words not in waiting] == []


def test_every_right_of_a_link_has_its_row() -> None:
    labels = [str(field.label) for field in SetupLinkForm.base_fields.values()]
    words = [label.partition(",")[0] for label in labels]
    assert len(words) == 4
    assert [each for each in words if f"| {each}" not in PAGE] == []
    assert f"for {SETUP_LIFE.days * 24} hours" in PAGE
