"""Prompts of the library, as tests write them."""

from typing import Any

from apps.accounts.models import User
from apps.common.types import JSONDict
from apps.gateway.models import Prompt
from apps.gateway.prompts.services import create_prompt


def content(*words: str, **more: Any) -> JSONDict:
    """Return what a version says: to the model first, then for the user."""
    roles = ["system", *["user"] * len(words)] if len(words) > 1 else ["user"]
    said = [{"role": role, "content": each} for role, each in zip(roles, words, strict=False)]
    return {"messages": said, **more}


def written(actor: User, *words: str, slug: str = "reply", **more: Any) -> Prompt:
    """Put a prompt into the library."""
    said = content(*(words or ("Answer {{ question }}",)), **more)
    return create_prompt(actor=actor, slug=slug, content=said)
