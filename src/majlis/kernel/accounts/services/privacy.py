"""Taking one's data away, and being forgotten."""

import io
import json
import zipfile
from datetime import datetime, timedelta
from typing import Any

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from django.db import transaction
from django.db.models import ProtectedError
from django.utils.translation import gettext_lazy as _

from majlis.kernel.accounts import registry
from majlis.kernel.accounts.events import PersonAnonymised
from majlis.kernel.accounts.models import (
    Activity,
    Address,
    Guardianship,
    IdempotentAnswer,
    Invitation,
    PersonalToken,
    RefreshFamily,
    RefreshToken,
    RoleGrant,
    StatusChange,
    User,
)
from majlis.kernel.accounts.services.status import MayNotJudge, move_status
from majlis.kernel.accounts.services.trail import note_activity
from majlis.kernel.accounts.types import ActivityKind, ConsentState, Role, UserStatus
from majlis.kit import clock, events
from majlis.kit.errors import Refusal

UNCONFIRMED_DAYS = 7
OLD_TOKEN_DAYS = 30


class RolesFirst(Refusal):
    """Somebody who works in the office cannot delete their account while they do."""

    code = "roles_first"
    sentence = _("You hold a role of the office. Ask for it to be taken from you first, then delete your account.")


@transaction.atomic
def export_data(*, person: User, now: datetime | None = None) -> bytes:
    """Everything the house keeps about a person: a ZIP with one JSON file per module that registered."""
    now = now or clock.now()
    parts: dict[str, Any] = {"account": _own_data(person), **{k: f(person.id) for k, f in registry.exports.items()}}
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as archive:
        for label, data in sorted(parts.items()):
            text = json.dumps(data, ensure_ascii=False, indent=2, default=str)
            archive.writestr(zipfile.ZipInfo(f"{label}.json", now.timetuple()[:6]), text, zipfile.ZIP_DEFLATED)
    note_activity(person=person, kind=ActivityKind.DATA_EXPORTED)
    return buffer.getvalue()


@transaction.atomic
def anonymise_person(*, actor: User | None, person: User, reason: str = "", now: datetime | None = None) -> None:
    """Delete an account: by its owner, by an admin, or by the house. What is personal goes (here and in every module
    that registered an eraser), the row stays without a name so that books and evidence survive. Cannot be undone.
    Refuses `RolesFirst`, `MayNotJudge`, `IllegalTransition`, and whatever an eraser refuses (an open booking)."""
    now = now or clock.now()
    if actor is not None and actor.id != person.id and not actor.roles & {Role.ADMIN, Role.OWNER}:
        raise MayNotJudge
    fresh = User.objects.select_for_update().get(id=person.id)
    if fresh.is_staff:
        raise RolesFirst
    for erase in registry.erasers.values():
        erase(person.id)
    for rows in (
        Activity.objects.filter(person=person),
        Address.objects.filter(person=person),
        RefreshToken.objects.filter(family__person=person),
        RefreshFamily.objects.filter(person=person),
        PersonalToken.objects.filter(person=person),
        IdempotentAnswer.objects.filter(person=person),
        RoleGrant.objects.filter(person=person),
        EmailAddress.objects.filter(user=person),
        Authenticator.objects.filter(user=person),
        SocialAccount.objects.filter(user=person),
        Guardianship.objects.filter(ward=person),
    ):
        rows.delete()
    Guardianship.objects.filter(guardian=person).update(
        guardian=None, name="", state=ConsentState.WITHDRAWN, answered_at=now, answered_from=None
    )
    Invitation.objects.filter(email=fresh.email or "-", accepted_at__isnull=True).delete()
    StatusChange.objects.filter(person=person).update(reason="")
    fresh.email = fresh.phone = fresh.phone_verified_at = fresh.birth_date = fresh.avatar_id = None
    fresh.name, fresh.gender, fresh.city, fresh.country, fresh.privacy = str(DELETED_NAME), "", "", "", {}
    fresh.set_unusable_password()
    fresh.save()
    fresh.forget_roles()
    move_status(actor=actor, person=fresh, to=UserStatus.ANONYMISED, reason=reason, now=now)
    person.refresh_from_db()
    person.forget_roles()
    events.publish(PersonAnonymised(person_id=person.id))


DELETED_NAME = "–"
"""Pages say "Deleted member" in the reader's language where they meet this status."""


def forget_unconfirmed_people(*, now: datetime | None = None) -> int:
    """Delete sign-ups older than a week that proved neither e-mail address nor phone; how many. So nobody can keep an
    address of somebody else occupied."""
    now = now or clock.now()
    stale = (
        User.objects.filter(created_at__lt=now - timedelta(days=UNCONFIRMED_DAYS), last_login__isnull=True)
        .filter(phone_verified_at__isnull=True, status=UserStatus.ACTIVE, is_staff=False)
        .exclude(emailaddress__verified=True)
    )
    gone = 0
    for person in stale:
        try:
            with transaction.atomic():
                Activity.objects.filter(person=person).delete()
                person.delete()
                gone += 1
        except ProtectedError:
            continue  # something of the house points at them: they are not nobody
    return gone


@transaction.atomic
def forget_old_tokens(*, now: datetime | None = None) -> int:
    """Delete apps' families that ended or expired a month ago; how many."""
    before = (now or clock.now()) - timedelta(days=OLD_TOKEN_DAYS)
    ended = RefreshFamily.objects.filter(revoked_at__lt=before).values("id")
    expired = RefreshFamily.objects.exclude(tokens__expires_at__gte=before).values("id")
    ids = {row["id"] for row in ended} | {row["id"] for row in expired}
    RefreshFamily.objects.filter(id__in=ids).delete()
    return len(ids)


def _own_data(person: User) -> dict[str, Any]:
    fields = "id email phone name gender birth_date language zone currency country city privacy created_at last_login"
    return {
        **{name: getattr(person, name) for name in fields.split()},
        "roles": sorted(person.roles),
        "addresses": list(
            Address.objects.filter(person=person).values(
                "label", "country", "province", "city", "district", "detail", "lat", "lng", "is_primary"
            )
        ),
        "guardians": list(Guardianship.objects.filter(ward=person).values("email", "name", "state", "answered_at")),
        "wards": [str(pk) for pk in Guardianship.objects.filter(guardian=person).values_list("ward_id", flat=True)],
        "signed_in_with": list(SocialAccount.objects.filter(user=person).values("provider", "uid", "date_joined")),
        "access_keys": list(PersonalToken.objects.filter(person=person).values("name", "scopes", "created_at")),
        "activity": list(Activity.objects.filter(person=person).values("kind", "ip", "device", "facts", "created_at")),
    }
