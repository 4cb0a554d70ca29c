"""The sealed secrets of second factors, which lie inside of what the library keeps."""

import logging
from collections.abc import Iterator
from uuid import UUID

from allauth.mfa.models import Authenticator

from apps.accounts.adapter import SECRET_CONTEXT
from apps.common.types import JSON
from apps.vault.exceptions import CannotUnseal
from apps.vault.services import VERSION, seal, unseal

logger = logging.getLogger(__name__)


class SealedFactors:
    """Authenticators; a workspace has a few for each of its people."""

    place = "mfa_authenticator.data"

    def left(self, key_id: UUID) -> int:
        """Return how many are sealed with another key than this one."""
        return sum(1 for _ in self._others(key_id))

    def reseal(self, key_id: UUID) -> Iterator[int]:
        """Seal them with the current key, unless they were changed meanwhile."""
        for factor in self._others(key_id):
            before = factor.data
            try:
                after = _sealed_again(before, key_id)
            except CannotUnseal:
                logger.error("%s of %s does not open; it stays as it is.", self.place, factor.pk)
                continue
            Authenticator.objects.filter(pk=factor.pk, data=before).update(data=after)
            yield 1

    def _others(self, key_id: UUID) -> Iterator[Authenticator]:
        found = Authenticator.objects.order_by("pk")
        return (each for each in found if any(_sealed_with_another(each.data, key_id)))


def _sealed_with_another(value: JSON, key_id: UUID) -> Iterator[bool]:
    if isinstance(value, dict | list):
        for child in value.values() if isinstance(value, dict) else value:
            yield from _sealed_with_another(child, key_id)
    elif isinstance(value, str) and value.startswith(f"{VERSION}."):
        yield not value.startswith(f"{VERSION}.{key_id}.")


def _sealed_again(value: JSON, key_id: UUID) -> JSON:
    if isinstance(value, dict):
        return {name: _sealed_again(child, key_id) for name, child in value.items()}
    if isinstance(value, list):
        return [_sealed_again(child, key_id) for child in value]
    if isinstance(value, str) and any(_sealed_with_another(value, key_id)):
        return seal(unseal(value, context=SECRET_CONTEXT), context=SECRET_CONTEXT)
    return value
