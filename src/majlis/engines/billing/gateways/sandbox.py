"""The sandbox: a provider with a page of its own that takes pretended money, for trying the house out.

Two halves that meet only as with a real provider: `Sandbox`, our side, which asks and is told; and below it the
provider, which keeps its own books (`SandboxSession`, `SandboxCharge`), its own page, and signs what it sends by the
Standard Webhooks rules.
"""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from django.conf import settings
from django.db import transaction
from django.db.models import Sum
from django.utils.crypto import salted_hmac
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.gateways.base import (
    BadSignature,
    Began,
    Bill,
    ChargeSeen,
    DayReport,
    Delivery,
    DisputeSeen,
    GatewayUnreachable,
    GivenBack,
    KeptMethod,
    Movement,
    Notification,
    Reading,
)
from majlis.engines.billing.models import SandboxCard, SandboxCharge, SandboxSession
from majlis.engines.billing.types import DisputeStatus, Mode, MovementKind, PaymentStatus
from majlis.kit import clock, db
from majlis.kit.errors import Invalid, NotFound
from majlis.kit.money import Money

TOLERANCE = 300
"""Seconds a webhook may be old."""

ANSWER_TIME = timedelta(days=7)
"""How long the house has to answer a contested payment."""


class Sandbox:
    """Our side of the sandbox."""

    code = provider = "sandbox"
    keys: tuple[str, ...] = ()
    name = _("Test payment")
    summary = _("No real money: a page where you choose how the payment goes.")
    first_look = timedelta(minutes=1)
    patience = timedelta()
    refunds = True

    def ready(self) -> bool:
        return bool(settings.SANDBOX)

    def mode(self) -> Mode:
        return Mode.TEST

    def greet(self) -> None:
        """It stands in this very process."""

    def takes(self, money: Money, country: str) -> bool:
        return bool(settings.SANDBOX)

    def begin(self, bill: Bill) -> Began:
        db.refuse_transaction()
        if not settings.SANDBOX:
            raise GatewayUnreachable()
        session = self._session(bill, keeps_card=bill.keep)
        return Began(session.ref, redirect_url=f"/sandbox/{session.ref}/")

    def charge_saved(self, bill: Bill, method_ref: str) -> Began:
        db.refuse_transaction()
        card = SandboxCard.objects.filter(ref=method_ref).first() if settings.SANDBOX else None
        if card is None:
            raise GatewayUnreachable()
        with transaction.atomic():
            ref = self._session(bill, card=card).ref
            session = SandboxSession.objects.select_for_update().get(ref=ref)
            if session.state == "open" and card.declines:
                fail_at_provider(ref)
            elif session.state == "open":
                charge_at_provider(ref, bill.amount)
        return Began(ref)

    @staticmethod
    def _session(bill: Bill, **more: Any) -> SandboxSession:
        session, _new = SandboxSession.objects.get_or_create(
            idempotency_key=str(bill.payment_id),
            defaults={
                "ref": f"sb_{secrets.token_urlsafe(18)}",
                "unit": bill.amount.unit,
                "amount": bill.amount.amount,
                "description": bill.description,
                "return_url": bill.return_url,
                **more,
            },
        )
        return session

    def read(self, ref: str, *, wanted: bool = True) -> Reading:
        db.refuse_transaction()
        session = SandboxSession.objects.filter(ref=ref).first()
        if session is None:
            raise GatewayUnreachable()
        taken = session.charges.filter(amount__gt=0, settles_at__lte=clock.now()).order_by("settles_at", "ref")
        charges = tuple(ChargeSeen(charge.ref, Money(charge.amount, charge.unit)) for charge in taken)
        if charges:
            kept = KeptMethod(session.card.ref, session.card.label) if session.card else None
            contested = tuple(_contested(charge) for charge in taken if charge.contested)
            return Reading(PaymentStatus.SUCCEEDED, charges, kept=kept, disputes=contested)
        if session.state == "failed":
            return Reading(PaymentStatus.FAILED, problem=_("The card was declined."))
        if session.state == "expired":
            return Reading(PaymentStatus.EXPIRED)
        return Reading(PaymentStatus.PENDING)

    def open_envelope(self, delivery: Delivery) -> Notification:
        event_id = delivery.headers.get("webhook-id", "")
        stamp = delivery.headers.get("webhook-timestamp", "")
        if not event_id or not stamp.isascii() or not stamp.isdigit() or len(stamp) > 12:
            raise BadSignature()
        if abs(clock.now().timestamp() - int(stamp)) > TOLERANCE:
            raise BadSignature()
        expected = signature(event_id, stamp, delivery.body)
        given = delivery.headers.get("webhook-signature", "").split(" ")
        if not any(hmac.compare_digest(expected.encode(), each.encode()) for each in given):
            raise BadSignature()
        try:
            facts = json.loads(delivery.body)
            return Notification(event_id, ref=str(facts["data"]["session"]), kind=str(facts["type"]))
        except (ValueError, KeyError, TypeError):
            raise Invalid(errors={"__all__": _("This is not a message of the sandbox.")}) from None

    def give_back(
        self, ref: str, money: Money, key: str, reason: str, *, before: Money, again: bool = False
    ) -> GivenBack:
        db.refuse_transaction()
        with transaction.atomic():
            session = SandboxSession.objects.select_for_update().filter(ref=ref).first()
            if session is None:
                raise GatewayUnreachable()
            refund = f"re_{hashlib.sha256(key.encode()).hexdigest()[:24]}"
            if not SandboxCharge.objects.filter(ref=refund).exists():
                left = session.charges.filter(unit=money.unit).aggregate(sum=Sum("amount"))["sum"] or 0
                if left < money.amount:
                    return GivenBack(refund, done=False, problem=_("More than was charged."))
                SandboxCharge.objects.create(
                    ref=refund, session=session, unit=money.unit, amount=-money.amount, settles_at=clock.now()
                )
        return GivenBack(refund, done=True)

    def stop(self, ref: str) -> None:
        db.refuse_transaction()
        SandboxSession.objects.filter(ref=ref, state="open").update(state="expired")

    def movements(self, day: date, refs: Sequence[str]) -> DayReport:
        db.refuse_transaction()
        begins = datetime.combine(day, time(), UTC)
        rows = SandboxCharge.objects.filter(settles_at__gte=begins, settles_at__lt=begins + timedelta(days=1))
        lost = SandboxCharge.objects.filter(
            contested=DisputeStatus.LOST, contested_at__gte=begins, contested_at__lt=begins + timedelta(days=1)
        )
        taken_back = tuple(
            Movement(
                MovementKind.DISPUTE, _contested(row).ref, Money(row.amount, row.unit), row.session_id, row.contested_at
            )
            for row in lost.order_by("contested_at", "ref")
        )
        return DayReport(
            taken_back
            + tuple(
                Movement(
                    MovementKind.CHARGE if row.amount > 0 else MovementKind.REFUND,
                    row.ref,
                    Money(abs(row.amount), row.unit),
                    row.session_id,
                    row.settles_at,
                )
                for row in rows.order_by("settles_at", "ref")
            )
        )


def _contested(charge: SandboxCharge) -> DisputeSeen:
    return DisputeSeen(
        f"dp_{charge.ref}",
        Money(charge.amount, charge.unit),
        DisputeStatus(charge.contested),
        reason="fraudulent",
        answer_by=charge.contested_at + ANSWER_TIME if charge.contested_at else None,
    )


# ---------------------------------------------------------------------------------------------- the provider's side


def session_at_provider(ref: str) -> SandboxSession:
    """What the provider's page shows. NotFound outside sandbox mode."""
    session = SandboxSession.objects.filter(ref=ref).first() if settings.SANDBOX else None
    if session is None:
        raise NotFound()
    return session


def charge_at_provider(ref: str, money: Money, *, after: timedelta = timedelta()) -> None:
    """The provider takes pretended money: also from an expired session, since real buyers manage that too."""
    session = session_at_provider(ref)
    SandboxCharge.objects.create(
        ref=f"ch_{secrets.token_urlsafe(18)}",
        session=session,
        unit=money.unit,
        amount=money.amount,
        settles_at=clock.now() + after,
    )
    if session.keeps_card and session.card_id is None:
        card = SandboxCard.objects.create(ref=f"card_{secrets.token_urlsafe(18)}", label="Test •••• 4242")
        SandboxSession.objects.filter(ref=ref).update(card=card)
    SandboxSession.objects.filter(ref=ref).update(state="paid")


def contest_at_provider(ref: str, status: DisputeStatus) -> None:
    """The buyer asks their bank for the money of a paid session, or the bank decides. NotFound for one not paid."""
    charge = session_at_provider(ref).charges.filter(amount__gt=0).order_by("settles_at", "ref").first()
    if charge is None:
        raise NotFound()
    SandboxCharge.objects.filter(ref=charge.ref).update(contested=status, contested_at=clock.now())


def card_declines(ref: str, declines: bool) -> None:
    """The bank behind a kept card declines it from now on, or takes it again. NotFound outside sandbox mode."""
    if not settings.SANDBOX or not SandboxCard.objects.filter(ref=ref).update(declines=declines):
        raise NotFound()


def fail_at_provider(ref: str) -> None:
    """The provider declines."""
    session_at_provider(ref)
    SandboxSession.objects.filter(ref=ref, state="open").update(state="failed")


def signed_event(ref: str, kind: str, *, event_id: str = "") -> tuple[dict[str, str], bytes]:
    """What the provider sends: headers and body, signed."""
    event_id = event_id or f"evt_{secrets.token_urlsafe(18)}"
    stamp = str(int(clock.now().timestamp()))
    body = json.dumps({"type": kind, "timestamp": stamp, "data": {"session": ref}}).encode()
    headers = {
        "content-type": "application/json",
        "webhook-id": event_id,
        "webhook-timestamp": stamp,
        "webhook-signature": signature(event_id, stamp, body),
    }
    return headers, body


def signature(event_id: str, stamp: str, body: bytes) -> str:
    """Standard Webhooks: `v1,` and the base64 of HMAC-SHA256 over `id.timestamp.body`."""
    digest = hmac.new(_secret(), f"{event_id}.{stamp}.".encode() + body, hashlib.sha256).digest()
    return "v1," + base64.b64encode(digest).decode()


def _secret() -> bytes:
    """Both sides derive it from the installation's own secret: the sandbox has nothing to configure."""
    keyed: Any = salted_hmac("majlis.billing.sandbox", "webhooks", algorithm="sha256")
    return keyed.digest()
