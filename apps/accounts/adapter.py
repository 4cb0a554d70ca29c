"""Where allauth asks us: who may sign up, what is mailed, which addresses may be gone to."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest, HttpResponse
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme

from apps.accounts import arrivals, duties, entrance, places, proof, sameness
from apps.accounts.exceptions import OutsideNetworks
from apps.accounts.models import SignIn, User
from apps.audit.models import AuditEntry
from apps.audit.services import record
from apps.common.requests import client_ip
from apps.tenants.context import current_scope
from apps.vault import services as vault

# Mails that let their reader in, now or after choosing a password, or say that nobody is known.
WAYS_IN = (
    "account/email/login_code",
    "account/email/password_reset_key",
    "account/email/unknown_account",
)
# How people show again that it is them, in the order in which it is offered.
WORDS = {
    "mfa_reauthenticate:webauthn": "Use a passkey",
    "reauthenticate": "Use your password",
    "mfa_reauthenticate": "Use a code of your app",
}
ORDER = list(WORDS)
MESSAGES = {
    "email_password_mismatch": "E-mail or password is wrong. Try again, or have a code sent to you.",
    "incorrect_code": "This code is wrong. Look at the newest one and enter it again.",
    "incorrect_password": "This password is wrong. Try again.",
    "rate_limited": "Too many tries. Wait a few minutes, then try again.",
    "too_many_login_attempts": "Too many tries. Wait a few minutes, then try again.",
}
SECRET_CONTEXT = "second-factor"  # noqa: S105 - names what is sealed


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People come in by invitation only, and nothing tells who is here."""

    error_messages = DefaultAccountAdapter.error_messages | MESSAGES

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Refuse who is no person of the workspace, and whoever must come through their company."""
        if user.kind != User.Kind.HUMAN:  # programs have keys, platform support its own door
            answer: HttpResponse = self.respond_user_inactive(request, user)
            return answer
        elsewhere = places.refused(request)
        if elsewhere is not None:
            _note_refused(user, OutsideNetworks.code)
            return elsewhere
        through = (kwargs.get("signal_kwargs") or {}).get("through")
        refusal = entrance.pass_through(request, user, through=through)
        if refusal is not None:
            _note_refused(user, "must come through the company")
            return refusal
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

    def post_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse:
        response: HttpResponse = super().post_login(request, user, **kwargs)
        through = (kwargs.get("signal_kwargs") or {}).get("through")
        arrivals.note(request, user, response, through=through)
        return response

    def is_reauthentication_required(self, app: str) -> bool:
        """Ask again only where nobody showed lately that it is them; a sign-in counts."""
        return not proof.is_fresh(self.request.session)

    def get_reauthentication_methods(self, user: Any) -> list[dict[str, Any]]:
        """Return how somebody can show that it is them; in the end by signing in again."""
        if not isinstance(user, User):
            return []
        methods: list[dict[str, Any]] = super().get_reauthentication_methods(user)
        methods.sort(key=lambda method: ORDER.index(method["id"]))
        company = entrance.proof_page(user)
        if company is not None:
            address = {"id": "company", "description": company.label, "url": company.url}
            came_through = self.request.session.get(duties.THROUGH)
            methods.insert(0 if came_through else len(methods), address)
        if not methods:
            url = reverse("account_sign_in_again")
            methods.append({"id": "again", "description": "Sign in again", "url": url})
        return [
            {**method, "description": WORDS.get(method["id"], method["description"])}
            for method in methods
        ]

    def authentication_failed(self, request: HttpRequest, **credentials: Any) -> None:
        sameness.after_refusal(str(credentials.get("email", "")))

    def is_safe_url(self, url: str | None) -> bool:
        """Accept only the host being served: another workspace is another site."""
        request = context.request
        return url_has_allowed_host_and_scheme(
            url, allowed_hosts={request.get_host()}, require_https=request.is_secure()
        )

    def get_client_ip(self, request: HttpRequest) -> str:
        return client_ip(request)

    def send_mail(self, template_prefix: str, email: str, context: dict[str, Any]) -> None:
        tenant = current_scope().tenant
        place = tenant.name if tenant else "the platform administration"
        match = self.request.resolver_match if self.request else None
        sameness.before_mail(match.url_name if match else "", template_prefix, email)
        # The page said the same as to everybody: who must come through the company is told by mail.
        if template_prefix in WAYS_IN and entrance.is_closed(email):
            template_prefix = "account/email/closed"
        super().send_mail(template_prefix, email, {**context, "workspace": place})


def _note_refused(user: User, reason: str) -> None:
    told = {"email": user.email, "reason": reason}
    record("session.refused", actor=user, after=told, result=AuditEntry.Result.DENIED)


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The secrets of second factors are sealed like every other secret."""

    def get_totp_issuer(self) -> str:
        return "Auterity"

    def get_public_key_credential_rp_entity(self) -> dict[str, str]:
        """Bind passkeys to the one host: another workspace's site cannot ask for them."""
        tenant = current_scope().tenant
        name = tenant.name if tenant else "Auterity administration"
        return {"id": context.request.get_host().partition(":")[0], "name": name}

    def generate_authenticator_name(self, user: User, type: str) -> str:  # noqa: A002 - allauth's
        """Name a new passkey after where it is made."""
        agent = context.request.headers.get("User-Agent", "")
        return str(SignIn(user_agent=agent))

    def encrypt(self, text: str) -> str:
        return vault.seal(text, context=SECRET_CONTEXT)

    def decrypt(self, encrypted_text: str) -> str:
        return vault.unseal(encrypted_text, context=SECRET_CONTEXT)
