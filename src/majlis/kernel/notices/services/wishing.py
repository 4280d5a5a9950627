"""What people want to be told, where and when."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, time, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from django.core import signing
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.kernel.notices import registry
from majlis.kernel.notices.models import Mail, Rhythm, Wish
from majlis.kernel.notices.types import APP, EMAIL, Category, Kind, MailState, Pace
from majlis.kit.errors import Invalid, NotFound

SALT = "majlis.notices.unsubscribe"


@dataclass(frozen=True, slots=True)
class Choice:
    """How one person gets one kind."""

    in_app: bool
    email: Pace


def about_kind(code: str) -> str:
    """How a wish names a kind, as against a category."""
    return f"kind:{code}"


def choice_of(person_id: UUID, kind: Kind) -> Choice:
    """What applies: the wish for the kind, else for its category, else what the kind says itself."""
    about = [about_kind(kind.code), kind.category]
    return choose(kind, {wish.about: wish for wish in Wish.objects.filter(person_id=person_id, about__in=about)})


def choices_of(people: Iterable[UUID], kind: Kind) -> dict[UUID, Choice]:
    """`choice_of` for many people by one statement, by person."""
    wishes: dict[UUID, dict[str, Wish]] = {person_id: {} for person_id in people}
    about = [about_kind(kind.code), kind.category]
    if not kind.essential:
        for wish in Wish.objects.filter(person_id__in=wishes, about__in=about):
            wishes[wish.person_id][wish.about] = wish
    return {person_id: choose(kind, theirs) for person_id, theirs in wishes.items()}


def choose(kind: Kind, wishes: dict[str, Wish]) -> Choice:
    """What applies to a kind, given its person's wishes by what they are about."""
    usual = Choice(APP in kind.channels, kind.pace if EMAIL in kind.channels else Pace.NEVER)
    if kind.essential:
        return usual
    if wish := wishes.get(about_kind(kind.code)):
        return Choice(wish.in_app, Pace(wish.email))
    if wish := wishes.get(kind.category):
        # A category's wish never makes a kind louder than it is by itself.
        email = Pace(wish.email) if usual.email != Pace.NEVER else Pace.NEVER
        return Choice(wish.in_app and usual.in_app, email)
    return usual


def when_to_mail(rhythm: Rhythm | None, zone: str, now: datetime, *, pace: Pace, urgent: bool) -> datetime:
    """The moment (UTC) a mail may leave: now, the end of the quiet hours, or the next digest, on the person's wall."""
    if urgent:
        return now
    here = now.astimezone(ZoneInfo(zone))
    if pace == Pace.DAILY:
        hour = rhythm.digest_hour if rhythm else 8
        due = here.replace(hour=hour, minute=0, second=0, microsecond=0, fold=0)
        if due <= here:
            due += timedelta(days=1)  # on the wall: arithmetic within one zone keeps the hour over a clock change
        return due.astimezone(now.tzinfo)
    if rhythm is None or rhythm.quiet_from is None or rhythm.quiet_until is None:
        return now
    start, end, wall = rhythm.quiet_from, rhythm.quiet_until, here.time()
    quiet = start <= wall < end if start <= end else wall >= start or wall < end
    if not quiet:
        return now
    due = here.replace(hour=end.hour, minute=end.minute, second=0, microsecond=0, fold=0)
    if due <= here:
        due += timedelta(days=1)
    return due.astimezone(now.tzinfo)


@transaction.atomic
def set_wish(*, actor: Any, about: str, in_app: bool, email: str) -> None:
    """What `actor` wants of a category (`lessons`) or one kind (`kind:lesson_booked`); `email` is a `Pace`. Refuses
    with `Invalid` what does not exist."""
    known = {*Category.values, *(about_kind(kind.code) for kind in registry.kinds())}
    if about not in known or email not in Pace.values:
        raise Invalid(errors={"about": _("There is no such choice.")})
    Wish.objects.update_or_create(person=actor, about=about, defaults={"in_app": in_app, "email": email})


@transaction.atomic
def clear_wish(*, actor: Any, about: str) -> None:
    """`actor` wants of this kind what they want of its category; of a category, the usual."""
    Wish.objects.filter(person=actor, about=about).delete()


@transaction.atomic
def set_rhythm(*, actor: Any, quiet_from: time | None, quiet_until: time | None, digest_hour: int = 8) -> Rhythm:
    """When `actor` may be mailed, on their own wall: quiet between two times (both or neither), the digest at an hour
    0–23. Refuses with `Invalid`."""
    if (quiet_from is None) != (quiet_until is None):
        raise Invalid(errors={"quiet_until": _("Give both ends of the quiet hours, or neither.")})
    if not 0 <= digest_hour <= 23:
        raise Invalid(errors={"digest_hour": _("Choose an hour of the day.")})
    rhythm, _made = Rhythm.objects.update_or_create(
        person=actor, defaults={"quiet_from": quiet_from, "quiet_until": quiet_until, "digest_hour": digest_hour}
    )
    return rhythm


def unsubscribe_token(person_id: UUID, category: str) -> str:
    """What stands in a mail's unsubscribe link: good for that person and category only, for ever."""
    return signing.dumps([str(person_id), category], salt=SALT)


def read_unsubscribe_token(token: str) -> tuple[UUID, Category]:
    """Whose, and of what. Refuses with `NotFound` a token we did not make."""
    try:
        person, category = signing.loads(token, salt=SALT)
        return UUID(person), Category(category)
    except (signing.BadSignature, ValueError, TypeError):
        raise NotFound from None


@transaction.atomic
def unsubscribe(*, token: str) -> Category:
    """Stop mails of one category, as its link asks; no sign-in needed. Mails that wait are dropped. Returns the
    category. Refuses with `NotFound` a forged token."""
    person_id, category = read_unsubscribe_token(token)
    Wish.objects.update_or_create(person_id=person_id, about=category.value, defaults={"email": Pace.NEVER})
    kinds = [about_kind(kind.code) for kind in registry.kinds() if kind.category == category]
    Wish.objects.filter(person_id=person_id, about__in=kinds).update(email=Pace.NEVER)
    essential = [kind.code for kind in registry.kinds() if kind.essential]
    Mail.objects.filter(person_id=person_id, state=MailState.WAITING, notice__category=category.value).exclude(
        notice__kind__in=essential
    ).update(state=MailState.DROPPED)
    return category
