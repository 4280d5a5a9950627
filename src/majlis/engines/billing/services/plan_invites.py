"""A plan offered to an address."""

import secrets
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models import Plan, PlanInvite
from majlis.kernel.accounts import queries as people
from majlis.kernel.accounts import services as accounts
from majlis.kit import clock
from majlis.kit.edition import edition
from majlis.kit.errors import Forbidden, NotFound
from majlis.kit.translated import in_language

GOOD_DAYS = 30


class InvitedAnother(Forbidden):
    """The signed-in account does not own the address that was invited."""

    code = "invited_another_address"
    sentence = _("This invitation was sent to another address. Sign in with that one, or sign up with it.")


@transaction.atomic
def invite_to_plan(
    *, actor: Any, plan_id: UUID, email: str, language: str = "en", days: int = GOOD_DAYS, now: datetime | None = None
) -> PlanInvite:
    """Offer a plan (also one for invited people only) to whoever reads mail at `email`: a link good for `days`. A newer
    invitation replaces the open one for the same address and plan. Refuses `Invalid`, NotFound."""
    now = now or clock.now()
    plan = Plan.objects.filter(id=plan_id).first()
    if plan is None:
        raise NotFound()
    address = accounts.read_email(email)
    PlanInvite.objects.filter(plan=plan, email=address, accepted_at__isnull=True, revoked_at__isnull=True).update(
        revoked_at=now
    )
    secret = secrets.token_urlsafe(32)
    invite = PlanInvite.objects.create(
        plan=plan,
        email=address,
        token_hash=accounts.digest(secret),
        expires_at=now + timedelta(days=days),
        invited_by=actor,
        created_at=now,
    )
    accounts.record_act(
        actor=actor, action="billing.plan_invited", target=f"billing.plan:{plan.id}", facts={"invite": str(invite.id)}
    )
    house, name = in_language(edition().name, language), in_language(plan.name, language)
    accounts.send_letter(
        to=address,
        subject=accounts.filled(_("You are invited to %(plan)s"), plan=name),
        paragraphs=[
            accounts.filled(_("%(house)s invites you to subscribe to %(plan)s."), house=house, plan=name),
            accounts.filled(_("The link works until %(day)s."), day=f"{invite.expires_at:%Y-%m-%d}"),
        ],
        button=(_("See the plan"), f"{settings.PUBLIC_URL}/plans/invitation/{secret}/"),
        language=language,
    )
    return invite


def open_plan_invite(*, secret: str, now: datetime | None = None) -> PlanInvite:
    """The invitation behind a link, with its plan. NotFound when it is unknown, revoked or too old."""
    found = (
        PlanInvite.objects.select_related("plan")
        .filter(token_hash=accounts.digest(secret), revoked_at__isnull=True, expires_at__gt=now or clock.now())
        .first()
    )
    if found is None:
        raise NotFound(_("This invitation is not valid any more. Ask for a new one."))
    return found


@transaction.atomic
def accept_plan_invite(*, secret: str, actor: Any, now: datetime | None = None) -> Plan:
    """The signed-in owner of the invited (verified) address may subscribe to the plan from now on. Accepting again is
    accepting once. Refuses NotFound, `InvitedAnother`."""
    now = now or clock.now()
    invite = PlanInvite.objects.select_for_update(of=("self",)).get(id=open_plan_invite(secret=secret, now=now).id)
    if invite.accepted_by_id is not None and invite.accepted_by_id != actor.id:
        raise NotFound()
    if ("email", invite.email) not in people.proved_identities(actor):
        raise InvitedAnother()
    if invite.accepted_at is None:
        PlanInvite.objects.filter(id=invite.id).update(accepted_at=now, accepted_by=actor)
    return invite.plan


@transaction.atomic
def revoke_plan_invite(*, actor: Any, invite_id: UUID, now: datetime | None = None) -> None:
    """Make an open invitation's link useless. NotFound."""
    rows = PlanInvite.objects.filter(id=invite_id, accepted_at__isnull=True, revoked_at__isnull=True)
    if not rows.update(revoked_at=now or clock.now()):
        raise NotFound()
    accounts.record_act(actor=actor, action="billing.plan_invite_revoked", target=f"billing.planinvite:{invite_id}")
