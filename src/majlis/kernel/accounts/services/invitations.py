"""Roles offered by e-mail."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.kernel.accounts.models import Invitation, User
from majlis.kernel.accounts.services.keys import digest
from majlis.kernel.accounts.services.letters import filled, send_letter
from majlis.kernel.accounts.services.people import read_email
from majlis.kernel.accounts.services.roles import CannotTouchRole, grant_role, may_touch_role
from majlis.kernel.accounts.services.trail import record_act
from majlis.kernel.accounts.types import Role, UserStatus
from majlis.kit import clock
from majlis.kit.edition import edition
from majlis.kit.errors import Forbidden, NotFound
from majlis.kit.translated import in_language

GOOD_DAYS = 14


class NotYourInvitation(Forbidden):
    """The signed-in account does not own the address that was invited."""

    code = "not_your_invitation"
    sentence = _("This invitation was sent to another address. Sign in with that one, or sign up with it.")


@transaction.atomic
def invite_person(
    *, actor: User, email: str, role: str, note: str = "", language: str = "en", now: datetime | None = None
) -> Invitation:
    """Offer `role` to whoever reads mail at `email`: a link good for 14 days. A newer invitation replaces the open one
    for the same address and role. Refuses `CannotTouchRole`, `Invalid`."""
    now = now or clock.now()
    role = Role(role)
    if not may_touch_role(actor, role):
        raise CannotTouchRole
    email = read_email(email)
    Invitation.objects.filter(email=email, role=role, accepted_at__isnull=True, revoked_at__isnull=True).update(
        revoked_at=now
    )
    secret = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        email=email,
        role=role,
        invited_by=actor,
        note=note.strip()[:500],
        language=language,
        token_hash=digest(secret),
        expires_at=now + timedelta(days=GOOD_DAYS),
        created_at=now,
    )
    record_act(
        actor=actor, action="invitation.sent", target=f"accounts.invitation:{invitation.id}", facts={"role": role}
    )
    house = in_language(edition().name, language)
    facts = {"name": actor.name, "house": house, "role": role.label}
    send_letter(
        to=email,
        subject=filled(_("You are invited to %(house)s"), house=house),
        paragraphs=[
            filled(_("%(name)s invites you to join %(house)s as: %(role)s."), **facts),
            *([invitation.note] if invitation.note else []),
            _("The link works for 14 days."),
        ],
        button=(_("Accept the invitation"), f"{settings.PUBLIC_URL}/account/invitation/{secret}/"),
        language=language,
    )
    return invitation


def open_invitation(*, secret: str, now: datetime | None = None) -> Invitation:
    """The invitation behind a link. Refuses `NotFound` when it is unknown, taken, revoked or too old."""
    found = (
        Invitation.objects.select_related("invited_by")
        .filter(token_hash=digest(secret), accepted_at__isnull=True, revoked_at__isnull=True)
        .filter(expires_at__gt=now or clock.now())
        .first()
    )
    if found is None:
        raise NotFound(_("This invitation is not valid any more. Ask for a new one."))
    return found


@transaction.atomic
def accept_invitation(*, actor: User, secret: str, now: datetime | None = None) -> Invitation:
    """The signed-in owner of the invited (verified) address takes the role. Refuses `NotFound`, `NotYourInvitation`,
    and `CannotTouchRole` when who invited could not grant the role any more."""
    now = now or clock.now()
    found = open_invitation(secret=secret, now=now)
    invitation = Invitation.objects.select_for_update(of=("self",)).select_related("invited_by").get(id=found.id)
    if invitation.accepted_at is not None:
        raise NotFound
    if not EmailAddress.objects.filter(user=actor, email=invitation.email, verified=True).exists():
        raise NotYourInvitation
    inviter = invitation.invited_by
    if inviter is None or inviter.status != UserStatus.ACTIVE or not may_touch_role(inviter, invitation.role):
        raise CannotTouchRole
    invitation.accepted_at, invitation.accepted_by = now, actor
    invitation.save(update_fields=["accepted_at", "accepted_by"])
    if invitation.role != Role.MEMBER:
        grant_role(actor=inviter, person=actor, role=invitation.role)
    return invitation


@transaction.atomic
def revoke_invitation(*, actor: User, invitation_id: UUID, now: datetime | None = None) -> None:
    """Make an open invitation's link useless. Refuses `NotFound`, `CannotTouchRole`."""
    found = Invitation.objects.filter(id=invitation_id, accepted_at__isnull=True, revoked_at__isnull=True).first()
    if found is None:
        raise NotFound
    if not may_touch_role(actor, found.role):
        raise CannotTouchRole
    found.revoked_at = now or clock.now()
    found.save(update_fields=["revoked_at"])
    record_act(actor=actor, action="invitation.revoked", target=f"accounts.invitation:{found.id}")
