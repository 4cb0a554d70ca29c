"""Sessions that end when the workspace says so: some time after their last use, and once and for all.

The end stands in the session's row, where pages, the API and sockets all look before they read it.
The row is named by a digest of the key that the browser holds, and its content is sealed with a key
that follows from the same: whoever reads the database, or writes into it, opens no session.
"""

import hashlib
import json
import logging
from datetime import datetime
from functools import cached_property
from typing import Any

from django.conf import settings
from django.contrib.auth import SESSION_KEY
from django.contrib.sessions.backends import db
from django.contrib.sessions.models import Session
from django.db.models import Subquery
from django.utils import timezone

from apps.accounts import networks, refusals
from apps.accounts.exceptions import OutsideNetworks
from apps.accounts.models import SignInRules, User
from apps.common.requests import request_info
from apps.tenants.context import current_schema
from apps.tenants.database import query
from apps.vault import cipher
from apps.vault.exceptions import CannotUnseal

logger = logging.getLogger(__name__)
BEGAN = "began_at"  # when somebody last showed who they are from the beginning
FIXED = "_session_expiry"  # Django's; a moment where whoever let them in said when it ends
NAME_LENGTH = 40  # of the column; 160 bits


def name_of(session_key: str | None) -> str:
    """Return the name of a session's row; nobody comes from it to the key."""
    return hashlib.sha256(f"auterity session:{session_key}".encode()).hexdigest()[:NAME_LENGTH]


class SessionStore(db.SessionStore):
    """Django's sessions in the database, with the ends that the rules of sign-ins ask for."""

    def exists(self, session_key: str) -> bool:
        return super().exists(name_of(session_key))

    async def aexists(self, session_key: str) -> bool:
        return await query(self.exists, session_key)

    def load(self) -> dict[str, Any]:
        """Return what is in it; nothing where it ended, was sealed for another row, or is used from elsewhere."""
        rows = Session.objects.filter(pk=name_of(self.session_key), expire_date__gt=timezone.now())
        row = rows.annotate(networks=Subquery(SignInRules.objects.values("networks")[:1])).first()
        if row is None:
            return self._none()
        try:
            data = self.decode(row.session_data)
        except CannotUnseal:
            logger.warning("A session does not open; whoever shows its key is signed out.")
            return self._none()
        if SESSION_KEY not in data or networks.accept(row.networks or [], request_info.get().ip):
            return data
        user = User.objects.filter(pk=data[SESSION_KEY]).first()
        refusals.note_session(user, OutsideNetworks.code)
        return self._none()

    async def aload(self) -> dict[str, Any]:
        return await query(self.load)

    def _none(self) -> dict[str, Any]:
        self._session_key = None
        return {}

    def create_model_instance(self, data: dict[str, Any]) -> Session:
        return Session(
            pk=name_of(self.session_key),
            session_data=self.encode(data),
            expire_date=self.get_expiry_date(),
        )

    async def acreate_model_instance(self, data: dict[str, Any]) -> Session:
        return await query(self.create_model_instance, data)

    def delete(self, session_key: str | None = None) -> None:
        key = session_key or self.session_key
        if key:
            Session.objects.filter(pk=name_of(key)).delete()

    async def adelete(self, session_key: str | None = None) -> None:
        await query(self.delete, session_key)

    def encode(self, session_dict: dict[str, Any]) -> str:
        """Seal what is in it."""
        plain = json.dumps(session_dict, separators=(",", ":")).encode()
        return cipher.encrypt(plain, key=self._sealing_key(), context=self._context())

    def decode(self, session_data: bytes | str) -> dict[str, Any]:
        """Open what was sealed. Raises CannotUnseal."""
        plain = cipher.decrypt(str(session_data), key=self._sealing_key(), context=self._context())
        opened: dict[str, Any] = json.loads(plain)
        return opened

    def _sealing_key(self) -> bytes:
        """Return what seals: the browser's half is in no backup, ours in no browser."""
        both = f"{settings.SECRET_KEY}\x00{self.session_key}".encode()
        return cipher.derived(both, context="session")

    def _context(self) -> str:
        return f"{current_schema()}:session:{name_of(self.session_key)}"

    def get_expiry_date(self, **kwargs: Any) -> datetime:
        """Return when the session ends if it is not used again."""
        if SESSION_KEY not in self:  # nobody is signed in
            return super().get_expiry_date(**kwargs)
        return min(timezone.now() + self.rules.idle, self.last_moment())

    async def aget_expiry_date(self, **kwargs: Any) -> datetime:
        return await query(self.get_expiry_date)

    def get_expiry_age(self, **kwargs: Any) -> int:
        """Return for how many seconds the browser keeps the cookie."""
        if SESSION_KEY not in self:
            return super().get_expiry_age(**kwargs)
        return max(0, int((self.get_expiry_date() - timezone.now()).total_seconds()))

    def last_moment(self) -> datetime:
        """Return when it ends whatever is done."""
        said = self.get(BEGAN)
        began = datetime.fromisoformat(said) if said else timezone.now()
        end = began + self.rules.longest
        fixed = self.get(FIXED)
        return min(end, datetime.fromisoformat(fixed)) if isinstance(fixed, str) else end

    @cached_property
    def rules(self) -> SignInRules:
        """What the workspace asks, read once for each request."""
        return SignInRules.objects.now()
