"""What a call may cost at most, before it is made, and what one cost that nobody counted."""

from decimal import Decimal
from typing import Any

from apps.common.types import JSONDict
from apps.gateway.enclosed import enclosed_in
from apps.gateway.models import ModelPrice, MoneyRules

MOST_OF_IMAGE = 8_000  # tokens; its bytes tell nothing
MOST_OF_FILE = 1_000_000  # as much as the largest of models read; whose is less says so itself
MOST_OF_FRAME = 16  # around each message, tool or part
EXACT = Decimal("1e-10")
MILLION = Decimal(1_000_000)


def most_tokens(body: JSONDict) -> int:
    """Return how many tokens what is sent is at most: each is at least one byte of a text."""
    enclosed = enclosed_in(body)
    count = MOST_OF_IMAGE * enclosed.pictures + MOST_OF_FILE * enclosed.files
    left: list[Any] = [*enclosed.words]
    while left:
        each = left.pop()
        if isinstance(each, str):
            count += len(each.encode(errors="surrogatepass"))
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
