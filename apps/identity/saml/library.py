"""The one door to python3-saml: strict, with the connection's pinned certificates and nothing else."""

import base64
from typing import Any
from urllib.parse import urlsplit

from onelogin.saml2.auth import OneLogin_Saml2_Auth as Auth
from onelogin.saml2.constants import OneLogin_Saml2_Constants as Constants
from onelogin.saml2.errors import OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError
from onelogin.saml2.response import OneLogin_Saml2_Response
from onelogin.saml2.settings import OneLogin_Saml2_Settings as Settings
from onelogin.saml2.utils import OneLogin_Saml2_Utils as Utils

from apps.identity.models import Connection, SigningKey
from apps.identity.saml import certificates
from apps.identity.saml.endpoints import Endpoints
from apps.identity.saml.gate import MAX_BYTES, Response
from apps.identity.saml.refusals import refuse
from apps.identity.saml.xml import Element, canonical, name, parsed

SECURITY = {
    "wantAssertionsSigned": True, "wantMessagesSigned": False, "wantNameId": True,
    "wantAttributeStatement": False, "rejectDeprecatedAlgorithm": True, "requestedAuthnContext": False,
    "signatureAlgorithm": Constants.RSA_SHA256, "digestAlgorithm": Constants.SHA256,
    "allowSingleLabelDomains": True,
}  # fmt: skip
FORGED = frozenset(
    {OneLogin_Saml2_ValidationError.INVALID_SIGNATURE, OneLogin_Saml2_ValidationError.NO_SIGNATURE_FOUND}
)  # fmt: skip


def verified(response: Response, connection: Connection, ours: Endpoints) -> Element:
    """Return the assertion that the provider signed, made anew from the very bytes it signed.

    Raises AssertionRefused.
    """
    pems = [each.pem for each in certificates.counting(connection.certificates)]
    if not pems:
        raise refuse(
            "certificate_over", f"No certificate of {connection} is valid any more.",
            "Add the provider's new certificate, or its metadata.",
        )  # fmt: skip
    looked_at = OneLogin_Saml2_Response(
        _settings(connection, ours, pems), base64.b64encode(response.raw).decode()
    )
    try:
        looked_at.is_valid(_request(ours), request_id=response.answers, raise_exceptions=True)
    except (OneLogin_Saml2_Error, OneLogin_Saml2_ValidationError) as error:
        raise _refusal(error) from error
    signed: Element = looked_at.get_xml_document().find(name("saml:Assertion"))
    return parsed(canonical(signed), most=2 * MAX_BYTES, what="assertion")


def signed_redirect(
    request: bytes, connection: Connection, ours: Endpoints, key: SigningKey
) -> str:
    """Return the address at the provider that carries a request, signed with RSA-SHA256."""
    auth = Auth(_request(ours), _settings(connection, ours, [], key))
    carried = {"SAMLRequest": Utils.deflate_and_base64_encode(request)}
    auth.add_request_signature(carried, Constants.RSA_SHA256)
    address: str = auth.redirect_to(connection.sso_url, carried)
    return address


def _settings(
    connection: Connection, ours: Endpoints, pems: list[str], key: SigningKey | None = None
) -> Settings:
    signing = {"x509cert": key.certificate, "privateKey": key.private_key} if key else {}
    return Settings(
        {
            "strict": True,
            "debug": False,
            "sp": {
                "entityId": ours.entity_id,
                "assertionConsumerService": {"url": ours.acs, "binding": Constants.BINDING_HTTP_POST},
                **signing,
            },
            "idp": {
                "entityId": connection.issuer,
                "singleSignOnService": {"url": connection.sso_url},
                "x509certMulti": {"signing": pems},
            },
            "security": SECURITY,
        },
        sp_validation_only=key is not None,
    )  # fmt: skip


def _request(ours: Endpoints) -> dict[str, Any]:
    """Return where the answer came to; said by us, never by the request's own headers."""
    address = urlsplit(ours.acs)
    return {
        "https": "on" if address.scheme == "https" else "off", "http_host": address.netloc,
        "script_name": address.path, "get_data": {}, "post_data": {},
    }  # fmt: skip


def _refusal(error: Exception) -> Exception:
    """Say it in our words where we have some: what the checks of ours find, they say better."""
    if getattr(error, "code", None) in FORGED:
        return refuse(
            "signature", "The signature of the assertion is not the provider's.",
            "Give us the provider's present metadata or certificate; it may have been rolled over.",
        )  # fmt: skip
    return refuse("library", f"The response is not valid: {str(error)[:200]}.")
