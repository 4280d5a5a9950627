"""People: enrolling them, and what they set about themselves."""

import re
from collections.abc import Iterable
from datetime import date, datetime
from typing import Any
from uuid import UUID

import phonenumbers
from allauth.account.models import EmailAddress
from django.core.exceptions import ValidationError
from django.core.validators import validate_email
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.kernel.accounts.events import AddressProved, PersonJoined
from majlis.kernel.accounts.models import User
from majlis.kernel.accounts.services.roles import grant_role
from majlis.kernel.accounts.services.trail import note_activity, record_act
from majlis.kernel.accounts.types import ActivityKind, Gender
from majlis.kit import clock, events
from majlis.kit.edition import edition
from majlis.kit.errors import Invalid

SETTINGS = frozenset({"name", "gender", "birth_date", "language", "zone", "currency", "country", "city", "privacy"})
"""What people change about themselves. Anything else (status, roles, e-mail) has a door of its own."""
PRIVACY = frozenset({"show_presence", "show_city"})


@transaction.atomic
def enrol_person(
    *,
    actor: User | None,
    name: str,
    email: str | None = None,
    phone: str | None = None,
    password: str | None = None,
    roles: Iterable[str] = (),
    now: datetime | None = None,
    **settings: Any,
) -> User:
    """Make a person from the office or the demonstration, with verified addresses; without `password` they set one
    through "forgotten password". `settings` as in `change_settings`. Refuses `Invalid` (a taken address too: only staff
    come here) and `CannotTouchRole`."""
    now = now or clock.now()
    errors: dict[str, Any] = {}
    email = (email or "").strip().lower() or None
    phone = read_phone(phone) if phone else None
    if not email and not phone:
        errors["email"] = _("Give an e-mail address or a phone number.")
    if email and User.objects.filter(email=email).exists():
        errors["email"] = _("Somebody has this address already.")
    if phone and User.objects.filter(phone=phone).exists():
        errors["phone"] = _("Somebody has this number already.")
    values, wrong = read_settings({"name": name, **new_member_settings(), **settings})
    errors |= wrong
    if errors:
        raise Invalid(errors=errors)
    person = User(email=email, phone=phone, phone_verified_at=now if phone else None, created_at=now, **values)
    person.set_password(password)
    person.save()
    if email:
        EmailAddress.objects.create(user=person, email=email, primary=True, verified=True)
    for role in roles:
        grant_role(actor=actor, person=person, role=role)
    if actor is not None:
        record_act(actor=actor, action="person.enrolled", target=f"accounts.user:{person.id}")
    events.publish(PersonJoined(person_id=person.id))
    return person


@transaction.atomic
def change_settings(person: User, **fields: Any) -> User:
    """Set some of `name gender birth_date language zone currency country city privacy`; the person with the new
    values. The birth date can be given once; mending it is the office's. Refuses `Invalid` with one sentence per
    field, also for a field that is not a setting."""
    values, errors = read_settings(fields)
    if "birth_date" in values and person.birth_date and values["birth_date"] != person.birth_date:
        errors["birth_date"] = _("The birth date can be set once. Write to support to correct it.")
    if errors:
        raise Invalid(errors=errors)
    changed = {k: v for k, v in values.items() if getattr(person, k) != v}
    if changed:
        for field, value in changed.items():
            setattr(person, field, value)
        User.objects.filter(id=person.id).update(**changed, changed_at=clock.now())
        note_activity(person=person, kind=ActivityKind.SETTINGS_CHANGED, facts={"fields": sorted(changed)})
    return person


@transaction.atomic
def set_avatar(*, person: User, file_id: UUID | None) -> None:
    """Show the stored file (claimed from the files module by the caller) as their picture; None takes it away."""
    person.avatar_id = file_id
    User.objects.filter(id=person.id).update(avatar_id=file_id, changed_at=clock.now())


@transaction.atomic
def set_phone(*, person: User, phone: str, verified: bool, now: datetime | None = None) -> None:
    """Give `person` this telephone number (E.164), proved to be theirs or not yet. The database refuses a number that
    somebody else has."""
    now = now or clock.now()
    changed = person.phone != phone
    person.phone, person.phone_verified_at = phone, now if verified else None
    User.objects.filter(id=person.id).update(phone=phone, phone_verified_at=person.phone_verified_at, changed_at=now)
    if changed and person.last_login:
        note_activity(person=person, kind=ActivityKind.PHONE_CHANGED)
    if verified:
        announce_proof(person=person)


def announce_proof(*, person: User) -> None:
    """Announce `AddressProved`: something by which the person is known was just proved to be theirs."""
    events.publish(AddressProved(person_id=person.id))


@transaction.atomic
def welcome_person(*, person: User, ip: str | None = None, device: str = "") -> None:
    """Somebody came in for the first time, with a proved address: note it in their log and announce `PersonJoined`."""
    note_activity(person=person, kind=ActivityKind.SIGNED_UP, ip=ip, device=device)
    events.publish(PersonJoined(person_id=person.id))


def new_member_settings(*, language: str = "", zone: str = "") -> dict[str, Any]:
    """What a new member starts with: the page's language, the browser's zone, the edition's money and country; a
    value that is not offered or not known falls back to the edition's."""
    house = edition()
    return {
        "language": language if language in house.languages else house.languages[0],
        "zone": zone if is_zone(zone) else house.zone,
        "currency": house.currency,
        "country": house.country,
    }


def read_settings(fields: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """Settings as they will be stored, and a sentence for each that cannot be."""
    values: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    for field, value in fields.items():
        if field not in SETTINGS:
            errors[field] = _("This cannot be set here.")
            continue
        try:
            values[field] = READERS[field](value)
        except (ValueError, TypeError, AttributeError):
            errors[field] = WRONG[field]
    return values, errors


def is_zone(name: str) -> bool:
    """Whether `name` is an IANA zone."""
    return bool(name) and name in clock.zones()


def read_phone(text: str) -> str:
    """A phone number as E.164; national numbers are read as the edition's country's. Refuses `Invalid`."""
    try:
        number = phonenumbers.parse(text, edition().country)
    except phonenumbers.NumberParseException:
        number = None
    if number is None or not phonenumbers.is_valid_number(number):
        raise Invalid(errors={"phone": _("This is not a phone number. Write it with its country code: +20…")})
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def read_email(text: str) -> str:
    """An e-mail address in lower case. Refuses `Invalid`."""
    email = text.strip().lower()
    try:
        validate_email(email)
    except ValidationError:
        raise Invalid(errors={"email": _("This is not an e-mail address.")}) from None
    return email


def _name(value: Any) -> str:
    # Control and direction characters would let one name look like another.
    name = " ".join(re.sub(r"[\x00-\x1f\x7f\u200e\u200f\u202a-\u202e\u2066-\u2069]", " ", value).split())
    if not 1 <= len(name) <= 150:
        raise ValueError
    return name


def _one_of(options: Any) -> Any:
    def read(value: Any) -> str:
        if value not in (options() if callable(options) else options):
            raise ValueError
        return str(value)

    return read


def _birth_date(value: Any) -> date | None:
    day = date.fromisoformat(value) if isinstance(value, str) and value else value or None
    today = clock.today(edition().zone)
    if day is not None and not date(today.year - 120, 1, 1) <= day <= today:
        raise ValueError
    return day


def _zone(value: Any) -> str:
    if not is_zone(value):
        raise ValueError
    return str(value)


def _matching(pattern: str) -> Any:
    def read(value: Any) -> str:
        if not re.fullmatch(pattern, value or ""):
            raise ValueError
        return value or ""

    return read


def _privacy(value: Any) -> dict[str, bool]:
    if not isinstance(value, dict) or set(value) - PRIVACY:
        raise ValueError
    return {k: bool(v) for k, v in value.items()}


READERS: dict[str, Any] = {
    "name": _name,
    "gender": _one_of({"", *Gender.values}),
    "birth_date": _birth_date,
    "language": _one_of(lambda: edition().languages),
    "zone": _zone,
    "currency": _one_of(lambda: edition().currencies),
    "country": _matching(r"([A-Z]{2})?"),
    "city": _matching(r"[a-z0-9-]{0,64}"),
    "privacy": _privacy,
}
WRONG: dict[str, Any] = {
    "name": _("Write the name people should call you, up to 150 letters."),
    "gender": _("Choose one of the answers."),
    "birth_date": _("This is not a birth date."),
    "language": _("This language is not offered here."),
    "zone": _("This is not a time zone."),
    "currency": _("This currency is not offered here."),
    "country": _("Choose a country."),
    "city": _("Choose a city."),
    "privacy": _("This is not a privacy choice."),
}
