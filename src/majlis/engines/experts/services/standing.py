"""How a profile moves from draft to the shelf and off it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.engines.experts import events
from majlis.engines.experts.missing import missing_from
from majlis.engines.experts.models import ExpertProfile, StatusChange
from majlis.engines.experts.services.listings import refresh_listings
from majlis.engines.experts.services.profiles import own_profile, plain
from majlis.engines.experts.types import STATUS_MOVES, DocumentStatus, ExpertStatus
from majlis.kernel.accounts import queries as people
from majlis.kernel.accounts import services as accounts
from majlis.kernel.accounts.types import Role
from majlis.kernel.notices import services as notices
from majlis.kit import clock
from majlis.kit.errors import Invalid, NotFound, Refusal
from majlis.kit.events import publish
from majlis.kit.state import IllegalTransition

REVIEWERS = (Role.COORDINATOR, Role.ADMIN, Role.OWNER)
"""Who looks at profiles and documents."""


class ProfileIncomplete(Refusal):
    """Something is missing; `queries.missing` lists it."""

    code = "profile_incomplete"
    sentence = _("Something is still missing: %(missing)s")
    status = 422


class NotYourOwn(Refusal):
    """Nobody judges themselves."""

    code = "own_profile"
    sentence = _("Somebody else must decide on your own profile.")
    status = 403


def require_reviewer(actor: Any) -> None:
    """Refuses with `Forbidden` unless the actor may judge profiles; None is the system."""
    if actor is not None:
        people.require_role(actor, *REVIEWERS)


@transaction.atomic
def submit_profile(*, actor: Any, now: datetime | None = None) -> ExpertProfile:
    """Hand the actor's own profile in for review. Refuses with `ProfileIncomplete` and `IllegalTransition`."""
    profile = own_profile(actor)
    STATUS_MOVES.check(profile.status, ExpertStatus.SUBMITTED)
    if lacking := missing_from(profile):
        raise ProfileIncomplete(missing=" ".join(item.sentence for item in lacking))
    profile.submitted_at = now or clock.now()
    _move(profile, ExpertStatus.SUBMITTED, actor=actor, reason="")
    publish(events.ExpertSubmitted(profile.person_id))
    return profile


@transaction.atomic
def withdraw_profile(*, actor: Any) -> ExpertProfile:
    """Take one's own profile back from review, to go on writing. Refuses with `IllegalTransition`."""
    profile = own_profile(actor)
    if profile.status != ExpertStatus.SUBMITTED:
        raise IllegalTransition
    _move(profile, ExpertStatus.DRAFT, actor=actor, reason="")
    return profile


@transaction.atomic
def verify_profile(*, actor: Any, expert_id: UUID, note: str = "", now: datetime | None = None) -> ExpertProfile:
    """Staff put a submitted profile on the shelf; its pending documents count as approved with it, and the person gets
    the role of an expert. Refuses with `Forbidden`, `NotYourOwn`, `IllegalTransition`, and `ProfileIncomplete` when
    something was taken away meanwhile (a rejected document, say)."""
    profile = _judged(actor, expert_id)
    if profile.status != ExpertStatus.SUBMITTED:
        raise IllegalTransition
    if lacking := missing_from(profile):
        raise ProfileIncomplete(missing=" ".join(item.sentence for item in lacking))
    at = now or clock.now()
    profile.verified_at = at
    profile.documents.filter(status=DocumentStatus.PENDING).update(
        status=DocumentStatus.APPROVED, reviewer=actor, reviewed_at=at
    )
    _move(profile, ExpertStatus.ACTIVE, actor=actor, reason=note)
    accounts.grant_role(actor=None, person=profile.person, role=Role.EXPERT)
    _record(actor, "expert.verified", profile, note)
    _tell(profile, "expert_verified")
    publish(events.ExpertVerified(profile.person_id))
    return profile


@transaction.atomic
def reject_profile(*, actor: Any, expert_id: UUID, reasons: str) -> ExpertProfile:
    """Staff send a submitted profile back; its owner reads the reasons, mends it and hands it in again. Refuses with
    `Forbidden`, `NotYourOwn`, `Invalid`, `IllegalTransition`."""
    profile = _judged(actor, expert_id)
    STATUS_MOVES.check(profile.status, ExpertStatus.REJECTED)
    reasons = _reason(reasons)
    _move(profile, ExpertStatus.REJECTED, actor=actor, reason=reasons)
    _record(actor, "expert.rejected", profile, reasons)
    _tell(profile, "expert_rejected", reason=reasons)
    publish(events.ExpertRejected(profile.person_id, reasons))
    return profile


@transaction.atomic
def deactivate(*, actor: Any, expert_id: UUID, reason: str = "") -> ExpertProfile:
    """Take an active profile off the shelf: its owner (a pause), or staff with a reason. Lessons that are booked
    stay. Refuses with `Forbidden`, `IllegalTransition`, `Invalid`."""
    profile = _own_or_judged(actor, expert_id)
    STATUS_MOVES.check(profile.status, ExpertStatus.INACTIVE)
    if profile.status == ExpertStatus.BANNED:
        require_reviewer(actor)
    if not _is_owner(actor, profile):
        reason = _reason(reason)
        _record(actor, "expert.deactivated", profile, reason)
        _tell(profile, "expert_taken_down", reason=reason)
    _move(profile, ExpertStatus.INACTIVE, actor=actor, reason=reason)
    return profile


@transaction.atomic
def reactivate(*, actor: Any, expert_id: UUID) -> ExpertProfile:
    """Put a paused profile back on the shelf. Its owner ends a pause of their own; what staff took down, staff put
    back. Refuses with `Forbidden`, `IllegalTransition`, `ProfileIncomplete`."""
    profile = _own_or_judged(actor, expert_id)
    if profile.status != ExpertStatus.INACTIVE:
        raise IllegalTransition
    if _is_owner(actor, profile):
        last = profile.history.order_by("-id").first()
        if last is not None and last.actor_id != profile.person_id:
            require_reviewer(actor)
    else:
        _record(actor, "expert.reactivated", profile, "")
    if not profile.subjects.filter(active=True).exists():
        raise ProfileIncomplete(missing=_("Add at least one subject."))
    _move(profile, ExpertStatus.ACTIVE, actor=actor, reason="")
    return profile


@transaction.atomic
def ban(*, actor: Any, expert_id: UUID, reason: str) -> ExpertProfile:
    """Take a profile down for good and close it to its owner; the person loses the role. What is booked is for the
    products to settle. Refuses with `Forbidden`, `NotYourOwn`, `Invalid`, `IllegalTransition`."""
    profile = _judged(actor, expert_id)
    STATUS_MOVES.check(profile.status, ExpertStatus.BANNED)
    reason = _reason(reason)
    _move(profile, ExpertStatus.BANNED, actor=actor, reason=reason)
    accounts.revoke_role(actor=None, person=profile.person, role=Role.EXPERT)
    _record(actor, "expert.banned", profile, reason)
    _tell(profile, "expert_taken_down", reason=reason)
    return profile


@transaction.atomic
def lift_ban(*, actor: Any, expert_id: UUID, reason: str) -> ExpertProfile:
    """Undo a ban: the profile is paused, and its owner can be put back on the shelf by staff. Refuses as `ban`."""
    profile = _judged(actor, expert_id)
    if profile.status != ExpertStatus.BANNED:
        raise IllegalTransition
    reason = _reason(reason)
    if profile.verified_at is None:
        _move(profile, ExpertStatus.DRAFT, actor=actor, reason=reason)
    else:
        _move(profile, ExpertStatus.INACTIVE, actor=actor, reason=reason)
        accounts.grant_role(actor=None, person=profile.person, role=Role.EXPERT)
    _record(actor, "expert.ban_lifted", profile, reason)
    return profile


def _judged(actor: Any, expert_id: UUID) -> ExpertProfile:
    require_reviewer(actor)
    profile = _locked(expert_id)
    if _is_owner(actor, profile):
        raise NotYourOwn
    return profile


def _own_or_judged(actor: Any, expert_id: UUID) -> ExpertProfile:
    profile = _locked(expert_id)
    if not _is_owner(actor, profile):
        require_reviewer(actor)
    return profile


def _locked(expert_id: UUID) -> ExpertProfile:
    rows = ExpertProfile.objects.select_for_update(of=("self",)).select_related("person")
    profile = rows.filter(person_id=expert_id).first()
    if profile is None:
        raise NotFound
    return profile


def _is_owner(actor: Any, profile: ExpertProfile) -> bool:
    return actor is not None and actor.pk == profile.person_id


def _reason(text: str) -> str:
    text = plain(text)
    if not text:
        raise Invalid(errors={"reason": _("Say why: the person reads it.")})
    return text[:2000]


def _move(profile: ExpertProfile, target: str, *, actor: Any, reason: str) -> None:
    """The one place where a profile changes its state."""
    STATUS_MOVES.check(profile.status, target)
    source, profile.status, profile.status_note = profile.status, str(target), reason
    profile.save(update_fields=["status", "status_note", "submitted_at", "verified_at"])
    StatusChange.objects.create(expert=profile, source=source, target=target, actor=actor, reason=reason)
    refresh_listings([profile.pk])
    publish(events.ExpertStatusChanged(profile.person_id, str(source), str(target)))


def _record(actor: Any, action: str, profile: ExpertProfile, reason: str) -> None:
    accounts.record_act(actor=actor, action=action, target=f"experts.expertprofile:{profile.pk}", reason=reason)


def _tell(profile: ExpertProfile, kind: str, **facts: str) -> None:
    notices.notify(person_id=profile.person_id, kind=kind, facts=facts, link="/teach/review/")
