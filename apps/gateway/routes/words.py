"""Reasons of decisions, as people read them."""

WORDS = {
    "disabled": "its provider is disabled",
    "withdrawn": "the platform lends its provider no longer",
    "not_lent": "the platform does not lend this model",
    "needs_key": "its provider has no key",
    "key_refused": "its provider refused the key",
    "not_allowed": "not on the workspace's list of allowed models",
    "region_not_allowed": "in a region that the workspace does not allow",
    "region": "in another region than the route asks for",
    "region_unknown": "its region is not stated",
    "context_unknown": "its context is not stated",
    "context_too_small": "its context is too small",
    "quality_unknown": "its quality is neither stated nor learnt",
    "quality_too_low": "below the quality that the route asks for",
    "budget": "a budget has too little left for it",
    "price_unknown": "its price is not known",
    "too_expensive": "would cost more than allowed",
    "too_slow": "answers later than allowed",
    "first_word_too_late": "its first word comes later than allowed",
    "cooling_down": "its provider asked to be left alone for a while",
    "breaker_open": "left alone since it kept failing",
}

CHECKS = {
    "fields": "the fields that were to be found",
    "label": "the labels to choose from",
    "tools": "the parameters of its tools",
    "schema": "its JSON schema",
    "json": "being a JSON object",
    "judge": "a judge",
    "whole": "being whole",
}


def in_words(reason: str) -> str:
    """Return a reason in words; what a later release calls it stays as it is."""
    if reason.startswith("lacks_"):
        return f"does not offer {reason.removeprefix('lacks_').replace('_', ' ')}"
    return WORDS.get(reason, reason.replace("_", " "))
