"""Why a token opens nothing: a word for the trail, a sentence for who sets it up, little for a caller."""

from apps.common.errors import Unauthenticated


class TokenRefused(Unauthenticated):
    """This token is not accepted here. The audit trail says why, to those who may read it."""

    code = "token_refused"
    challenge = 'Bearer realm="api", error="invalid_token"'

    def __init__(self, why: str, words: str) -> None:
        """Say what is wrong; callers are told neither."""
        super().__init__()
        self.why = why
        self.words = words
