"""What entries tell, in words."""

import pytest

from apps.oversight.words import told


@pytest.mark.parametrize(
    ("action", "expected"),
    [
        ("member.role_changed", "Changed the role of"),
        ("workflow.published", "Published workflow"),
        ("api_key.created", "Created API key"),
        ("workflow.point_named", "Named point of workflow"),
        ("provider.key_set", "Set key of provider"),
        ("member.signed_in", "Member: signed in"),
    ],
)
def test_actions_read_as_sentences(action: str, expected: str) -> None:
    assert told(action) == expected
