"""Suspending, blocking, restoring: every move of a person's status."""

from datetime import datetime

from allauth.usersessions.models import UserSession
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.kernel.accounts.events import PersonStatusChanged
from majlis.kernel.accounts.models import RefreshFamily, StatusChange, User
from majlis.kernel.accounts.services.trail import record_act
from majlis.kernel.accounts.types import STATUS_MOVES, Role, UserStatus
from majlis.kit import clock, events
from majlis.kit.errors import Forbidden, Invalid, Refusal

SITTERS = {Role.SUPPORT, Role.MODERATOR, Role.ADMIN, Role.OWNER}
"""Who may suspend, block and restore members."""


class NotYourself(Refusal):
    """Staff do not lock themselves out."""

    code = "not_yourself"
    sentence = _("You cannot do this to your own account.")


class MayNotJudge(Forbidden):
    """Members do not suspend each other, and only owners and admins suspend staff."""

    code = "may_not_judge"
    sentence = _("You may not change the standing of this account.")


@transaction.atomic
def suspend_person(
    *, actor: User | None, person: User, reason: str, until: datetime | None = None, now: datetime | None = None
) -> None:
    """Keep somebody out until `until` (or until they are restored): signed out everywhere, cannot sign in. Needs a
    reason. Refuses `NotYourself`, `MayNotJudge`, `Invalid`, `IllegalTransition`."""
    now = now or clock.now()
    if until is not None and until <= now:
        raise Invalid(errors={"until": _("Choose a time in the future.")})
    move_status(actor=actor, person=person, to=UserStatus.SUSPENDED, reason=reason, until=until, now=now)


@transaction.atomic
def block_person(*, actor: User | None, person: User, reason: str, now: datetime | None = None) -> None:
    """Keep somebody out for good: signed out everywhere, cannot sign in. Needs a reason. Refuses as
    `suspend_person`."""
    move_status(actor=actor, person=person, to=UserStatus.BLOCKED, reason=reason, now=now)


@transaction.atomic
def restore_person(*, actor: User | None, person: User, reason: str = "", now: datetime | None = None) -> None:
    """Let a suspended or blocked person in again. Refuses `MayNotJudge`, `IllegalTransition`."""
    move_status(actor=actor, person=person, to=UserStatus.ACTIVE, reason=reason, now=now)


def lift_ended_suspensions(*, now: datetime | None = None) -> int:
    """Restore everybody whose suspension has ended; how many. Each in a transaction of its own."""
    now = now or clock.now()
    ended = User.objects.filter(status=UserStatus.SUSPENDED, suspended_until__lte=now)
    for person in ended:
        restore_person(actor=None, person=person, now=now)
    return len(ended)


def move_status(
    *,
    actor: User | None,
    person: User,
    to: UserStatus,
    reason: str = "",
    until: datetime | None = None,
    now: datetime | None = None,
) -> None:
    """The one function that moves a status: checks who and whence, writes the history and the audit trail, ends
    sessions, announces. In the caller's transaction."""
    now = now or clock.now()
    fresh = User.objects.select_for_update().get(id=person.id)
    if actor is not None and to != UserStatus.ANONYMISED:
        _may_judge(actor, fresh)
    STATUS_MOVES.check(fresh.status, to)
    if to in {UserStatus.SUSPENDED, UserStatus.BLOCKED} and not reason.strip():
        raise Invalid(errors={"reason": _("Say why: the person will be told, and it is kept.")})
    StatusChange.objects.create(person=fresh, before=fresh.status, after=to, actor=actor, reason=reason, created_at=now)
    person.status, person.is_active, person.suspended_until = to, to == UserStatus.ACTIVE, until
    User.objects.filter(id=person.id).update(
        status=to, is_active=person.is_active, suspended_until=until, changed_at=now
    )
    record_act(
        actor=actor,
        action=f"person.{to}" if to != UserStatus.ACTIVE else "person.restored",
        target=f"accounts.user:{person.id}",
        facts={"before": fresh.status, "until": until.isoformat() if until else None},
        reason=reason,
    )
    if not person.is_active:
        for session in UserSession.objects.filter(user=person):
            session.end()
        RefreshFamily.objects.filter(person=person, revoked_at__isnull=True).update(
            revoked_at=now, revoked_why="status"
        )
    if to != UserStatus.ANONYMISED:
        events.publish(PersonStatusChanged(person_id=person.id, status=str(to)))


def _may_judge(actor: User, person: User) -> None:
    if actor.id == person.id:
        raise NotYourself
    if not actor.is_active or not actor.roles & SITTERS:
        raise MayNotJudge
    staff_needs = {Role.OWNER} if person.roles & {Role.ADMIN, Role.OWNER} else {Role.ADMIN, Role.OWNER}
    if person.is_staff and not actor.roles & staff_needs:
        raise MayNotJudge
