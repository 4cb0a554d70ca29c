"""What a call may cost at most, before it is made, and what one cost that nobody counted."""

from decimal import Decimal
from typing import Any

from apps.common.types import JSON
from apps.gateway.models import ModelPrice, MoneyRules

MOST_OF_IMAGE = 8_000  # tokens; its bytes tell nothing
MOST_OF_FRAME = 16  # around each message, tool or part
EXACT = Decimal("1e-10")
MILLION = Decimal(1_000_000)


def most_tokens(sent: JSON) -> int:
    """Return how many tokens something to be sent is at most: each is at least one byte of a text."""
    count, left = 0, [sent]
    while left:
        each: Any = left.pop()
        if isinstance(each, str):
            count += MOST_OF_IMAGE if each.startswith("data:") else len(each.encode())
        elif isinstance(each, dict):
            count += MOST_OF_FRAME + sum(len(name) for name in each)
            left += each.values()
        elif isinstance(each, list):
            left += each
        else:
            count += MOST_OF_FRAME  # numbers, among them tokens by their number
    return count


def longest_answer(price: ModelPrice | None, asked: int | None, rules: MoneyRules) -> int:
    """Return how many tokens an answer may have: as asked for, else as the rules say for such calls."""
    most = price.answer_tokens if price is not None else None
    wanted = asked or rules.answer_tokens
    return wanted if most is None else min(wanted, most)


def worst_case(price: ModelPrice, sent: int, answer: int) -> Decimal:
    """Return what so many tokens cost at most."""
    if price.context_tokens is not None:
        sent = min(sent, price.context_tokens)
    used = price.dearest_input * sent + price.dearest_output * answer
    return (used / MILLION).quantize(EXACT)


def assumed(rules: MoneyRules) -> ModelPrice:
    """Return the price that counts where none is known, as the workspace has set it."""
    return ModelPrice(input_usd=rules.assumed_input_usd, output_usd=rules.assumed_output_usd)
