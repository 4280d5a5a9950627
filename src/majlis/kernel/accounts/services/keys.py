"""Keys for programs: short access tokens with rotating refresh tokens, and access keys people make themselves."""

import hashlib
import secrets
from collections.abc import Iterable
from datetime import datetime, timedelta
from uuid import UUID

import jwt
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.kernel.accounts.models import PersonalToken, RefreshFamily, RefreshToken, User
from majlis.kernel.accounts.services.trail import note_activity
from majlis.kernel.accounts.types import ActivityKind, NewKey, Scope, TokenPair
from majlis.kit import clock
from majlis.kit.errors import Invalid, NotFound, Refusal

ACCESS_SECONDS = 15 * 60
REFRESH_DAYS = 60
KEY_MARK = "majlis_"
"""How every access key begins, so that leaked ones can be found."""
MOST_KEYS = 50


class BadToken(Refusal):
    """Unknown, expired, used or revoked: the caller is not told which."""

    code = "bad_token"
    sentence = _("This token is not valid any more. Please sign in again.")
    status = 401


class TokenReused(BadToken):
    """A refresh token came a second time: one of the two holders stole it, so both lose the family."""

    code = "token_reused"
    sentence = _("This token had been used before, so the app was signed out. Please sign in again.")


def digest(secret: str) -> str:
    """What is stored of a secret. No salt: the secrets are 256 random bits."""
    return hashlib.sha256(secret.encode()).hexdigest()


@transaction.atomic
def issue_tokens(*, person: User, device: str = "", ip: str | None = None, now: datetime | None = None) -> TokenPair:
    """Open a family for an app that has just signed in as `person` (who was fully authenticated by the caller)."""
    now = now or clock.now()
    family = RefreshFamily.objects.create(
        person=person, device=device[:200], ip=ip or None, used_at=now, created_at=now
    )
    note_activity(person=person, kind=ActivityKind.APP_SIGNED_IN, ip=ip, device=device)
    return _pair(family, now)


def rotate_refresh_token(*, refresh: str, now: datetime | None = None) -> TokenPair:
    """Exchange a refresh token for a new pair; of any number of callers with the same token exactly one wins. Refuses
    `BadToken`; and `TokenReused` when it was used before, which also revokes the whole family."""
    now = now or clock.now()
    with transaction.atomic():
        family = (
            # Locks the family first: rotations and revocations of one app stand in a row.
            RefreshFamily.objects.select_for_update(of=("self",))
            .select_related("person")
            .filter(tokens__token_hash=digest(refresh))
            .first()
        )
        if family is None or family.revoked_at is not None or not family.person.is_active:
            raise BadToken
        won = RefreshToken.objects.filter(token_hash=digest(refresh), used_at__isnull=True).update(used_at=now)
        if won and RefreshToken.objects.filter(token_hash=digest(refresh), expires_at__lte=now).exists():
            raise BadToken
        if won:
            family.used_at = now
            family.save(update_fields=["used_at"])
            return _pair(family, now)
        RefreshFamily.objects.filter(id=family.id).update(revoked_at=now, revoked_why="reuse")
        note_activity(person=family.person, kind=ActivityKind.TOKEN_REUSED, device=family.device)
    # Raised after the commit: the revocation must stay.
    raise TokenReused


@transaction.atomic
def revoke_refresh_token(*, refresh: str, now: datetime | None = None) -> None:
    """An app signs out: its family ends. Silent about tokens nobody knows."""
    RefreshFamily.objects.filter(tokens__token_hash=digest(refresh), revoked_at__isnull=True).update(
        revoked_at=now or clock.now(), revoked_why="signed_out"
    )


@transaction.atomic
def revoke_app(*, actor: User, app_id: UUID, now: datetime | None = None) -> None:
    """Sign out one of the actor's own apps. Refuses `NotFound`."""
    gone = RefreshFamily.objects.filter(id=app_id, person=actor, revoked_at__isnull=True).update(
        revoked_at=now or clock.now(), revoked_why="signed_out"
    )
    if not gone:
        raise NotFound
    note_activity(person=actor, kind=ActivityKind.SESSION_ENDED)


@transaction.atomic
def revoke_every_app(*, person: User, why: str, now: datetime | None = None) -> int:
    """Sign out all apps of a person (after a changed password, say); how many."""
    return RefreshFamily.objects.filter(person=person, revoked_at__isnull=True).update(
        revoked_at=now or clock.now(), revoked_why=why
    )


@transaction.atomic
def make_key(
    *, actor: User, name: str, scopes: Iterable[str], days: int | None = 90, now: datetime | None = None
) -> NewKey:
    """An access key of the actor's own, good for `days` (1–730; None: until revoked). Its secret is in the answer and
    nowhere else. Refuses `Invalid`."""
    now = now or clock.now()
    chosen = sorted(set(scopes))
    errors = {}
    if not 1 <= len(name.strip()) <= 80:
        errors["name"] = _("Name the key, so that you know it later.")
    if not chosen or not set(chosen) <= set(Scope.values):
        errors["scopes"] = _("Choose what the key may do.")
    if days is not None and not 1 <= days <= 730:
        errors["days"] = _("Choose between 1 and 730 days.")
    if PersonalToken.objects.filter(person=actor, revoked_at__isnull=True).count() >= MOST_KEYS:
        errors["__all__"] = _("You have many keys already. Revoke one first.")
    if errors:
        raise Invalid(errors=errors)
    secret = KEY_MARK + secrets.token_urlsafe(32)
    key = PersonalToken.objects.create(
        person=actor,
        name=name.strip(),
        token_hash=digest(secret),
        hint=secret[-4:],
        scopes=chosen,
        expires_at=now + timedelta(days=days) if days else None,
        created_at=now,
    )
    note_activity(person=actor, kind=ActivityKind.KEY_MADE, facts={"name": key.name})
    return NewKey(key.id, secret, key.expires_at)


@transaction.atomic
def revoke_key(*, actor: User, key_id: UUID, now: datetime | None = None) -> None:
    """Make one of the actor's own keys useless from now on. Refuses `NotFound`."""
    key = PersonalToken.objects.select_for_update().filter(id=key_id, person=actor, revoked_at__isnull=True).first()
    if key is None:
        raise NotFound
    key.revoked_at = now or clock.now()
    key.save(update_fields=["revoked_at"])
    note_activity(person=actor, kind=ActivityKind.KEY_REVOKED, facts={"name": key.name})


def _pair(family: RefreshFamily, now: datetime) -> TokenPair:
    refresh = secrets.token_urlsafe(32)
    RefreshToken.objects.create(
        family=family, token_hash=digest(refresh), expires_at=now + timedelta(days=REFRESH_DAYS), created_at=now
    )
    access = jwt.encode(
        {
            "iss": settings.PUBLIC_URL,
            "aud": "majlis",
            "sub": str(family.person_id),
            "app": str(family.id),
            "iat": int(now.timestamp()),
            "exp": int(now.timestamp()) + ACCESS_SECONDS,
        },
        signing_key(),
        algorithm="HS256",
    )
    return TokenPair(access=access, refresh=refresh, expires_in=ACCESS_SECONDS, person_id=family.person_id)


def signing_key() -> str:
    """The key of access tokens: derived from the secret key, so that it signs nothing else."""
    return hashlib.sha256(f"majlis access token:{settings.SECRET_KEY}".encode()).hexdigest()
