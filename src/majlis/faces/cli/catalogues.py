"""The message catalogues, one per language for the whole house: extracted, merged and compiled by Babel (no gettext
programs needed)."""

import re
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog, Message
from babel.messages.extract import extract_from_dir
from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po, write_po

from majlis.faces.cli.house import HOME

LANGUAGES = ("ar", "fa", "id")
LOCALE = HOME / "locale"
METHODS = [
    ("**/tests/**", "ignore"),
    ("**/migrations/**", "ignore"),
    ("**/static/vendor/**", "ignore"),
    ("**/backoffice/templates/**.html", "majlis.faces.cli.extraction:django"),
    ("faces/web/templates/**", "jinja2"),
    ("**/templates/**", "majlis.faces.cli.extraction:django"),  # a module's mails
    ("**/static/**.js", "javascript"),
    ("**.py", "python"),
]
OPTIONS = {
    "**": {
        "trimmed": "true",
        "newstyle_gettext": "true",
        "silent": "false",
        "extensions": "jinja2.ext.i18n,jinja2.ext.do,majlis.faces.web.remembered.Remember",
        "trim_blocks": "true",
        "lstrip_blocks": "true",
    }
}
KEYWORDS: dict[str, Any] = {
    **dict.fromkeys(("_", "_now", "now_", "gettext", "gettext_lazy", "gettext_noop", "N_")),
    **dict.fromkeys(("ngettext", "ngettext_lazy", "_n"), (1, 2)),
    **dict.fromkeys(("pgettext", "pgettext_lazy"), ((1, "c"), 2)),
    **dict.fromkeys(("npgettext", "npgettext_lazy"), ((1, "c"), 2, 3)),
}
PLACEHOLDER = re.compile(r"%\(\w+\)[sd]|\{\w*\}")


def path_of(language: str) -> Path:
    """The catalogue's source."""
    return LOCALE / language / "LC_MESSAGES" / "django.po"


def extract() -> Catalog:
    """Every sentence marked in the sources: Python, Jinja2 templates, the back office's templates, our JavaScript."""
    found = Catalog(project="Majlis", charset="utf-8")
    options = {pattern: dict(OPTIONS["**"]) for pattern, method in METHODS if method == "jinja2"}
    for file, line, text, comments, context in extract_from_dir(
        HOME / "src" / "majlis", METHODS, options, keywords=KEYWORDS, comment_tags=("Translators:",)
    ):
        del line  # line numbers would change the catalogue with every edit
        found.add(text, None, [(f"src/majlis/{Path(file).as_posix()}", 0)], auto_comments=comments, context=context)
    return found


def read(language: str) -> Catalog:
    """The catalogue of a language; an empty one when there is none yet."""
    path = path_of(language)
    if not path.exists():
        return Catalog(locale=language, domain="django", project="Majlis", charset="utf-8", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language, domain="django")


def write(language: str, catalogue: Catalog) -> None:
    """Store a catalogue: sorted, without line numbers, so that two people's changes merge."""
    catalogue.fuzzy = False
    catalogue.creation_date = catalogue.revision_date = datetime(2026, 1, 1, tzinfo=UTC)
    path = path_of(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalogue, width=100, sort_output=True, include_lineno=False, ignore_obsolete=True)


def update() -> dict[str, int]:
    """Bring every catalogue in line with the sources; what each language still lacks."""
    template = extract()
    lacking = {}
    for language in LANGUAGES:
        catalogue = read(language)
        catalogue.update(template, no_fuzzy_matching=True, update_header_comment=False)
        write(language, catalogue)
        lacking[language] = len(list(untranslated(catalogue)))
    return lacking


def untranslated(catalogue: Catalog) -> Iterator[Message]:
    """Messages without a (whole) translation."""
    for message in catalogue:
        if message.id and not _whole(message):
            yield message


def _whole(message: Message) -> bool:
    said = message.string if isinstance(message.string, list | tuple) else [message.string]
    return bool(said) and all(said) and not message.fuzzy


def key(message: Message) -> str:
    """A message's name in the JSON that translators get: `context\\u0004singular\\u0000plural`."""
    text = "\0".join(message.id) if isinstance(message.id, list | tuple) else str(message.id)
    return f"{message.context}\4{text}" if message.context else text


def missing(language: str) -> dict[str, Any]:
    """What a translator has to fill in: the message → "" (for counts, a list of as many forms as the language has)."""
    template, catalogue = extract(), read(language)
    catalogue.update(template, no_fuzzy_matching=True)
    return {
        key(m): [""] * catalogue.num_plurals if isinstance(m.id, list | tuple) else "" for m in untranslated(catalogue)
    }


def merge(language: str, translations: dict[str, Any]) -> tuple[int, list[str]]:
    """Put translations into the catalogue: how many were taken, and a sentence for each that was not."""
    catalogue = read(language)
    catalogue.update(extract(), no_fuzzy_matching=True)
    by_key = {key(m): m for m in catalogue if m.id}
    taken, refused = 0, []
    for name, said in translations.items():
        message = by_key.get(name)
        if message is None:
            refused.append(f"Not in the sources any more: {name!r}")
        elif fault := faults(message, said, catalogue.num_plurals):
            refused.append(f"{name!r}: {fault}")
        elif said:
            message.string = tuple(said) if isinstance(said, list) else said
            taken += 1
    write(language, catalogue)
    return taken, refused


def faults(message: Message, said: Any, plurals: int) -> str:
    """What is wrong with a translation; empty when nothing is. An empty translation is not wrong, only missing."""
    if not said or (isinstance(said, list) and not any(said)):
        return ""
    counted = isinstance(message.id, list | tuple)
    if counted != isinstance(said, list | tuple):
        return "a count needs a list of forms, another message one text"
    if counted and len(said) != plurals:
        return f"{plurals} forms are needed, {len(said)} given"
    source = str(message.id[-1] if counted else message.id)
    wanted = set(PLACEHOLDER.findall(source))
    for form in said if counted else [said]:
        used = set(PLACEHOLDER.findall(form))
        # "one day" may leave the number out; nothing may be added.
        if used - wanted or (not counted and used != wanted):
            return f"placeholders are {sorted(used)}, not {sorted(wanted)}"
    return ""


def problems() -> list[str]:
    """What `./majlis check` says about the catalogues; empty when each is complete and right."""
    template, found = extract(), []
    for language in LANGUAGES:
        catalogue = read(language)
        catalogue.update(template, no_fuzzy_matching=True)
        lacking = list(untranslated(catalogue))
        if lacking:
            some = "; ".join(repr(key(m))[:60] for m in lacking[:3])
            found.append(f"{language}: {len(lacking)} of {len(template)} messages are not translated, such as {some}.")
        for message in catalogue:
            if message.id and _whole(message) and (fault := faults(message, message.string, catalogue.num_plurals)):
                found.append(f"{language}: {key(message)!r}: {fault}.")
    return found


def stale() -> bool:
    """Whether a catalogue is newer than what was compiled from it."""
    for language in LANGUAGES:
        source = path_of(language)
        compiled = source.with_suffix(".mo")
        if source.exists() and (not compiled.exists() or compiled.stat().st_mtime < source.stat().st_mtime):
            return True
    return False


def compile_all() -> None:
    """Compile each catalogue to the file Django reads; written whole or not at all."""
    for language in LANGUAGES:
        source = path_of(language)
        if source.exists():
            fresh = source.with_suffix(".mo.new")
            with fresh.open("wb") as file:
                write_mo(file, read(language))
            fresh.replace(source.with_suffix(".mo"))
