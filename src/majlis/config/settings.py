"""Settings, from the environment alone. What each variable means is in docs/operations.md."""

import os
from pathlib import Path

from majlis.config.environment import database, flag, required_in_production, text

HOME = Path(__file__).resolve().parents[3]
"""The checkout (or the installed tree): where `editions/`, `locale/` and `bench/` are."""

SANDBOX = flag("MAJLIS_SANDBOX", default=True)
"""A playground: the clock can be moved and the sandbox gateway takes pretended money. Production sets it to 0."""
DEBUG = flag("MAJLIS_DEBUG", default=False)
DATA = Path(text("MAJLIS_DATA", str(HOME / "var")))
SECRET_KEY = required_in_production("MAJLIS_SECRET_KEY", sandbox=SANDBOX, stored_in=DATA / "secret_key")
CLOCK_FILE = DATA / "clock"

EDITION = text("MAJLIS_EDITION", "all")
EDITIONS_DIR = HOME / "editions"

PUBLIC_URL = text("MAJLIS_PUBLIC_URL", "http://localhost:8000").rstrip("/")
STREAM_URL = text("MAJLIS_STREAM_URL", "http://localhost:8001/stream")
"""Where browsers open the event stream; on one machine a second port with the same cookie (see the ADR)."""
ALLOWED_HOSTS = text("MAJLIS_HOSTS", "*" if SANDBOX else "localhost").split(",")
SECURE = PUBLIC_URL.startswith("https://")

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.postgres",
    "procrastinate.contrib.django",
    "allauth",
    "allauth.account",
    "allauth.mfa",
    "allauth.socialaccount",
    "allauth.socialaccount.providers.google",
    "allauth.socialaccount.providers.openid_connect",
    "allauth.usersessions",
    "allauth.headless",
    "majlis.kit",
    "majlis.kernel.accounts",
    "majlis.kernel.catalogue",
    "majlis.kernel.files",
    "majlis.kernel.ledger",
    "majlis.kernel.notices",
    "majlis.engines.billing",
    "majlis.engines.calls",
    "majlis.engines.experts",
    "majlis.engines.messaging",
    "majlis.engines.reviews",
    "majlis.engines.scheduling",
    "majlis.products.lessons",
    "majlis.faces.web",
    "majlis.faces.cli",
    "majlis.faces.backoffice.apps.BackofficeConfig",
    "majlis.faces.backoffice.apps.OfficeAdminConfig",
]

MIDDLEWARE = [
    "majlis.faces.web.middleware.RequestIdentity",
    "django.middleware.security.SecurityMiddleware",
    "majlis.faces.web.middleware.SecurityHeaders",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "majlis.faces.web.middleware.Reader",
    "majlis.faces.web.middleware.Messages",
    "allauth.account.middleware.AccountMiddleware",
    "majlis.faces.web.middleware.Refusals",
]

ROOT_URLCONF = "majlis.config.urls"
WSGI_APPLICATION = "majlis.config.wsgi.application"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.jinja2.Jinja2",
        "NAME": "jinja2",
        "DIRS": [HOME / "src/majlis/faces/web/templates"],
        "APP_DIRS": False,
        "OPTIONS": {
            "environment": "majlis.faces.web.environment.environment",
            "context_processors": [
                "majlis.faces.web.context.page",
                "django.contrib.messages.context_processors.messages",
            ],
        },
    },
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [HOME / "src/majlis/faces/backoffice/templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
            ]
        },
    },
]

DATABASES = {"default": database(DATA)}
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

METRICS_TOKEN = text("MAJLIS_METRICS_TOKEN", "")
PROCRASTINATE_ON_APP_READY = "majlis.kit.queue.install"

VISITOR_SEARCHES = int(text("MAJLIS_VISITOR_SEARCHES", "6000"))
"""Searches a minute over the API by all who are not signed in, in each web process (with Redis: in all)."""

REDIS_URL = text("REDIS_URL", "")
CACHES = {
    "default": (
        {"BACKEND": "django.core.cache.backends.redis.RedisCache", "LOCATION": REDIS_URL}
        if REDIS_URL
        else {"BACKEND": "django.core.cache.backends.db.DatabaseCache", "LOCATION": "kit_cache"}
    )
}
SESSION_ENGINE = "django.contrib.sessions.backends.cached_db" if REDIS_URL else "django.contrib.sessions.backends.db"
SESSION_COOKIE_NAME = "majlis"
SESSION_COOKIE_AGE = 60 * 60 * 24 * 60
SESSION_COOKIE_SAMESITE = CSRF_COOKIE_SAMESITE = "Lax"
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = SECURE
SECURE_HSTS_SECONDS = 60 * 60 * 24 * 365 if SECURE else 0
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https") if flag("MAJLIS_BEHIND_PROXY", default=False) else None
CSRF_TRUSTED_ORIGINS = [PUBLIC_URL]
CSRF_FAILURE_VIEW = "majlis.faces.web.refusals.csrf_failure"
X_FRAME_OPTIONS = "DENY"

AUTH_USER_MODEL = "accounts.User"
AUTHENTICATION_BACKENDS = ["allauth.account.auth_backends.AuthenticationBackend"]
PASSWORD_HASHERS = ["django.contrib.auth.hashers.Argon2PasswordHasher"]
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator"},
    {"NAME": "django.contrib.auth.password_validation.MinimumLengthValidator"},
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "django.contrib.auth.password_validation.NumericPasswordValidator"},
]
LOGIN_URL = "/account/login/"
LOGIN_REDIRECT_URL = "/dashboard/"
LOGOUT_REDIRECT_URL = "/"

LANGUAGE_CODE = "en"
LANGUAGES = [("en", "English"), ("ar", "العربية"), ("fa", "فارسی"), ("id", "Bahasa Indonesia")]
LANGUAGE_COOKIE_NAME = "language"
LOCALE_PATHS = [HOME / "locale"]
USE_I18N = USE_TZ = True
TIME_ZONE = "UTC"

STATIC_URL = "/static/"
STATIC_ROOT = DATA / "static"
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {
        "BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"
        if DEBUG or flag("MAJLIS_TESTING", default=False)
        else "majlis.faces.web.storage.WholeStyles"
    },
}
MEDIA_ROOT = DATA / "files"
S3_URL = text("S3_URL", "")
CLAMD_URL = text("CLAMD_URL", "")
WHITENOISE_USE_FINDERS = WHITENOISE_AUTOREFRESH = DEBUG or flag("MAJLIS_TESTING", default=False)
DATA_UPLOAD_MAX_MEMORY_SIZE = 5 * 2**20

from majlis.config.calls import *  # noqa: E402, F403 - who carries calls
from majlis.config.coins import COIN_RATES_URL, COINS  # noqa: E402, F401
from majlis.config.logs import LOGGING  # noqa: E402, F401
from majlis.config.mail import *  # noqa: E402, F403 - what EMAIL_URL says
from majlis.config.payments import PAYMENTS, VAT_REGISTER  # noqa: E402, F401
from majlis.config.sign_in import *  # noqa: E402, F403 - allauth's many switches, in a file of their own

if os.environ.get("MAJLIS_TEST_DATABASE"):
    DATABASES["default"]["TEST"] = {"NAME": os.environ["MAJLIS_TEST_DATABASE"]}
