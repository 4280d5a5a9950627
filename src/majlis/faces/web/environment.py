"""The Jinja2 environment of the web face."""

from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from jinja2 import Environment, StrictUndefined

from majlis.faces.web import filters
from majlis.faces.web.sign_in.others import phones_offered, sign_in_with
from majlis.kernel.files import queries as files
from majlis.kit import clock, locale
from majlis.kit.edition import edition
from majlis.kit.translated import in_language


def url(name: str, **parts: Any) -> str:
    """The address of a page by its route's name."""
    return reverse(name, kwargs=parts or None)


def url_or_none(name: str, **parts: Any) -> str | None:
    """The address of a page that an edition may lack; None when there is no such route."""
    try:
        return url(name, **parts)
    except NoReverseMatch:
        return None


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
        static=staticfiles_storage.url,
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
