"""Parameters that decide how a call is answered, by whom, and what that may cost.

What is not known here reaches the provider as it came; of these it must be known what they mean.
"""

from apps.common.types import JSONDict
from apps.gateway.asks import LIMITS
from apps.gateway.v1.refusals import BadCall

# By which providers that are gateways themselves ask others than the model that is named: past what
# the key may ask, what the workspace allows, and what was reserved for the call.
OTHERS = (
    "models", "fallbacks", "context_window_fallbacks", "content_policy_fallbacks", "model_list",
    "user_config",
)  # fmt: skip
COUNTS = ("n", *LIMITS)


def check(body: JSONDict) -> None:
    """Raise BadCall for what could be understood in two ways."""
    if body.get("stream") not in (None, True, False):
        raise BadCall("`stream` is true or false.", param="stream", code="invalid_type")
    for name in COUNTS:
        value = body.get(name)
        if value is not None and (type(value) is not int or value < 1):
            raise BadCall(
                f"`{name}` is a whole number from 1 on.", param=name, code="invalid_type"
            )  # fmt: skip
    for name in OTHERS:
        if body.get(name):
            raise BadCall(
                "Name one model. Which others may answer in its place is what its route says.",
                param=name, code="unsupported_parameter",
            )  # fmt: skip
