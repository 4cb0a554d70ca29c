"""What can go wrong with tenant code."""


class ExpressionInvalid(ValueError):
    """An expression that cannot be accepted."""

    def __init__(self, message: str, *, position: int = 0, hint: str = "") -> None:
        """Say what is wrong, at which character of the text, and what to write instead."""
        super().__init__(message)
        self.message = message
        self.position = position
        self.hint = hint


class CodeFailed(Exception):
    """Tenant code raised an exception, or was stopped at a limit."""

    def __init__(self, kind: str, message: str, *, line: int | None = None) -> None:
        """Carry the exception's name in the sandbox, its message and the line of the source."""
        super().__init__(f"{kind}: {message}" if message else kind)
        self.kind = kind
        self.message = message
        self.line = line


class LimitExceeded(CodeFailed):
    """Tenant code was stopped: it took more time, memory or output than it may."""
