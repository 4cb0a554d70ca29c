"""Refusals of what a provider sends, in the words of whoever set it up there."""

from apps.identity.exceptions import AssertionRefused

GENERAL = "Compare the settings in the provider with those on the set-up page."


def refuse(reason: str, detail: str, hint: str = GENERAL) -> AssertionRefused:
    """Return the refusal to raise: a word for the trail, what is wrong, and what to do."""
    return AssertionRefused(reason, detail, hint)
