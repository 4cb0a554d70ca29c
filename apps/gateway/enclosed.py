"""What a call encloses beside its words: pictures and files, where a turn has them as parts.

Their bytes tell nothing of what they cost, so they are counted by the piece. Only there: anywhere
else an address that begins with `data:` is a text like any other, and is paid for as one.
"""

from dataclasses import dataclass, field

from apps.common.types import JSON, JSONDict

TURNS = ("messages", "input")
WITHIN = ("content", "output")  # of a turn, and of what a tool gave in it
PICTURES = frozenset({"image_url", "input_image", "image", "computer_screenshot"})
OF_PICTURES = frozenset({"image_url", "source", "image", "file_id"})  # where the picture itself is
# Of what they hold nobody can tell how much it is: pages, minutes, or what lies at an address.
FILES = frozenset({"file", "input_file", "document", "video", "video_url", "input_video"})
STORED = "prompt"  # which the provider keeps, with words that are not in the call
WRITTEN = ("text", "content")  # documents whose words stand in the call


@dataclass
class Enclosed:
    """How many pictures and files, and everything else."""

    pictures: int = 0
    files: int = 0
    words: list[JSON] = field(default_factory=list)

    def add(self, part: JSON) -> list[JSON]:
        """Take in a turn or a part of one; return the parts that lie in it."""
        if not isinstance(part, dict):
            self.words.append(part)
            return []
        kind = part.get("type") if isinstance(part.get("type"), str) else ""
        if kind in FILES and not _is_written(part):
            self.files += 1
            return []
        if kind in PICTURES:
            self.pictures += 1
            self.words.append(
                {name: each for name, each in part.items() if name not in OF_PICTURES}
            )
            return []
        inner = {name: part[name] for name in WITHIN if isinstance(part.get(name), list | dict)}
        self.words.append({name: each for name, each in part.items() if name not in inner})
        return [
            each for held in inner.values() for each in (held if isinstance(held, list) else [held])
        ]


def enclosed_in(body: JSONDict) -> Enclosed:
    """Tell the words of a call from what else it encloses."""
    found, left = Enclosed(), []
    for name, value in body.items():
        if name in TURNS and isinstance(value, list):
            left += value
        elif name == STORED and isinstance(value, dict):
            found.files += 1
        else:
            found.words.append({name: value})
    while left:
        left += found.add(left.pop())
    return found


def _is_written(part: JSONDict) -> bool:
    source = part.get("source")
    return isinstance(source, dict) and source.get("type") in WRITTEN
