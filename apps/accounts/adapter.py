"""Where allauth asks us: who may sign up, what is mailed, which addresses may be gone to."""

from typing import Any

from allauth.account.adapter import DefaultAccountAdapter
from allauth.core import context
from allauth.mfa.adapter import DefaultMFAAdapter
from django.http import HttpRequest, HttpResponse
from django.utils.http import url_has_allowed_host_and_scheme

from apps.accounts import entrance
from apps.accounts.models import User
from apps.common.requests import client_ip
from apps.tenants.context import current_scope
from apps.vault import services as vault

# Mails that let their reader in, now or after choosing a password, or say that nobody is known.
WAYS_IN = (
    "account/email/login_code",
    "account/email/password_reset_key",
    "account/email/unknown_account",
)
SECRET_CONTEXT = "second-factor"  # noqa: S105 - names what is sealed


class AccountAdapter(DefaultAccountAdapter):  # type: ignore[misc]
    """People come in by invitation only, and nothing tells who is here."""

    def is_open_for_signup(self, request: HttpRequest) -> bool:
        return False

    def pre_login(self, request: HttpRequest, user: User, **kwargs: Any) -> HttpResponse | None:
        """Refuse service accounts, which have keys, and whoever must come through their company."""
        if user.kind == User.Kind.SERVICE:
            answer: HttpResponse = self.respond_user_inactive(request, user)
            return answer
        through = (kwargs.get("signal_kwargs") or {}).get("through")
        refusal = entrance.pass_through(request, user, through=through)
        if refusal is not None:
            return refusal
        response: HttpResponse | None = super().pre_login(request, user, **kwargs)
        return response

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
        # The page said the same as to everybody: who must come through the company is told by mail.
        if template_prefix in WAYS_IN and entrance.is_closed(email):
            template_prefix = "account/email/closed"
        super().send_mail(template_prefix, email, {**context, "workspace": place})


class SecondFactorAdapter(DefaultMFAAdapter):  # type: ignore[misc]
    """The secrets of second factors are sealed like every other secret."""

    def get_totp_issuer(self) -> str:
        return "Auterity"

    def encrypt(self, text: str) -> str:
        return vault.seal(text, context=SECRET_CONTEXT)

    def decrypt(self, encrypted_text: str) -> str:
        return vault.unseal(encrypted_text, context=SECRET_CONTEXT)
