"""Words of which only some are known: those that lists are filtered by, those that services take, codes."""

from collections.abc import Collection, Mapping

from apps.common.errors import Invalid


def one_of(name: str, word: str, known: Collection[str]) -> str:
    """Return a word that is known. Raises Invalid, which names the known ones."""
    if word not in known:
        raise Invalid.at(name, f"Use one of {', '.join(known)}.")
    return word


def chosen(name: str, params: Mapping[str, str], known: Collection[str]) -> str:
    """Return which of the known words the parameters give, if they give one. Raises Invalid."""
    word = params.get(name, "").strip()
    return word and one_of(name, word, known)


def of_code(code: str) -> str:
    """Return an error's code as people read it, to begin a sentence with."""
    text = code.replace("_", " ").strip()
    first, _, rest = text.partition(" ")
    return f"HTTP {rest}".strip() if first == "http" else text[:1].upper() + text[1:]
