"""Second factors of people in tests: an authenticator app, and a device that holds a passkey."""

import json
import time
from hashlib import sha256
from typing import Any
from uuid import uuid4

from allauth.account.utils import user_pk_to_url_str
from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP, format_hotp_value, generate_totp_secret, hotp_value
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from django.test import Client
from fido2.cose import ES256
from fido2.utils import websafe_decode, websafe_encode
from fido2.webauthn import (
    AttestationObject,
    AttestedCredentialData,
    AuthenticatorData,
    CollectedClientData,
)

from apps.accounts.models import User
from tests.factories.cast import member
from tests.factories.issuer import stranger

FLAG = AuthenticatorData.FLAG
NOTHING = FLAG(0)
JSON = {"Accept": "application/json"}
PASSWORD = "correct horse 7"  # of everybody in tests/factories/cast.py


def someone() -> User:
    """Return a viewer whose address no other test tried a password for: failures are counted."""
    return member(f"V{uuid4().hex[:12]}", "viewer")


def with_app(user: User) -> str:
    """Give somebody an authenticator app; return its secret."""
    secret: str = generate_totp_secret()
    TOTP.activate(user, secret)
    return secret


def with_codes(user: User) -> list[str]:
    """Give somebody recovery codes; return them."""
    codes: list[str] = RecoveryCodes.activate(user).get_unused_codes()
    return codes


def code_of(secret: str) -> str:
    """Return what the app shows now."""
    code: str = format_hotp_value(hotp_value(secret, int(time.time()) // 30))
    return code


class Device:
    """Holds one passkey; made by a site, it answers what sites ask."""

    def __init__(self, host: str = "alpha.localhost") -> None:
        self.host, self.key = host, ec.generate_private_key(ec.SECP256R1())
        self.id = sha256(self.key.public_key().public_numbers().x.to_bytes(32, "big")).digest()[:16]

    def registered(self, options: Any, *, verified: bool = True) -> dict[str, Any]:
        """Return what a browser sends when it made the passkey."""
        # fido2 has types but for this one.
        public = ES256.from_cryptography_key(self.key.public_key())  # type: ignore[no-untyped-call]
        credential = AttestedCredentialData.create(bytes(16), self.id, public)
        told = self._authenticator_data(verified, FLAG.AT, credential)
        attestation = AttestationObject.create("none", told, {})
        client = self._client_data("webauthn.create", options["challenge"])
        response = {"attestationObject": websafe_encode(attestation)}
        return self._credential(client, response) | {
            "clientExtensionResults": {"credProps": {"rk": True}}
        }

    def asserted(
        self, options: Any, user: User, *, verified: bool = True, origin: str = ""
    ) -> dict[str, Any]:
        """Return what a browser sends when the passkey was used."""
        told = self._authenticator_data(verified)
        client = self._client_data("webauthn.get", options["challenge"], origin)
        signature = self.key.sign(told + client.hash, ec.ECDSA(SHA256()))
        handle = websafe_encode(user_pk_to_url_str(user).encode())
        response = {
            "authenticatorData": websafe_encode(told),
            "signature": websafe_encode(signature),
            "userHandle": handle,
        }
        return self._credential(client, response) | {"clientExtensionResults": {}}

    def keep(self, user: User) -> Authenticator:
        """Be a passkey of the user, as if it had been set up."""
        credential = self.registered({"challenge": websafe_encode(b"c" * 32)})
        data = {"name": "A device", "credential": credential}
        made: Authenticator = Authenticator.objects.create(
            user=user, type=Authenticator.Type.WEBAUTHN, data=data
        )
        return made

    def sign_in(self, client: Client, user: User, **how: Any) -> Any:
        """Sign in with the passkey alone; return the answer."""
        return client.post(
            SIGN_IN, {"credential": json.dumps(self.for_sign_in(client, user, **how))}
        )

    def for_sign_in(self, client: Client, user: User, **how: Any) -> dict[str, Any]:
        """Return what is sent to sign in, by the challenge that the site gives this browser."""
        asked = client.get(SIGN_IN, headers=JSON).json()["request_options"]["publicKey"]
        return self.asserted(asked, user, **how)

    def _authenticator_data(
        self, verified: bool, more: Any = NOTHING, credential: bytes = b""
    ) -> AuthenticatorData:
        flags = FLAG.UP | more | (FLAG.UV if verified else NOTHING)
        made: AuthenticatorData = AuthenticatorData.create(
            sha256(self.host.encode()).digest(), flags, 1, credential
        )
        return made

    def _client_data(self, kind: str, challenge: str, origin: str = "") -> CollectedClientData:
        asked = websafe_decode(challenge)
        return CollectedClientData.create(kind, asked, origin or f"http://{self.host}")

    def _credential(self, client: bytes, response: dict[str, str]) -> dict[str, Any]:
        name = websafe_encode(self.id)
        sent = {"clientDataJSON": websafe_encode(client), **response}
        return {"id": name, "rawId": name, "type": "public-key", "response": sent}


SIGN_IN = "/accounts/2fa/webauthn/login/"


def half_way(user: User) -> Client:
    """Return a browser that knows the password and has not shown the second factor yet."""
    client = stranger()
    answer = client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
    assert answer["Location"] == "/accounts/2fa/authenticate/", answer.status_code
    return client
