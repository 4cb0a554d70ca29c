"""Files in the form that starts a run."""

from typing import Any

import pytest

from apps.nodes.types.core_start import MAX_FILE, InputRefused, StartConfig, check_inputs

FORM = StartConfig.model_validate({"fields": [{"name": "letter", "type": "file"}]})
LETTER = {"name": "letter.txt", "media_type": "text/plain", "size": 7, "text": "Grüße"}


@pytest.mark.parametrize(
    "file",
    [
        LETTER,
        {"name": "dot.png", "size": 4, "base64": "iVAA/w=="},
        {**LETTER, "size": 0, "text": ""},
    ],
)
def test_a_file_is_taken_as_it_is(file: dict[str, Any]) -> None:
    assert check_inputs(FORM, {"letter": file}) == {"letter": file}


@pytest.mark.parametrize(
    "file",
    [
        "Grüße",
        ["Grüße"],
        {},
        {**LETTER, "size": 6},
        {**LETTER, "base64": "iVAA/w=="},
        {**LETTER, "path": "/etc/passwd"},
        {"name": "dot.png", "size": 4, "base64": "no base64!"},
        {"name": "dot.png", "size": 4},
        {**LETTER, "size": MAX_FILE + 1, "text": "x" * (MAX_FILE + 1)},
    ],
    ids=lambda file: str(file)[:40],
)
def test_what_is_no_file_is_refused_at_its_field(file: Any) -> None:
    with pytest.raises(InputRefused) as refused:
        check_inputs(FORM, {"letter": file})
    [error] = refused.value.errors
    assert (error["field"], error["message"].startswith("Give a file")) == ("letter", True)
