"""Images and links in an answer that would carry data to a host that nobody said is trusted.

An image is fetched as soon as an answer is shown; a link needs a click. Both tell their host whatever
stands in the address.
"""

import re
from urllib.parse import unquote, urlsplit

from apps.gateway.guards.kinds import Kind
from apps.gateway.guards.recognisers import Recogniser

MOST_CARRIED = (
    24  # characters of a path's longest part, or of a query, that a harmless link may have
)
ADDRESS = r"(?P<v>(?:https?:)?//[^\s\"'<>()\\]{1,2000})"
_SPACE = r"[ \t]{0,4}"

IMAGES = (
    Recogniser(Kind.IMAGE, rf"!\[[^\[\]]{{0,300}}\]\({_SPACE}<?{ADDRESS}", cues=("![",)),
    Recogniser(
        Kind.IMAGE,
        rf"<(?:img|image|iframe|video|audio|source|embed|object|input|script|link|use)\b[^<>]{{0,500}}?"
        rf"(?:src|srcset|href|data|poster|xlink:href){_SPACE}={_SPACE}[\"']?{ADDRESS}",
        cues=(
            "<img",
            "<image",
            "<iframe",
            "<video",
            "<audio",
            "<source",
            "<embed",
            "<object",
            "<input",
            "<script",
            "<link",
            "<use",
        ),
        flags=re.IGNORECASE,
    ),
    Recogniser(Kind.IMAGE, rf"url\({_SPACE}[\"']?{ADDRESS}", cues=("url(",), flags=re.IGNORECASE),
    # Of a reference nobody can say whether an image uses it.
    Recogniser(
        Kind.IMAGE,
        rf"(?:^|(?<=\n)) {{0,3}}\[[^\[\]\n]{{1,100}}\]:{_SPACE}<?{ADDRESS}",
        cues=("]:",),
    ),
)
LINKS = (
    Recogniser(
        Kind.LINK,
        r"(?<![A-Za-z0-9])(?P<v>https?://[^\s\"'<>()\\]{1,2000})",
        cues=("://",),
        flags=re.IGNORECASE,
    ),
)


def is_outside(kind: Kind, address: str, trusted: tuple[str, ...]) -> bool:
    """Tell whether an address would carry data to a host that is not trusted."""
    try:
        parts = urlsplit(address if "//" not in address[:2] else f"https:{address}")
        host = (parts.hostname or "").rstrip(".").lower()
    except ValueError:
        return True  # browsers are more lenient than we are
    if any(_fits(host, each) for each in trusted):
        return False
    return kind == Kind.IMAGE or _carries(parts.query, parts.path, host, parts.username)


def _fits(host: str, trusted: str) -> bool:
    if trusted.startswith("*."):
        return host.endswith(trusted[1:])
    return host == trusted


def _carries(query: str, path: str, host: str, user: str | None) -> bool:
    """Tell whether an address holds more than the name of a page."""
    labels = host.split(".")[:-2]
    names = [part for part in unquote(path).split("/") if not _is_title(part)]
    longest = max(map(len, [query, *names, *labels]), default=0)
    return bool(user) or longest > MOST_CARRIED


def _is_title(part: str) -> bool:
    """Tell whether a part of a path reads as words, as titles of pages do."""
    words = re.split(r"[-_.+ ]", part)
    return len(words) > 2 and all(len(word) <= 14 for word in words)
