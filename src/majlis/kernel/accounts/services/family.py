"""Guardians of members under age: asking, answering, taking back."""

import secrets
from datetime import datetime, timedelta
from uuid import UUID

from allauth.account.models import EmailAddress
from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext_lazy as _

from majlis.kernel.accounts.events import GuardianConsented
from majlis.kernel.accounts.models import Guardianship, User
from majlis.kernel.accounts.services.keys import digest
from majlis.kernel.accounts.services.letters import filled, send_letter
from majlis.kernel.accounts.services.people import read_email
from majlis.kernel.accounts.services.roles import grant_role
from majlis.kernel.accounts.services.throttling import throttle
from majlis.kernel.accounts.services.trail import record_act
from majlis.kernel.accounts.types import CONSENT_MOVES, ConsentState, Role
from majlis.kit import clock, events
from majlis.kit.edition import edition
from majlis.kit.errors import Invalid, NotFound
from majlis.kit.translated import in_language

LINK_DAYS = 30


@transaction.atomic
def ask_guardian(*, actor: User, email: str, now: datetime | None = None) -> Guardianship:
    """A member names their guardian, who gets an e-mail with a link to agree or decline (good for 30 days). Asking the
    same address again sends a new link. Refuses `Invalid` (their own address), `TooMany` (five letters a day)."""
    now = now or clock.now()
    email = read_email(email)
    if email == actor.email or EmailAddress.objects.filter(user=actor, email=email).exists():
        raise Invalid(errors={"email": _("This is your own address. Give the address of a parent or guardian.")})
    throttle(scope="ask_guardian", key=str(actor.id), limit=5, seconds=86400)
    secret = secrets.token_urlsafe(32)
    row = Guardianship.objects.select_for_update().filter(ward=actor, email=email).first()
    if row is None:
        row = Guardianship(ward=actor, email=email, created_at=now)
    elif row.state != ConsentState.ASKED:
        CONSENT_MOVES.check(row.state, ConsentState.ASKED)
    row.state, row.asked_at, row.token_hash = ConsentState.ASKED, now, digest(secret)
    row.save()
    house = in_language(edition().name)
    send_letter(
        to=email,
        subject=filled(_("%(name)s asks for your consent"), name=actor.name),
        paragraphs=[
            filled(
                _("%(name)s is under age and would like to take lessons at %(house)s."), name=actor.name, house=house
            ),
            _("If you are a parent or guardian, please say whether they may. Without your consent they cannot buy."),
        ],
        button=(_("Read and answer"), f"{settings.PUBLIC_URL}/account/consent/{secret}/"),
        language=actor.language,
    )
    return row


def asked_consent(*, secret: str, now: datetime | None = None) -> Guardianship:
    """The request behind the link of a guardian's e-mail. Refuses `NotFound` when unknown or too old."""
    now = now or clock.now()
    row = Guardianship.objects.select_related("ward").filter(token_hash=digest(secret)).first()
    if row is None or (row.state == ConsentState.ASKED and row.asked_at < now - timedelta(days=LINK_DAYS)):
        raise NotFound
    return row


@transaction.atomic
def answer_consent(
    *,
    secret: str,
    agrees: bool,
    name: str,
    person: User | None = None,
    ip: str | None = None,
    now: datetime | None = None,
) -> Guardianship:
    """The guardian's answer through their link: agree, decline, or (later, with the same link) withdraw. `name` is
    how they sign; `person` the account they are signed in with, tied to the ward when its verified address is the one
    that was written to. Refuses `NotFound`, `Invalid`, `IllegalTransition`."""
    now = now or clock.now()
    found = asked_consent(secret=secret, now=now)
    row = Guardianship.objects.select_for_update(of=("self",)).select_related("ward").get(id=found.id)
    if agrees and not name.strip():
        raise Invalid(errors={"name": _("Write your full name: it stands for your signature.")})
    consented = row.state == ConsentState.CONSENTED
    target = ConsentState.CONSENTED if agrees else ConsentState.WITHDRAWN if consented else ConsentState.DECLINED
    _move(row, target, now=now, ip=ip, name=name)
    owner = person if person is not None and _owns(person, row.email) else _owner_of(row.email)
    if agrees and owner is not None:
        _tie(row, owner)
    return row


@transaction.atomic
def withdraw_consent(*, actor: User, guardianship_id: UUID, now: datetime | None = None) -> None:
    """The guardian takes the consent back, or the ward ends a request. Refuses `NotFound`, `IllegalTransition`."""
    row = Guardianship.objects.select_for_update(of=("self",)).select_related("ward").filter(id=guardianship_id).first()
    mine = row is not None and (
        row.guardian_id == actor.id or (row.ward_id == actor.id and row.state == ConsentState.ASKED)
    )
    if row is None or not mine:
        raise NotFound
    _move(row, ConsentState.WITHDRAWN, now=now or clock.now())


@transaction.atomic
def tie_wards(*, person: User) -> int:
    """Tie consents given from an address before its owner had an account; how many. Called at sign-in."""
    addresses = EmailAddress.objects.filter(user=person, verified=True).values_list("email", flat=True)
    rows = Guardianship.objects.filter(
        email__in=list(addresses), guardian__isnull=True, state=ConsentState.CONSENTED
    ).exclude(ward=person)
    for row in rows:
        _tie(row, person)
    return len(rows)


def _move(row: Guardianship, to: ConsentState, *, now: datetime, ip: str | None = None, name: str = "") -> None:
    CONSENT_MOVES.check(row.state, to)
    record_act(
        actor=None,
        action=f"guardian.{to}",
        target=f"accounts.user:{row.ward_id}",
        facts={"guardianship": str(row.id), "before": row.state},
    )
    row.state, row.answered_at, row.answered_from = to, now, ip or None
    row.name = name.strip()[:150] or row.name
    row.save()
    if to == ConsentState.CONSENTED:
        events.publish(GuardianConsented(ward_id=row.ward_id, guardianship_id=row.id))
    if row.ward.email and to in {ConsentState.CONSENTED, ConsentState.DECLINED}:
        agreed = to == ConsentState.CONSENTED
        send_letter(
            to=row.ward.email,
            subject=_("Your guardian has agreed") if agreed else _("Your guardian has not agreed"),
            paragraphs=[
                _("You can book and pay now.")
                if agreed
                else _("You can look around and write, but not buy. You may ask another guardian in your settings.")
            ],
            language=row.ward.language,
        )


def _tie(row: Guardianship, person: User) -> None:
    if person.id == row.ward_id:
        return
    row.guardian = person
    row.save(update_fields=["guardian"])
    grant_role(actor=None, person=person, role=Role.GUARDIAN)


def _owns(person: User, email: str) -> bool:
    return EmailAddress.objects.filter(user=person, email=email, verified=True).exists()


def _owner_of(email: str) -> User | None:
    found = EmailAddress.objects.filter(email=email, verified=True, user__is_active=True).select_related("user").first()
    return found.user if found else None
