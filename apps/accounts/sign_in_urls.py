"""The sign-in library's addresses. Each request is one transaction: without its entry, no change.

What changes how somebody signs in asks for a fresh proof here, too: the library lets through whoever
it knows no way of asking, such as people who come through their company.
"""

from allauth import urls as library
from django.db import transaction
from django.urls import URLPattern, URLResolver, path
from django.views.generic import RedirectView

from apps.accounts.places import place_first
from apps.accounts.proof import proof_required_to_open
from apps.accounts.session_views import sign_in_again

ASKING = frozenset(
    {
        "account_set_password",
        "account_email",
        "mfa_activate_totp",
        "mfa_deactivate_totp",
        "mfa_add_webauthn",
        "mfa_edit_webauthn",
        "mfa_remove_webauthn",
        "mfa_generate_recovery_codes",
        "mfa_view_recovery_codes",
        "mfa_download_recovery_codes",
    }
)

# One page shows all of somebody's factors.
LED = {"mfa_list_webauthn": RedirectView.as_view(pattern_name="mfa_index")}


def _each_in_a_transaction(patterns: list[URLPattern | URLResolver]) -> None:
    for pattern in patterns:
        if isinstance(pattern, URLResolver):
            _each_in_a_transaction(pattern.url_patterns)
            continue
        view = LED.get(pattern.name or "", pattern.callback)
        asked = proof_required_to_open(view) if pattern.name in ASKING else view
        placed = place_first(asked) if pattern.name == "account_login" else asked
        pattern.callback = transaction.atomic(placed)


_each_in_a_transaction(library.urlpatterns)
urlpatterns = [path("again/", sign_in_again, name="account_sign_in_again"), *library.urlpatterns]
