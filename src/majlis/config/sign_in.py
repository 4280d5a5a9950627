"""django-allauth: how people sign up and in. What each variable means is in docs/operations.md."""

from typing import Any

from majlis.config.environment import flag, text

_SANDBOX = flag("MAJLIS_SANDBOX", default=True)

# What stands before us: how many proxies may be believed about the visitor's address.
ALLAUTH_TRUSTED_PROXY_COUNT = int(text("MAJLIS_PROXIES", "0"))
# Six figures: typed on any keyboard, offered by phones. Three attempts each, bound to the session that asked.
ALLAUTH_USER_CODE_FORMAT = {"numeric": True, "dashed": False, "length": 6}

ACCOUNT_ADAPTER = "majlis.faces.web.sign_in.adapter.AccountAdapter"
ACCOUNT_FORMS = {
    "signup": "majlis.faces.web.sign_in.forms.SignUp",
    "login": "majlis.faces.web.sign_in.forms.SignIn",
    "request_login_code": "majlis.faces.web.sign_in.forms.AskCode",
}
ACCOUNT_SIGNUP_FORM_CLASS = "majlis.faces.web.sign_in.newcomer.Newcomer"
ACCOUNT_LOGIN_METHODS = {"email", "phone"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "phone", "password1*"]  # one of the first two: see forms.SignUp
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_UNIQUE_EMAIL = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_EMAIL_VERIFICATION_SUPPORTS_CHANGE = True
ACCOUNT_PHONE_VERIFICATION_SUPPORTS_RESEND = True
ACCOUNT_PHONE_VERIFICATION_SUPPORTS_CHANGE = True
ACCOUNT_PASSWORD_RESET_BY_CODE_ENABLED = True
ACCOUNT_PASSWORD_RESET_BY_CODE_TIMEOUT = ACCOUNT_LOGIN_BY_CODE_TIMEOUT = 15 * 60
ACCOUNT_LOGIN_BY_CODE_ENABLED = True  # the way back in for who has a telephone only
ACCOUNT_LOGIN_BY_CODE_SUPPORTS_RESEND = True
ACCOUNT_CHANGE_EMAIL = True
ACCOUNT_EMAIL_NOTIFICATIONS = True
ACCOUNT_EMAIL_SUBJECT_PREFIX = ""
ACCOUNT_REAUTHENTICATION_REQUIRED = True
ACCOUNT_REAUTHENTICATION_TIMEOUT = 15 * 60
ACCOUNT_SESSION_REMEMBER = True
ACCOUNT_DEFAULT_HTTP_PROTOCOL = "https" if text("MAJLIS_PUBLIC_URL", "").startswith("https://") else "http"
ACCOUNT_RATE_LIMITS = {
    "login_failed": "10/m/ip,5/300s/key,30/86400s/key",
    "reset_password": "20/m/ip,3/m/key,10/86400s/key",
    "verify_phone": "1/30s/key,5/m/ip,10/86400s/key",
    "request_login_code": "20/m/ip,3/m/key,20/86400s/key",
}

MFA_ADAPTER = "majlis.faces.web.sign_in.two_step.TwoStepAdapter"
MFA_SUPPORTED_TYPES = ["totp", "webauthn", "recovery_codes"]
MFA_PASSKEY_LOGIN_ENABLED = True
MFA_TOTP_TOLERANCE = 1
MFA_RECOVERY_CODES_SHOW_ONCE = True
MFA_WEBAUTHN_ALLOW_INSECURE_ORIGIN = _SANDBOX  # browsers themselves insist on localhost then

USERSESSIONS_TRACK_ACTIVITY = False  # it would write on every request

HEADLESS_CLIENTS = ("app", "browser")
HEADLESS_TOKEN_STRATEGY = "majlis.faces.web.sign_in.tokens.HouseTokens"  # noqa: S105 - a dotted path
_PUBLIC = text("MAJLIS_PUBLIC_URL", "http://localhost:8000").rstrip("/")
HEADLESS_FRONTEND_URLS = {
    "account_confirm_email": f"{_PUBLIC}/account/confirm-email/",
    "account_reset_password": f"{_PUBLIC}/account/password/reset/",
    "account_reset_password_from_key": f"{_PUBLIC}/account/password/reset/",
    "account_signup": f"{_PUBLIC}/account/signup/",
    "socialaccount_login_error": f"{_PUBLIC}/account/login/",
}

# Others who vouch for people. A button appears when its variables are set.
SOCIALACCOUNT_ADAPTER = "majlis.faces.web.sign_in.adapter.OthersAdapter"
SOCIALACCOUNT_AUTO_SIGNUP = False  # a newcomer still says their name and birth date
SOCIALACCOUNT_LOGIN_ON_GET = False
SOCIALACCOUNT_STORE_TOKENS = False
SOCIALACCOUNT_PROVIDERS: dict[str, Any] = {}
SIGN_IN_ORIGINS: list[str] = []
"""Where a sign-in form may lead to: for the content security policy."""
if text("GOOGLE_CLIENT_ID", ""):
    SOCIALACCOUNT_PROVIDERS["google"] = {
        "APPS": [{"client_id": text("GOOGLE_CLIENT_ID", ""), "secret": text("GOOGLE_CLIENT_SECRET", ""), "key": ""}],
        "SCOPE": ["profile", "email"],
        "OAUTH_PKCE_ENABLED": True,
    }
    SIGN_IN_ORIGINS.append("https://accounts.google.com")
if text("OIDC_ISSUER", ""):
    SOCIALACCOUNT_PROVIDERS["openid_connect"] = {
        "OAUTH_PKCE_ENABLED": True,
        "APPS": [
            {
                "provider_id": "oidc",
                "name": text("OIDC_NAME", "OpenID Connect"),
                "client_id": text("OIDC_CLIENT_ID", ""),
                "secret": text("OIDC_CLIENT_SECRET", ""),
                "settings": {"server_url": text("OIDC_ISSUER", "")},
            }
        ],
    }
    SIGN_IN_ORIGINS.append("/".join(text("OIDC_ISSUER", "").split("/")[:3]))

# Text messages: a page in a sandbox; in production whatever listens at MAJLIS_TEXT_URL; without it no telephones.
TEXT_URL, TEXT_TOKEN = text("MAJLIS_TEXT_URL", ""), text("MAJLIS_TEXT_TOKEN", "")
TEXT_GATEWAY = (
    "majlis.kernel.accounts.gateways.webhook.WebhookTexts"
    if TEXT_URL
    else "majlis.kernel.accounts.gateways.sandbox.SandboxTexts"
    if _SANDBOX
    else ""
)

OFFICE_NEEDS_TWO_STEP = flag("MAJLIS_OFFICE_TWO_STEP", default=not _SANDBOX)
"""Whether staff enter the office with two-step sign-in only: yes, but in a sandbox."""
