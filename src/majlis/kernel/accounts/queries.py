"""What accounts knows."""

from collections.abc import Iterable
from datetime import datetime
from uuid import UUID

import jwt
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount
from django.conf import settings
from django.contrib.auth.models import AnonymousUser
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.utils.translation import gettext_lazy as _

from majlis.kernel.accounts.models import (
    Activity,
    Address,
    AuditEntry,
    Guardianship,
    PersonalToken,
    RefreshFamily,
    User,
)
from majlis.kernel.accounts.services.keys import KEY_MARK, digest, signing_key
from majlis.kernel.accounts.types import Bearer, ConsentState, Role, UserStatus
from majlis.kit import clock
from majlis.kit.edition import edition
from majlis.kit.errors import Forbidden, NotFound, Refusal
from majlis.kit.pages import Page, paginate


class GuardianNeeded(Refusal):
    """A member under age wants to buy, and no guardian has said yes yet."""

    code = "guardian_needed"
    sentence = _("You are under age here, so a parent or guardian must agree first. Name them in your settings.")
    status = 403


def person(id: UUID | str) -> User:
    """The person with this id, whatever their status. Refuses `NotFound`."""
    try:
        return User.objects.get(id=id)
    except (User.DoesNotExist, ValidationError):
        raise NotFound from None


def people(ids: Iterable[UUID]) -> dict[UUID, User]:
    """The people with these ids, by id; unknown ids are left out."""
    return User.objects.in_bulk(set(ids))


def zones_of(ids: Iterable[UUID]) -> dict[UUID, str]:
    """The IANA zone of each of these people, by id."""
    return dict(User.objects.filter(id__in=set(ids)).values_list("id", "zone"))


def person_by_email(email: str) -> User | None:
    """The person whose verified address this is, or None. Never tell the asker which."""
    found = EmailAddress.objects.filter(email=email.strip().lower(), verified=True).select_related("user").first()
    return found.user if found else None


def person_by_phone(phone: str) -> User | None:
    """The person with this number (E.164), proved or not; None when nobody has it. Never tell the asker which."""
    return User.objects.filter(phone=phone).first()


def has_verified_email(person: User) -> bool:
    """Whether their primary e-mail address is proved to be theirs."""
    return bool(person.email) and EmailAddress.objects.filter(user=person, email=person.email, verified=True).exists()


def proved_identities(person: User) -> set[tuple[str, str]]:
    """By what a person is known beyond their name: `("email", address)` for each verified address, `("phone", number)`
    when proved, and `(provider, uid)` for each account they sign in with (`telegram`, `google`). For telling the same
    person under two accounts; never shown to anybody."""
    addresses = EmailAddress.objects.filter(user=person, verified=True).values_list("email", flat=True)
    found = {("email", address) for address in addresses}
    if person.phone and person.phone_verified_at:
        found.add(("phone", person.phone))
    return found | set(SocialAccount.objects.filter(user=person).values_list("provider", "uid"))


def has_role(person: User | AnonymousUser | None, *roles: str) -> bool:
    """Whether an active person holds at least one of `roles` (`types.Role`). Every active person is a member. An owner
    or admin holds the staff roles only when granted: name them too where they may (`Role.ADMIN, Role.OWNER`)."""
    if not isinstance(person, User) or not person.is_active:
        return False
    return Role.MEMBER in roles or not person.roles.isdisjoint(roles)


def require_role(person: User | None, *roles: str) -> None:
    """Refuses `Forbidden` unless `has_role`."""
    if not has_role(person, *roles):
        raise Forbidden


def people_with_role(role: str) -> QuerySet[User]:
    """The active people who hold `role`, in order of joining."""
    active = User.objects.filter(status=UserStatus.ACTIVE)
    return (active if role == Role.MEMBER else active.filter(role_grants__role=role)).order_by("id")


def age_of_consent() -> int:
    """Policy `accounts.age_of_consent` of the edition: under it a guardian must agree before anything is bought."""
    return int(edition().policies.get("accounts", {}).get("age_of_consent", 18))


def is_minor(person: User) -> bool:
    """Whether they are under the age of consent today, in their own zone. Somebody without a birth date (it is asked
    at sign-up) counts as of age."""
    age = person.age_on(clock.today(person.zone))
    return age is not None and age < age_of_consent()


def may_buy(person: User) -> None:
    """Refuses `GuardianNeeded` when a minor has no consenting guardian, `Forbidden` when the account is not active."""
    if not person.is_active:
        raise Forbidden
    if is_minor(person) and not has_consent(person):
        raise GuardianNeeded


def has_consent(ward: User) -> bool:
    """Whether a guardian has agreed and not taken it back."""
    return Guardianship.objects.filter(ward=ward, state=ConsentState.CONSENTED).exists()


def wards_of(guardian: User) -> list[User]:
    """Members under age for whom this person said yes."""
    return list(
        User.objects.filter(guardianships__guardian=guardian, guardianships__state=ConsentState.CONSENTED).order_by(
            "name", "id"
        )
    )


def wardships_of(guardian: User) -> list[Guardianship]:
    """The consents this person gave and keeps, with their wards."""
    rows = Guardianship.objects.filter(guardian=guardian, state=ConsentState.CONSENTED).select_related("ward")
    return list(rows.order_by("id"))


def is_guardian_of(guardian: User, ward_id: UUID) -> bool:
    """Whether `guardian` may see this member's lessons."""
    return Guardianship.objects.filter(guardian=guardian, ward_id=ward_id, state=ConsentState.CONSENTED).exists()


def guardianships_of(ward: User) -> list[Guardianship]:
    """Whom a member under age asked, newest first."""
    return list(Guardianship.objects.filter(ward=ward).order_by("-id"))


def addresses_of(person: User) -> list[Address]:
    """Their places, the primary one first."""
    return list(Address.objects.filter(person=person).order_by("-is_primary", "id"))


def activity_of(person: User, cursor: str | None = None, limit: int = 25) -> Page[Activity]:
    """A person's own log, newest first."""
    return paginate(Activity.objects.filter(person=person), cursor, limit)


def acts_on(target: str) -> QuerySet[AuditEntry]:
    """The audit trail of one thing (`"lessons.lesson:<uuid>"`), newest first."""
    return AuditEntry.objects.filter(target=target).select_related("actor").order_by("-id")


def last_act_of(actor: User) -> UUID | None:
    """The id of the newest entry of this person in the audit trail."""
    return AuditEntry.objects.filter(actor=actor).order_by("-id").values_list("id", flat=True).first()


def apps_of(person: User) -> list[RefreshFamily]:
    """The signed-in apps of a person, the last used first."""
    return list(RefreshFamily.objects.filter(person=person, revoked_at__isnull=True).order_by("-used_at", "-id"))


def keys_of(person: User) -> list[PersonalToken]:
    """The access keys of a person that are not revoked, newest first."""
    return list(PersonalToken.objects.filter(person=person, revoked_at__isnull=True).order_by("-id"))


def bearer(token: str, *, now: datetime | None = None) -> tuple[User, Bearer] | None:
    """Who sent `Authorization: Bearer <token>`, and within which scopes; None when the token is no good (any more).
    One statement for an access token; a key's last use is noted once a minute."""
    now = now or clock.now()
    if token.startswith(KEY_MARK):
        return _of_key(token, now)
    try:
        claims = jwt.decode(
            token,
            signing_key(),
            algorithms=["HS256"],
            audience="majlis",
            issuer=settings.PUBLIC_URL,
            # Measured on the house's clock, which a sandbox can move.
            options={"require": ["exp", "sub", "app"], "verify_exp": False, "verify_iat": False},
        )
        person_id, app_id = UUID(claims["sub"]), UUID(claims["app"])
    except (jwt.InvalidTokenError, ValueError):
        return None
    if claims["exp"] <= now.timestamp():
        return None
    found = User.objects.filter(id=person_id, is_active=True, apps__id=app_id, apps__revoked_at__isnull=True).first()
    return (found, Bearer(found.id, None)) if found else None


def _of_key(token: str, now: datetime) -> tuple[User, Bearer] | None:
    key = (
        PersonalToken.objects.select_related("person")
        .filter(token_hash=digest(token), revoked_at__isnull=True, person__is_active=True)
        .filter(Q(expires_at__isnull=True) | Q(expires_at__gt=now))
        .first()
    )
    if key is None:
        return None
    if key.used_at is None or (now - key.used_at).total_seconds() >= 60:
        PersonalToken.objects.filter(id=key.id).update(used_at=now)
    return key.person, Bearer(key.person_id, frozenset(key.scopes))
