"""How people sign in: a passkey, or e-mail with a password or a code; staff with a second factor."""

AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
LOGIN_URL = "account_login"
LOGIN_REDIRECT_URL = "/"
LOGOUT_REDIRECT_URL = "/accounts/login/"
SESSION_ENGINE = "apps.accounts.session_store"  # ends sessions as the workspace says
SESSION_COOKIE_AGE = 7 * 24 * 3600  # of those in which nobody is signed in
PASSWORD_RESET_TIMEOUT = 24 * 3600  # sign-in links of the operator live as long
LANGUAGES = [("en", "English (US)"), ("en-gb", "English (UK)")]

ACCOUNT_ADAPTER = "apps.accounts.adapter.AccountAdapter"
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_LOGIN_METHODS = {"email"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]  # sign-up itself is closed by the adapter
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_MAX_EMAIL_ADDRESSES = 2  # the present one and the one it is being changed to
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_LOGIN_BY_CODE_ENABLED = True
ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 600
ACCOUNT_LOGIN_ON_PASSWORD_RESET = False
ACCOUNT_LOGOUT_ON_PASSWORD_CHANGE = False
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 900
ACCOUNT_SESSION_REMEMBER = True
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "length": 6, "dashed": False}

MFA_ADAPTER = "apps.accounts.adapter.SecondFactorAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_WEBAUTHN_USER_VERIFICATION = "required"  # a passkey stands for both factors
MFA_TOTP_TOLERANCE = 1
MFA_FORMS = {
    "authenticate": "apps.accounts.factor_forms.CodeForm",
    "reauthenticate": "apps.accounts.factor_forms.CodeAgainForm",
    "login_webauthn": "apps.accounts.factor_forms.PasskeyAloneForm",
    "authenticate_webauthn": "apps.accounts.factor_forms.PasskeyForm",
    "reauthenticate_webauthn": "apps.accounts.factor_forms.PasskeyAgainForm",
    "add_webauthn": "apps.accounts.factor_forms.NewPasskeyForm",
}
