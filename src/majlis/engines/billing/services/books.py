"""The journals billing writes: every movement of its money, in one place."""

from datetime import datetime
from typing import Any
from uuid import UUID

from majlis.engines.billing.models import (
    Charge,
    ClawBack,
    CoinPayment,
    Dispute,
    Order,
    OrderLine,
    Payment,
    Refund,
    Withdrawal,
)
from majlis.engines.billing.types import Split
from majlis.kernel.ledger import services as ledger
from majlis.kernel.ledger.types import JournalKind, Line, Posting, Purpose, of_house, of_person
from majlis.kit.money import Money

WALLET = Purpose.WALLET


def book_charge(payment: Payment, charge: Charge, now: datetime) -> None:
    """Money arrived at a gateway: the payer's wallet has it, the clearing account says where it is."""
    money = charge.money
    ledger.post(
        key=f"charge:{charge.gateway}:{charge.ref}",
        kind=JournalKind.PAYMENT if payment.order_id else JournalKind.TOP_UP,
        lines=[
            Line(of_house(Purpose.CLEARING, money.unit, charge.gateway), -money),
            Line(of_person(payment.payer_id, WALLET, money.unit), money),
        ],
        subject=f"billing.payment:{payment.id}",
        memo=payment.order.number if payment.order else "",
        now=now,
    )


def book_order(order: Order, now: datetime) -> None:
    """The buyer's wallet pays the whole order into escrow, and the house adds what it bears of coupons."""
    posting = order_posting(order)
    if posting is not None:
        _post(posting, None, now)


def order_posting(order: Order) -> Posting | None:
    """What `book_order` books; None for an order that moves nothing."""
    added = sum((line.subsidy for line in order.lines), Money(0, order.unit))
    if not order.total_amount and not added:
        return None
    lines = [
        Line(of_person(order.buyer_id, WALLET, order.unit), -order.total),
        Line(of_house(Purpose.GOODWILL, order.unit, "coupons"), -added),
        Line(of_house(Purpose.ESCROW, order.unit), order.total + added),
    ]
    return Posting(
        key=f"order:{order.id}:pay",
        kind=JournalKind.WALLET_PAYMENT,
        lines=[entry for entry in lines if entry.amount],
        subject=f"billing.order:{order.id}",
        memo=order.number,
    )


def book_settlement(line: OrderLine, parts: Split, actor: Any, now: datetime, *, key: str) -> None:
    """A line's escrow, or a part of it, goes where its split says."""
    posting = settlement_posting(line, parts, key=key)
    if posting is not None:
        _post(posting, actor, now)


def settlement_posting(line: OrderLine, parts: Split, *, key: str) -> Posting | None:
    """What `book_settlement` books; None for a line that is worth nothing."""
    whole = parts.buyer + parts.seller + parts.fees + parts.tax + parts.coupons
    if not whole:
        return None
    unit = line.unit
    lines = [
        Line(of_house(Purpose.ESCROW, unit), -whole),
        Line(of_person(line.order.buyer_id, WALLET, unit), parts.buyer),
        Line(of_house(Purpose.FEES, unit), parts.fees),
        Line(of_house(Purpose.TAX, unit), parts.tax),
        Line(of_house(Purpose.GOODWILL, unit, "coupons"), parts.coupons),
    ]
    if line.seller_id:
        lines.append(Line(of_person(line.seller_id, WALLET, unit), parts.seller))
    return Posting(
        key=f"line:{line.id}:{key}",
        kind=JournalKind.REFUND if parts.buyer and parts.buyer + parts.coupons == whole else JournalKind.ESCROW_RELEASE,
        lines=[entry for entry in lines if entry.amount],
        subject=f"billing.line:{line.id}",
        memo=line.title,
    )


def _post(posting: Posting, actor: Any, now: datetime) -> None:
    ledger.post(
        key=posting.key,
        kind=posting.kind,
        lines=posting.lines,
        subject=posting.subject,
        memo=posting.memo,
        actor=actor,
        now=now,
    )


def book_goodwill(line: OrderLine, refund: Refund, actor: Any, now: datetime) -> None:
    """The house gives the buyer of a settled line money of its own."""
    ledger.post(
        key=f"refund:{refund.id}:goodwill",
        kind=JournalKind.GOODWILL,
        lines=[
            Line(of_house(Purpose.GOODWILL, line.unit), -refund.money),
            Line(of_person(line.order.buyer_id, WALLET, line.unit), refund.money),
        ],
        subject=f"billing.line:{line.id}",
        memo=line.title,
        actor=actor,
        now=now,
    )


def book_refund(refund: Refund, payment: Payment, *, back: bool, now: datetime) -> None:
    """Money leaves the wallet for where it was paid from; or, with `back`, returns because the gateway refused."""
    money = -refund.money if back else refund.money
    ledger.post(
        key=f"refund:{refund.id}:{'returned' if back else 'sent'}",
        kind=JournalKind.REFUND,
        lines=[
            Line(of_person(payment.payer_id, WALLET, refund.unit), -money),
            Line(of_house(Purpose.CLEARING, refund.unit, payment.gateway), money),
        ],
        subject=f"billing.payment:{payment.id}",
        memo=refund.reason[:100],
        actor=refund.asked_by,
        now=now,
    )


def book_dispute(dispute: Dispute, *, back: bool, step: int, now: datetime) -> None:
    """A buyer's bank took a payment back, at the house's cost; or, with `back`, gave it up after all."""
    money = -dispute.money if back else dispute.money
    ledger.post(
        key=f"dispute:{dispute.id}:{step}",
        kind=JournalKind.CHARGEBACK,
        lines=[
            Line(of_house(Purpose.GOODWILL, dispute.unit), -money),
            Line(of_house(Purpose.CLEARING, dispute.unit, dispute.gateway), money),
        ],
        subject=f"billing.dispute:{dispute.id}",
        memo=dispute.reason[:100],
        now=now,
    )


def book_withdrawal(withdrawal: Withdrawal, *, back: bool, actor: Any, now: datetime) -> None:
    """Money is set aside for a withdrawal; or, with `back`, returns to the wallet."""
    money = -withdrawal.money if back else withdrawal.money
    ledger.post(
        key=f"withdrawal:{withdrawal.id}:{'returned' if back else 'requested'}",
        kind=JournalKind.WITHDRAWAL_RETURNED if back else JournalKind.WITHDRAWAL_REQUEST,
        lines=[
            Line(of_person(withdrawal.person_id, WALLET, withdrawal.unit), -money),
            Line(of_house(Purpose.WITHDRAWALS, withdrawal.unit), money),
        ],
        subject=f"billing.withdrawal:{withdrawal.id}",
        memo=withdrawal.number,
        actor=actor,
        now=now,
    )


def book_payout(withdrawal: Withdrawal, actor: Any, now: datetime) -> None:
    """The money set aside was transferred; the fee is the house's."""
    unit = withdrawal.unit
    lines = [
        Line(of_house(Purpose.WITHDRAWALS, unit), -withdrawal.money),
        Line(of_house(Purpose.CLEARING, unit, "payouts"), withdrawal.payout),
        Line(of_house(Purpose.FEES, unit), withdrawal.fee),
    ]
    ledger.post(
        key=f"withdrawal:{withdrawal.id}:paid",
        kind=JournalKind.WITHDRAWAL_PAID,
        lines=[entry for entry in lines if entry.amount],
        subject=f"billing.withdrawal:{withdrawal.id}",
        memo=withdrawal.number,
        actor=actor,
        now=now,
    )


def book_claw_back(taken: ClawBack, seller_id: UUID, actor: Any, now: datetime) -> None:
    """Earnings go back to the house, which had paid the buyer; what the wallet does not have is owed."""
    unit = taken.unit
    lines = [
        Line(of_person(seller_id, WALLET, unit), -taken.taken),
        Line(of_person(seller_id, Purpose.DEBT, unit), -taken.owed),
        Line(of_house(Purpose.GOODWILL, unit), taken.money),
    ]
    ledger.post(
        key=f"clawback:{taken.id}",
        kind=JournalKind.CLAWBACK,
        lines=[entry for entry in lines if entry.amount],
        subject=f"billing.clawback:{taken.id}",
        memo=taken.line.title,
        actor=actor,
        now=now,
    )


def book_debt(person_id: UUID, part: Money, *, key: str, memo: str, now: datetime) -> None:
    """A part of the wallet goes into what its owner owes."""
    ledger.post(
        key=f"debt:{key}",
        kind=JournalKind.DEBT,
        lines=[
            Line(of_person(person_id, WALLET, part.unit), -part),
            Line(of_person(person_id, Purpose.DEBT, part.unit), part),
        ],
        subject=f"billing.debt:{person_id}",
        memo=memo,
        now=now,
    )


def book_coins(coins: CoinPayment, *, back: bool, now: datetime) -> None:
    """Coins came and were changed into the currency of their order at the rate they say, four lines: the network's
    clearing account gives coins and gets the currency that its charge gives the payer. `back`: they were not."""
    came, worth = Money(int(coins.coin_amount or 0), coins.asset), Money(coins.value or 0, coins.invoice.unit)
    if back:
        came, worth = -came, -worth
    lines = [
        Line(of_house(Purpose.CLEARING, came.unit, coins.network), -came),
        Line(of_house(Purpose.EXCHANGE, came.unit), came),
        Line(of_house(Purpose.EXCHANGE, worth.unit), -worth),
        Line(of_house(Purpose.CLEARING, worth.unit, coins.network), worth),
    ]
    ledger.post(
        key=f"coins:{coins.id}:{coins.undone}:{'undone' if back else 'settled'}",
        kind=JournalKind.EXCHANGE,
        lines=[entry for entry in lines if entry.amount],
        subject=f"billing.coinpayment:{coins.id}",
        memo=coins.txid or "",
        now=now,
    )


def book_undone(payment: Payment, charge: Charge, taken: Money, reason: str, now: datetime) -> None:
    """A charge turned out not to have been: `taken` leaves the payer's wallet, what it does not have is owed."""
    lines = [
        Line(of_person(payment.payer_id, WALLET, charge.unit), -taken),
        Line(of_person(payment.payer_id, Purpose.DEBT, charge.unit), taken - charge.money),
        Line(of_house(Purpose.CLEARING, charge.unit, charge.gateway), charge.money),
    ]
    ledger.post(
        key=f"charge:{charge.gateway}:{charge.ref}:undone",
        kind=JournalKind.ADJUSTMENT,
        lines=[entry for entry in lines if entry.amount],
        subject=f"billing.payment:{payment.id}",
        memo=reason[:100],
        now=now,
    )


def keep(person_id: UUID, money: Money, *, key: str, subject: str, expires_at: datetime | None = None) -> UUID:
    """Set money of a wallet aside; the hold's id. Refuses the ledger's `InsufficientFunds`."""
    account = of_person(person_id, WALLET, money.unit)
    return ledger.hold(account=account, amount=money, key=key, subject=subject, expires_at=expires_at).id


def let_go(hold_id: UUID) -> None:
    """End a hold: the money is free in the wallet again."""
    ledger.release(hold_id=hold_id, key=f"release:{hold_id}")
