"""The Jinja2 environment of the web face."""

from functools import lru_cache
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from jinja2 import Environment, StrictUndefined
from markupsafe import Markup

from majlis.faces.web import filters
from majlis.faces.web.sign_in.others import phones_offered, sign_in_with
from majlis.kernel.files import queries as files
from majlis.kit import clock, locale
from majlis.kit.edition import edition
from majlis.kit.translated import in_language


def url(name: str, **parts: Any) -> str:
    """The address of a page by its route's name."""
    return _address(name, tuple(parts.items()))


@lru_cache(maxsize=10_000)
def _address(name: str, parts: tuple[tuple[str, Any], ...]) -> str:
    return reverse(name, kwargs=dict(parts) or None)


def url_or_none(name: str, **parts: Any) -> str | None:
    """The address of a page that an edition may lack; None when there is no such route."""
    try:
        return url(name, **parts)
    except NoReverseMatch:
        return None


@lru_cache(maxsize=1_000)
def static(path: str) -> str:
    """The address of a static file."""
    return staticfiles_storage.url(path)


TURNING = (
    *("arrow-left", "arrow-right", "arrow-up-right", "chevron-left", "chevron-right", "undo", "redo", "reply", "send"),
    *("log-", "external-link", "corner-", "list", "quote", "text", "door-open", "volume", "clipboard-list", "trending"),
)
"""Beginnings of the names of icons that turn round in right-to-left pages."""


@lru_cache(maxsize=10_000, typed=True)
def icon(name: str, label: str = "", size: str = "", fill: bool = False) -> Markup:
    """An icon of the sprite. With a label it is read out, without one it is decoration. `size`: small, large or
    nothing. (A page draws a hundred: as a macro they were a tenth of its cost.)"""
    classes = ["icon", f"icon--{size}" if size else "", "icon--fill" if fill else ""]
    classes.append("icon--directional" if name.startswith(TURNING) else "")
    said = Markup('role="img" aria-label="{}"').format(label) if label else Markup('aria-hidden="true"')
    return Markup('<svg class="{}" {} focusable="false"><use href="{}#{}"></use></svg>').format(
        " ".join(filter(None, classes)), said, static("vendor/lucide/icons.svg"), name
    )


def offered_languages() -> list[tuple[str, str]]:
    """The interface languages of this edition, each with its name in itself."""
    return [(code, name) for code, name in settings.LANGUAGES if code in edition().languages]


def environment(**options: Any) -> Environment:
    """Autoescaping, strict about undefined names in debug, with our globals and filters."""
    options.setdefault("undefined", StrictUndefined)
    env = Environment(  # noqa: S701 - Django passes autoescape=True
        **options,
        # Folding constants would run a filter once, in the language of whoever came first, and keep the answer.
        optimized=False,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do"],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.install_gettext_callables(  # type: ignore[attr-defined]
        translation.gettext,
        translation.ngettext,
        newstyle=True,
        pgettext=translation.pgettext,
        npgettext=translation.npgettext,
    )
    env.globals.update(
        url=url,
        url_or_none=url_or_none,
        languages=offered_languages,
        locale_tag=locale.tag,
        week_starts=locale.first_weekday,
        now=clock.now,
        picture_of=files.picture_url,
        static=static,
        draw_icon=icon,
        edition=edition,
        in_language=in_language,
        sign_in_with=sign_in_with,
        phones_offered=phones_offered,
        settings_sandbox=settings.SANDBOX,
        get_language=translation.get_language,
        is_rtl=translation.get_language_bidi,
    )
    env.filters.update(filters.FILTERS)
    return env
