"""The profile as its owner writes it."""

import re
import unicodedata
import zoneinfo
from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from babel import Locale
from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import transaction
from django.utils.text import slugify
from django.utils.translation import gettext_lazy as _

from majlis.engines.experts.models import ExpertProfile, FreeDay, SpokenLanguage
from majlis.engines.experts.policy import admission
from majlis.engines.experts.services.listings import refresh_listings
from majlis.engines.experts.types import ExpertStatus, Fluency, Mode
from majlis.kernel.catalogue import queries as catalogue
from majlis.kernel.files import services as files
from majlis.kit.edition import edition
from majlis.kit.errors import Forbidden, Invalid, NotFound, Refusal

WRITABLE = frozenset(
    {
        "headline",
        "bio",
        "about",
        "education",
        "experience_years",
        "modes",
        "city",
        "zone",
        "tags",
        "links",
        "hourly_rate",
        "currency",
        "trial_price",
        "trial_minutes",
    }
)
"""What `save_profile` takes. Everything else of the row (state, slug, figures) has a service of its own or none."""
CONTROL = re.compile(r"[\x00-\x08\x0b-\x1f\x7f\u202a-\u202e\u2066-\u2069]")
"""Control characters and direction overrides: they let a text pretend to be another."""
LINKS = ("website", "youtube", "linkedin", "instagram", "x")


class ProfileIsBanned(Refusal):
    """A banned profile is closed to its owner."""

    code = "profile_banned"
    sentence = _("This profile was closed by our staff and cannot be changed.")
    status = 403


@transaction.atomic
def start_profile(*, actor: Any) -> ExpertProfile:
    """The actor's own profile; an empty draft when they have none yet, with their zone and currency."""
    found = ExpertProfile.objects.filter(person=actor).first()
    if found is not None:
        return found
    currency = actor.currency if actor.currency in edition().currencies else edition().currency
    made, _new = ExpertProfile.objects.get_or_create(
        person=actor, defaults={"slug": free_slug(actor.name, actor.pk), "zone": actor.zone, "currency": currency}
    )
    return made


def free_slug(name: str, person_id: UUID) -> str:
    """An address nobody has, made of the name: in Latin letters where the name is (`elodie-muller`), else in its own
    (`سارة-حسن`), with a few letters of the id when that is taken.

    A name is not spelled out in Latin letters for its owner: Arabic writes no short vowels, so `sarh-hsn` is read by
    nobody, and search engines match and show an address in the letters that people search in."""
    latin = slugify(unicodedata.normalize("NFKD", name))
    written = unicodedata.normalize("NFKC", name).replace(TATWEEL, "")
    own = slugify("".join(c for c in written if unicodedata.category(c) != "Mn"), allow_unicode=True)
    wanted = (latin if len(latin) >= len(own) else own)[:60].strip("-")
    if wanted and wanted not in RESERVED and not ExpertProfile.objects.filter(slug=wanted).exists():
        return wanted
    return f"{wanted or 'teacher'}-{person_id.hex[-6:]}"


TATWEEL = "\N{ARABIC TATWEEL}"
RESERVED = frozenset({"compare", "search", "teach", "new", "me"})


def own_profile(actor: Any) -> ExpertProfile:
    """The actor's profile, locked for the transaction. Refuses with `NotFound` and `ProfileIsBanned`."""
    rows = ExpertProfile.objects.select_for_update(of=("self",)).select_related("person")
    profile = rows.filter(person=actor).first()
    if profile is None:
        raise NotFound
    if profile.status == ExpertStatus.BANNED:
        raise ProfileIsBanned
    return profile


@transaction.atomic
def save_profile(*, actor: Any, **fields: Any) -> ExpertProfile:
    """Change some fields of the actor's own profile (`WRITABLE`; `city` by slug, money in minor units per hour, None
    takes away). Texts are plain: paragraphs are divided by empty lines, markup is shown as it was typed. Refuses with
    `Invalid` naming each wrong field, and with `Forbidden` for a field nobody may write."""
    if unknown := set(fields) - WRITABLE:
        raise Forbidden(_("These fields cannot be written: %(fields)s."), fields=", ".join(sorted(unknown)))
    profile = own_profile(actor)
    values, errors = _clean(profile, fields)
    if errors:
        raise Invalid(errors=errors)
    for name, value in values.items():
        setattr(profile, name, value)
    _check_money(profile, fields)
    profile.save(update_fields=list(values) or None)
    refresh_listings([profile.pk])
    return profile


def plain(text: Any) -> str:
    """A text as it is kept: normalised, without control characters, at most one empty line in a row."""
    lines = CONTROL.sub("", unicodedata.normalize("NFC", str(text)).replace("\r\n", "\n")).split("\n")
    kept: list[str] = []
    for line in (part.rstrip() for part in lines):
        if line or (kept and kept[-1]):
            kept.append(line)
    return "\n".join(kept).strip()


def _clean(profile: ExpertProfile, fields: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    values: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for name, value in fields.items():
        try:
            values[name] = _READERS[name](value)
        except ValidationError as wrong:
            errors[name] = wrong.messages[0]
    for name in ("headline", "bio", "about", "education"):
        limit = getattr(ExpertProfile._meta.get_field(name), "max_length", None) or 0
        if len(values.get(name, "")) > limit:
            errors[name] = _("Please keep this under %(limit)d characters.") % {"limit": limit}
    return values, errors


def _line(value: Any) -> str:
    return " ".join(plain(value).split())


def _years(value: Any) -> int:
    number = _whole(value) or 0
    if not 0 <= number <= 70:
        raise ValidationError(_("Give a number of years between 0 and 70."))
    return number


def _whole(value: Any) -> int | None:
    if value is None or value == "":
        return None
    if isinstance(value, bool) or not isinstance(value, int):
        raise ValidationError(_("Give a whole number."))
    if not -(2**62) < value < 2**62:
        raise ValidationError(_("That number is too large."))
    return value


def _modes(value: Iterable[str]) -> list[str]:
    chosen = [m for m in Mode.values if m in set(value)]
    if set(value) - set(chosen):
        raise ValidationError(_("Choose online, in person, or both."))
    return chosen


def _city(value: Any) -> Any:
    if not value:
        return None
    try:
        return catalogue.city(str(value))
    except NotFound:
        raise ValidationError(_("We do not know this city.")) from None


def _zone(value: Any) -> str:
    try:
        return ZoneInfo(str(value)).key
    except (zoneinfo.ZoneInfoNotFoundError, ValueError, OSError):
        raise ValidationError(_("We do not know this time zone.")) from None


def _tags(value: Iterable[str]) -> list[str]:
    found = list(dict.fromkeys(_line(tag)[:40].strip() for tag in value if _line(tag)))
    if len(found) > 12:
        raise ValidationError(_("Twelve words are enough."))
    return found


def _links(value: Mapping[str, str]) -> dict[str, str]:
    check = URLValidator(schemes=["https", "http"])
    found = {name: _line(value[name]) for name in LINKS if value.get(name)}
    for address in found.values():
        if len(address) > 300:
            raise ValidationError(_("This address is too long."))
        check(address)
    return found


def _currency(value: Any) -> str:
    if value not in edition().currencies or value not in {c.code for c in catalogue.currencies()}:
        raise ValidationError(_("We do not take this currency."))
    return str(value)


_READERS: dict[str, Any] = {
    "headline": _line,
    "bio": plain,
    "about": plain,
    "education": plain,
    "experience_years": _years,
    "modes": _modes,
    "city": _city,
    "zone": _zone,
    "tags": _tags,
    "links": _links,
    "hourly_rate": _whole,
    "currency": _currency,
    "trial_price": _whole,
    "trial_minutes": _whole,
}


def check_rate(rate: int | None, currency: str) -> Any:
    """What is wrong with an hourly rate in this currency: a sentence, or None."""
    low, high = admission().rate_limits(currency)
    if rate is None:
        return None
    if rate <= 0 or (low and rate < low.amount):
        return _("An hour costs at least %(amount)s.") % {"amount": low.display() if low else "0"}
    if high and rate > high.amount:
        return _("An hour costs at most %(amount)s.") % {"amount": high.display()}
    return None


def _check_money(profile: ExpertProfile, fields: Mapping[str, Any]) -> None:
    errors: dict[str, Any] = {}
    if wrong := check_rate(profile.hourly_rate, profile.currency):
        errors["hourly_rate"] = wrong
    if profile.hourly_rate is None and profile.status in {ExpertStatus.ACTIVE, ExpertStatus.INACTIVE}:
        errors["hourly_rate"] = _("A profile on the shelf needs a price.")
    if "currency" in fields and profile.subjects.filter(hourly_rate__isnull=False).exists() and _moved(profile):
        errors["currency"] = _("Take away the prices of single subjects first: they are in the old currency.")
    if (profile.trial_price is None) != (profile.trial_minutes is None):
        errors["trial_price"] = _("A trial lesson needs both a price (it may be 0) and a length.")
    elif profile.trial_price is not None and profile.trial_minutes is not None:
        if profile.trial_price < 0 or (profile.hourly_rate and profile.trial_price > profile.hourly_rate):
            errors["trial_price"] = _("A trial lesson costs no more than an hour.")
        longest = admission().trial_minutes_max
        if not 15 <= profile.trial_minutes <= longest:
            errors["trial_minutes"] = _("A trial lesson takes between 15 and %(limit)d minutes.") % {"limit": longest}
    if errors:
        raise Invalid(errors=errors)


def _moved(profile: ExpertProfile) -> bool:
    return not ExpertProfile.objects.filter(pk=profile.pk, currency=profile.currency).exists()


@transaction.atomic
def save_languages(*, actor: Any, languages: Iterable[tuple[str, str]]) -> None:
    """Replace the languages the actor speaks by (ISO 639-1 code, fluency) pairs. Refuses with `Invalid`."""
    profile = own_profile(actor)
    wanted = dict(languages)
    known = Locale("en").languages
    if len(wanted) > 12 or any(
        code not in known or not code.isascii() or len(code) > 3 or fluency not in Fluency.values
        for code, fluency in wanted.items()
    ):
        raise Invalid(errors={"languages": _("Choose up to twelve languages, each with how well you speak it.")})
    SpokenLanguage.objects.filter(expert=profile).delete()
    SpokenLanguage.objects.bulk_create(
        [SpokenLanguage(expert=profile, code=code, fluency=fluency) for code, fluency in wanted.items()]
    )
    refresh_listings([profile.pk])


def claim(file_id: UUID, actor: Any, purpose: str, mark: str) -> None:
    """Claim a stored file of the actor's own that was uploaded for `purpose`. Refuses with `Invalid` and `NotFound`."""
    if files.claim_file(file_id=file_id, actor=actor, by=mark).purpose != purpose:
        raise Invalid(errors={"file": _("This file was uploaded for something else.")})


@transaction.atomic
def set_video(*, actor: Any, file_id: UUID | None) -> None:
    """Show this stored file (purpose `intro_video`, the actor's own) as the intro video; None takes it away."""
    profile = own_profile(actor)
    mark = f"experts.video:{profile.pk}"
    if profile.video_id is not None and profile.video_id != file_id:
        files.release_file(mark)
    if file_id is not None:
        claim(file_id, actor, "intro_video", mark)
    profile.video_id = file_id
    profile.save(update_fields=["video_id"])
    refresh_listings([profile.pk])


@transaction.atomic
def erase_profile(*, person_id: UUID) -> None:
    """Somebody deleted their account: take away every text, link, picture and paper of their profile. The row itself,
    its figures and its history stay, since old lessons and decisions point at them. Harmless when repeated."""
    profile = ExpertProfile.objects.select_for_update().filter(person_id=person_id).first()
    if profile is None:
        return
    for document in profile.documents.all():
        files.release_file(f"experts.document:{document.pk}")
    files.release_file(f"experts.video:{profile.pk}")
    for rows in (profile.languages, profile.certificates, profile.experiences):
        rows.all().delete()
    profile.subjects.update(description="")
    profile.slug = f"gone-{profile.pk.hex}"
    profile.headline = profile.bio = profile.about = profile.education = profile.status_note = ""
    profile.tags, profile.links, profile.video_id, profile.city = [], {}, None, None
    profile.save()
    FreeDay.objects.filter(person_id=person_id).delete()
    refresh_listings([profile.pk])
