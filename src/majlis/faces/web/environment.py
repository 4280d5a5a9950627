"""The Jinja2 environment of the web face."""

from functools import lru_cache
from types import BuiltinFunctionType, FunctionType, MethodType
from typing import Any

from django.conf import settings
from django.contrib.staticfiles.storage import staticfiles_storage
from django.urls import NoReverseMatch, reverse
from django.utils import translation
from jinja2 import Environment, StrictUndefined, Template
from jinja2.environment import TemplateModule
from jinja2.runtime import Context, Macro
from markupsafe import Markup

from majlis.faces.web import filters, phrases
from majlis.faces.web.remembered import MARKS, Remember, filled_in, one_reader
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


class Quick(Context):
    """Jinja asks anything that is called, three times over, whether it wants the context. A page calls a thousand
    macros and plain functions, of which that is known."""

    def call(self, called: Any, /, *given: Any, **named: Any) -> Any:
        kind = type(called)
        if kind is Macro:
            given = (self.eval_ctx, *given)
        elif kind not in PLAIN or hasattr(called, "jinja_pass_arg"):
            return super().call(called, *given, **named)
        named.pop("_block_vars", None)
        named.pop("_loop_vars", None)
        return called(*given, **named)


class Page(Template):
    """A template is read in one language, and what is one answer's own is put in last."""

    def render(self, *given: Any, **named: Any) -> str:
        context = dict(*given, **named)
        with locale.one_language(), one_reader():
            text = super().render(context)
        request = context.get("request")
        return text if request is None else filled_in(text, request)

    def _get_default_module(self, ctx: Context | None = None) -> TemplateModule:
        # At each import of macros Jinja compares the globals of the two templates; those of ours are the same.
        return super()._get_default_module()


PLAIN = frozenset({FunctionType, MethodType, BuiltinFunctionType, type(icon)})


def environment(**options: Any) -> Environment:
    """Autoescaping, strict about undefined names in debug, with our globals and filters."""
    options.setdefault("undefined", StrictUndefined)
    env = Environment(  # noqa: S701 - Django passes autoescape=True
        **options,
        # Folding constants would run a filter once, in the language of whoever came first, and keep the answer.
        optimized=False,
        extensions=["jinja2.ext.i18n", "jinja2.ext.do", Remember],
        trim_blocks=True,
        lstrip_blocks=True,
    )
    env.context_class = Quick
    env.template_class = Page
    env.newstyle_gettext = True  # type: ignore[attr-defined]
    env.globals.update(
        **MARKS,
        _=phrases.gettext,
        gettext=phrases.gettext,
        ngettext=phrases.ngettext,
        pgettext=phrases.pgettext,
        npgettext=phrases.npgettext,
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
        get_language=locale.code,
        is_rtl=translation.get_language_bidi,
    )
    env.filters.update(filters.FILTERS)
    return env
