"""django-allauth: how people sign up and in."""

from majlis.config.environment import flag

ACCOUNT_LOGIN_METHODS = {"email", "phone"}
ACCOUNT_SIGNUP_FIELDS = ["email*", "password1*"]
ACCOUNT_USER_MODEL_USERNAME_FIELD = None
ACCOUNT_EMAIL_VERIFICATION = "mandatory"
ACCOUNT_EMAIL_VERIFICATION_BY_CODE_ENABLED = True
ACCOUNT_PREVENT_ENUMERATION = True
ACCOUNT_UNIQUE_EMAIL = True

OFFICE_NEEDS_TWO_STEP = flag("MAJLIS_OFFICE_TWO_STEP", default=not flag("MAJLIS_SANDBOX", default=True))
"""Whether staff enter the office with two-step sign-in only: yes, but in a sandbox."""
