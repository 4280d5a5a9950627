"""What providers tell us: stored first, worked on after."""

import logging
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection, transaction
from django.utils.translation import gettext as _

from majlis.engines.billing import gateways
from majlis.engines.billing.gateways.base import Delivery
from majlis.engines.billing.models import Charge, Payment, WebhookEvent
from majlis.engines.billing.services.mirroring import follow, strange_money, subscription_named
from majlis.engines.billing.services.payments import refresh_payment
from majlis.engines.billing.services.refunds import resend_refunds
from majlis.engines.billing.types import WebhookStatus
from majlis.kernel.accounts import services as accounts
from majlis.kit import clock, db
from majlis.kit.errors import NotFound
from majlis.kit.ids import new_id

log = logging.getLogger(__name__)

KEPT_HEADERS = (
    *("content-type", "user-agent", "webhook-id", "webhook-timestamp", "webhook-signature", "stripe-signature"),
    *("paypal-transmission-id", "paypal-transmission-time", "paypal-transmission-sig", "paypal-cert-url"),
    *("paypal-auth-algo", "x-callback-timestamp"),
)
"""What proves a message, and nothing that is itself a secret: a provider's fixed token is not kept."""
UNKNOWN_FOR = timedelta(days=1)
"""How long an event about a payment we do not know is tried again: it may have overtaken our note of the payment."""


def receive_webhook(
    *,
    gateway: str,
    headers: Mapping[str, str],
    body: bytes,
    query: Mapping[str, str] | None = None,
    now: datetime | None = None,
) -> UUID:
    """Take one delivery of the provider `gateway`: check its signature, store it byte for byte, queue the work. The
    event's id. `query` is what stood behind the address' question mark.

    The same event again is counted, not worked on twice. Refuses `BadSignature` (nothing is stored then) and NotFound
    for a provider we do not have.
    """
    now = now or clock.now()
    lower = {name.lower(): value for name, value in headers.items()}
    notification = gateways.of_provider(gateway)[0].open_envelope(Delivery(lower, body, query or {}))
    kept = {name: lower[name] for name in KEPT_HEADERS if name in lower}
    with transaction.atomic():
        event_id, new = _store(gateway, notification.event_id, notification.ref, notification.kind, kept, body, now)
        if new:
            from majlis.engines.billing.tasks import work_on_webhook

            work_on_webhook.defer(event_id=str(event_id))
    return event_id


def _store(
    gateway: str, event_id: str, ref: str, kind: str, headers: dict[str, str], body: bytes, now: datetime
) -> tuple[UUID, bool]:
    """One statement, so that of two deliveries at once one is first. Postgres says by `xmax = 0` which."""
    import json

    with connection.cursor() as cursor:
        cursor.execute(
            """INSERT INTO billing_webhookevent
                 (id, created_at, gateway, event_id, provider_ref, kind, headers, body, status, problem, deliveries)
               VALUES (%s, %s, %s, %s, %s, %s, %s::jsonb, %s, 'received', '', 1)
               ON CONFLICT (gateway, event_id) DO UPDATE SET deliveries = billing_webhookevent.deliveries + 1
               RETURNING id, xmax = 0""",
            [new_id(), now, gateway, event_id[:200], ref[:200], kind[:64], json.dumps(headers), body],
        )
        stored, new = cursor.fetchone()
    return stored, new


def process_webhook(event_id: UUID, *, again: bool = False, now: datetime | None = None) -> WebhookEvent:
    """Work on a stored event: read the payment, or the subscription, it is about at the provider and act on that. One
    that is done is left alone, unless it is to be looked at `again`. What goes wrong stands on the event and is raised.

    Speaks over the network: must not run inside a transaction.
    """
    db.refuse_transaction()
    now = now or clock.now()
    event = WebhookEvent.objects.filter(id=event_id).first()
    if event is None:
        raise NotFound()
    if event.status == WebhookStatus.DONE and not again:
        return event
    payment = payment_named(event.gateway, event.provider_ref)
    try:
        if payment is not None:
            refresh_payment(payment.id, now=now)
            resend_refunds(payment_id=payment.id, now=now)
            problem = _other_money(payment)
        elif (subscription := follow(event.gateway, event.provider_ref, now=now)) is not None:
            problem = strange_money(subscription)
        else:
            _mark(event, WebhookStatus.UNKNOWN, now)
            return event
    except Exception as fault:
        _mark(event, WebhookStatus.FAILED, now, problem=f"{type(fault).__name__}: {fault}")
        raise
    _mark(event, WebhookStatus.DONE, now, problem=problem)
    return event


def _other_money(payment: Payment) -> str:
    """What staff reads where other money came than was asked for, by the provider's own word and not the message's."""
    arrived = [charge.money for charge in payment.charges.order_by("id")]
    if not arrived or arrived == [payment.money]:
        return ""
    return _("Asked for %(asked)s, arrived %(arrived)s.") % {
        "asked": payment.money.display(),
        "arrived": " + ".join(money.display() for money in arrived),
    }


def payment_named(provider: str, ref: str) -> Payment | None:
    """The attempt a provider speaks of: by its own name for it, by that of a charge, or by our payment's id."""
    ways = [each.code for each in gateways.of_provider(provider)]
    ours = Payment.objects.filter(gateway__in=ways)
    found = ours.filter(provider_ref=ref).first()
    if found is None:
        charge = Charge.objects.filter(gateway__in=ways, ref=ref).select_related("payment").first()
        found = charge.payment if charge else None
    if found is None:
        try:
            # One that was never answered has no name there: what the provider says of it we cannot ask about.
            found = ours.filter(id=UUID(ref), provider_ref__isnull=False).first()
        except ValueError:
            return None
    return found


def _mark(event: WebhookEvent, status: WebhookStatus, now: datetime, problem: str = "") -> None:
    event.status, event.problem, event.worked_on_at = status, problem, now
    WebhookEvent.objects.filter(id=event.id).update(status=status, problem=problem, worked_on_at=now)


def rerun_webhook(*, event_id: UUID, actor: Any, now: datetime | None = None) -> WebhookEvent:
    """Staff works on an event again, for the audit trail."""
    event = process_webhook(event_id, again=True, now=now)
    accounts.record_act(
        actor=actor,
        action="billing.webhook_rerun",
        target=f"billing.webhookevent:{event_id}",
        facts={"status": str(event.status)},
    )
    return event


def retry_unknown_webhooks(*, now: datetime | None = None, limit: int = 100) -> int:
    """Work again on events that named a payment we did not know; how many are known by now."""
    now = now or clock.now()
    young = WebhookEvent.objects.filter(status=WebhookStatus.UNKNOWN, created_at__gte=now - UNKNOWN_FOR)
    found = 0
    for event in young.order_by("worked_on_at")[:limit]:
        known = payment_named(event.gateway, event.provider_ref)
        if known is None and subscription_named(event.gateway, event.provider_ref) is None:
            continue
        found += 1
        try:
            process_webhook(event.id, now=now)
        except Exception:
            log.exception("Webhook %s could not be worked on.", event.id)  # it stands as failed, for staff
    return found
