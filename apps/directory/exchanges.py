"""What a directory asked and what came of it, kept for its administrator."""

from datetime import timedelta

from django.utils import timezone

from apps.directory.models import Exchange, Token

KEPT_FOR = timedelta(days=30)
MOST = 5000  # of one directory
EVERY = 200  # requests, the old ones are let go


def note(token: Token, *, method: str, path: str, status: int, about: str, words: str) -> None:
    """Keep one request."""
    made = Exchange.objects.create(
        directory=token.directory,
        token=token,
        method=method,
        path=path[:300],
        status=status,
        about=about[:255],
        words=words[:500],
    )
    if made.pk.int % EVERY == 0:
        forget_old(token)


def forget_old(token: Token) -> None:
    """Let go of what is old, and of what is too much."""
    kept = token.directory.exchanges
    kept.filter(created_at__lt=timezone.now() - KEPT_FOR).delete()
    first_too_many = (
        kept.order_by("-created_at").values_list("created_at", flat=True)[MOST:].first()
    )
    if first_too_many is not None:
        kept.filter(created_at__lte=first_too_many).delete()
