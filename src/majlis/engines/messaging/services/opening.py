"""Two people find each other."""

from typing import Any
from uuid import UUID

from django.db import transaction

from majlis.engines.messaging.models import Conversation, Member
from majlis.engines.messaging.refusals import NotReachable
from majlis.kernel.accounts import queries as accounts
from majlis.kernel.accounts import services as people
from majlis.kernel.accounts.types import STAFF_ROLES, Role
from majlis.kit.errors import NotFound

REACHABLE = (Role.EXPERT, *sorted(STAFF_ROLES))
"""Whom any member may write to. Two people of whom neither is one of these do not write to each other here."""


@transaction.atomic
def open_conversation(*, actor: Any, with_id: UUID) -> Conversation:
    """The one conversation of `actor` with that person, made if there is none (nobody is told before the first
    message). Refuses with `NotReachable` when neither of them is an expert or staff, when the account is closed, and
    for oneself; with `GuardianNeeded` a minor whose guardian has not consented; with `TooMany` beyond 30 new ones a
    day."""
    try:
        other = accounts.person(with_id)
    except NotFound:
        raise NotReachable from None
    if other.pk == actor.pk:
        raise NotReachable
    one, two = sorted([actor.pk, other.pk])
    found = Conversation.objects.filter(one_id=one, two_id=two).first()
    if found is not None:
        return found
    check_reachable(actor, other)
    people.throttle(scope="messaging.open", key=str(actor.pk), limit=30, seconds=86_400)
    # Both may press the button in the same moment: the pair is unique, and the second gets the first's.
    made = Conversation(one_id=one, two_id=two, opened_by=actor)
    Conversation.objects.bulk_create([made], ignore_conflicts=True)
    conversation = Conversation.objects.get(one_id=one, two_id=two)
    if conversation.pk == made.pk:
        Member.objects.bulk_create([Member(conversation=made, person_id=person) for person in (one, two)])
    return conversation


def check_reachable(actor: Any, other: Any) -> None:
    """Refuses unless `actor` may write to `other`."""
    if not other.is_active:
        raise NotReachable
    if not (accounts.has_role(actor, *REACHABLE) or accounts.has_role(other, *REACHABLE)):
        raise NotReachable
    if accounts.is_minor(actor) and not accounts.has_consent(actor):
        raise accounts.GuardianNeeded
