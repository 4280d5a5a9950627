"""The buttons of the sandbox provider's page. What they set off reaches us only as with a real provider: as signed
webhooks through the ordinary intake, or by being looked for when no webhook comes."""

from datetime import timedelta
from typing import Any
from uuid import UUID

from majlis.engines.billing.gateways import sandbox
from majlis.engines.billing.models import SavedMethod
from majlis.engines.billing.services.webhooks import process_webhook, receive_webhook
from majlis.engines.billing.types import DisputeStatus
from majlis.kit import clock, db
from majlis.kit.errors import Invalid, NotFound
from majlis.kit.money import Money

DELAY = timedelta(minutes=1)
OUTCOMES = ("pay", "fail", "later", "twice", "wrong", "silent", "contest", "won", "lost")
CONTESTED = {"contest": DisputeStatus.OPEN, "won": DisputeStatus.WON, "lost": DisputeStatus.LOST}


def sandbox_session(ref: str) -> Any:
    """The provider's page `ref`: `description, amount, unit, state, return_url`. NotFound outside sandbox mode."""
    return sandbox.session_at_provider(ref)


def press_sandbox(*, ref: str, outcome: str, amount: int | None = None) -> str:
    """What happens when the buyer presses a button there; the address they are sent back to.

    `pay`, `fail`, `later` (the money arrives after a minute), `twice` (two charges), `wrong` (`amount` in minor units
    instead of what was asked), `silent` (paid, but the webhook is lost); once it is paid `contest` (the buyer asks
    their bank for the money), then `won` or `lost` (how the bank decides). Must not run inside a transaction.
    """
    db.refuse_transaction()
    session = sandbox.session_at_provider(ref)
    asked = Money(session.amount, session.unit)
    if outcome not in OUTCOMES or (outcome == "wrong" and (amount is None or amount <= 0)):
        raise Invalid(errors={"amount": "A positive amount."})
    if outcome in CONTESTED:
        sandbox.contest_at_provider(ref, CONTESTED[outcome])
        deliver_sandbox_event(ref, "payment.disputed")
    elif outcome == "fail":
        sandbox.fail_at_provider(ref)
        deliver_sandbox_event(ref, "payment.failed")
    elif outcome == "later":
        from majlis.engines.billing.tasks import deliver_later

        sandbox.charge_at_provider(ref, asked, after=DELAY)
        deliver_later.configure(schedule_at=clock.now() + DELAY).defer(ref=ref)
    else:
        sandbox.charge_at_provider(ref, Money(amount, session.unit) if outcome == "wrong" and amount else asked)
        if outcome == "twice":
            sandbox.charge_at_provider(ref, asked)
        if outcome != "silent":
            deliver_sandbox_event(ref, "payment.succeeded")
    return session.return_url


def set_sandbox_card(*, method_id: UUID, declines: bool, actor: Any) -> None:
    """In the sandbox: the bank behind `actor`'s kept card declines it from now on, or takes it again. NotFound for
    another's."""
    method = SavedMethod.objects.filter(id=method_id, person=actor, gateway="sandbox").first()
    if method is None:
        raise NotFound()
    sandbox.card_declines(method.ref, declines)


def deliver_sandbox_event(ref: str, kind: str) -> None:
    """Send what the provider signed to our intake, and work on it as the queued job will."""
    headers, body = sandbox.signed_event(ref, kind)
    process_webhook(receive_webhook(gateway="sandbox", headers=headers, body=body))
