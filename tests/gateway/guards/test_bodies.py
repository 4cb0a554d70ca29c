"""Which texts of a body guards read: all but what belongs to the protocol, and pictures and files."""

from typing import Any

import pytest

from apps.gateway.guards.bodies import redacted

SECRET = "4111 1111 1111 1111"
HIDDEN = f"data:text/plain,{SECRET}"


class Masking:
    """Says what a guard would."""

    def text(self, raw: str, *, is_json: bool = False, is_own: bool = False) -> str:
        return raw.replace(SECRET, "[CARD]")

    def number(self, value: float) -> float:
        return value


def turn(content: Any) -> dict[str, Any]:
    return {"messages": [{"role": "user", "content": content}]}


@pytest.mark.parametrize(
    "body",
    [
        turn(HIDDEN),
        turn(f"data:,{SECRET}"),
        turn([{"type": "text", "text": HIDDEN}]),
        turn([{"type": "image_url", "text": HIDDEN}]),
        turn([{"type": "base64", "data": SECRET}]),
        turn([{"type": "image_url", "image_url": {"url": f"https://x.example/?q={SECRET}"}}]),
        turn([{"type": "document", "title": HIDDEN, "source": {"type": "text", "data": HIDDEN}}]),
        {"input": HIDDEN},
        {"input": [HIDDEN]},
        {"documents": [{"text": HIDDEN}]},
        {"tools": [{"type": "function", "function": {"description": HIDDEN}}]},
        {"tools": [{"parameters": {"properties": {"id": {"type": "string", "title": SECRET}}}}]},
        {"choices": [{"message": {"content": HIDDEN}}]},
    ],
)
def test_a_text_is_read_whatever_it_begins_with(body: dict[str, Any]) -> None:
    assert SECRET not in str(redacted(body, Masking()))


@pytest.mark.parametrize(
    "part",
    [
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AAAA", "detail": "low"}},
        {"type": "input_image", "image_url": "data:image/png;base64,AAAA"},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:application/pdf;base64,AA"}},
        {"type": "image", "source": {"type": "base64", "media_type": "image/png", "data": "AAAA"}},
        {"type": "input_audio", "input_audio": {"data": "AAAA", "format": "wav"}},
    ],
)  # fmt: skip
def test_pictures_and_files_go_on_as_they_are(part: dict[str, Any]) -> None:
    class Breaking(Masking):
        """Changes whatever it is shown."""

        def text(self, raw: str, *, is_json: bool = False, is_own: bool = False) -> str:
            return "changed" if "AA" in raw else raw

    assert redacted(turn([part]), Breaking()) == turn([part])
