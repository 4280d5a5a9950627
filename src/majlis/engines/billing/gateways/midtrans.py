"""Midtrans Snap: the buyer chooses on Midtrans' page.

An attempt is named by the `order_id` we choose: our payment's id. Midtrans takes each name once and never tells its
first answer again; if that was lost, the next name is `…-2`. The signature covers only three fields of a
notification, so everything is read again.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import date, datetime, timedelta, timezone
from typing import Any

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
    Movement,
    Notification,
    Reading,
)
from majlis.engines.billing.gateways.provider import (
    Answer,
    Provider,
    absolute,
    basic,
    bounds,
    digest,
    is_whole,
    message,
    moment,
    money_of,
    whole_units,
)
from majlis.engines.billing.types import DisputeStatus, MovementKind, PaymentStatus
from majlis.kit import clock
from majlis.kit.money import Money

JAKARTA = timezone(timedelta(hours=7))
"""Midtrans writes times without a zone."""
ARRIVED = {"settlement", "refund", "partial_refund", "chargeback", "partial_chargeback"}
STATES = {
    "deny": PaymentStatus.FAILED,
    "failure": PaymentStatus.FAILED,
    "cancel": PaymentStatus.CANCELLED,
    "expire": PaymentStatus.EXPIRED,
}
TRIES = 5


class Midtrans(Provider):
    """Midtrans Snap."""

    code = provider = "midtrans"
    name = _("Bank, e-wallet or card (Midtrans)")
    summary = _("Virtual account, GoPay, QRIS, shop or card on Midtrans' page. It usually takes a minute.")
    needs = ("server_key",)
    live_url = "https://api.midtrans.com"
    test_url = "https://api.sandbox.midtrans.com"
    pages = {True: "https://app.midtrans.com", False: "https://app.sandbox.midtrans.com"}

    def is_live(self) -> bool:
        key = self.setting("server_key")
        return (self.setting("mode") or ("test" if key.startswith("SB-") else "live")) == "live"

    def headers(self) -> dict[str, str]:
        return {"Authorization": basic(self.setting("server_key"))}

    def takes(self, money: Money, country: str) -> bool:
        return money.unit == "IDR" and money.amount >= 100

    def greet(self) -> None:
        if self._status("nothing-of-ours") is not None:
            raise GatewayUnreachable()

    def begin(self, bill: Bill) -> Began:
        for attempt in range(1, TRIES + 1):
            name = str(bill.payment_id) if attempt == 1 else f"{bill.payment_id}-{attempt}"
            base = self.setting("url").rstrip("/") or self.pages[self.is_live()]
            answer = self.ask("POST", "/snap/v1/transactions", self._wish(bill, name), base=base)
            if answer.good or "taken" not in answer.text.lower():
                return Began(name, str(self.expect(answer, "redirect_url")["redirect_url"]))
        raise GatewayUnreachable()

    def _wish(self, bill: Bill, name: str) -> dict[str, Any]:
        amount = whole_units(bill.amount)
        wish: dict[str, Any] = {
            "transaction_details": {"order_id": name, "gross_amount": amount},
            "item_details": [{"id": bill.reference, "name": bill.description[:50], "price": amount, "quantity": 1}],
            "customer_details": {"first_name": bill.payer_name[:255], "email": bill.payer_email},
            "callbacks": {"finish": absolute(bill.return_url)},
            "credit_card": {"secure": True},
        }
        if bill.expires_at is not None:
            left = int((bill.expires_at - clock.now()).total_seconds() // 60)
            wish["expiry"] = {"unit": "minutes", "duration": max(left, 1)}
        return wish

    def _status(self, ref: str) -> dict[str, Any] | None:
        """The transaction, or None before the buyer has chosen how to pay."""
        answer = self.ask("GET", f"/v2/{ref}/status")
        if answer.status == 404 or (isinstance(answer.data, dict) and str(answer.data.get("status_code")) == "404"):
            return None
        return self.expect(answer, "transaction_status", "gross_amount")

    def read(self, ref: str, *, wanted: bool = True) -> Reading:
        found = self._status(ref)
        if found is None:
            return Reading(PaymentStatus.PENDING)
        state = str(found["transaction_status"])
        if not has_arrived(found):
            status = STATES.get(state, PaymentStatus.PENDING)
            problem = str(found.get("channel_response_message") or "") if status == PaymentStatus.FAILED else ""
            return Reading(status, problem=problem)
        money = money_of(found["gross_amount"], found.get("currency", "IDR"))
        charge = ChargeSeen(str(found["transaction_id"]), money)
        disputes = disputes_of(found, charge) if "chargeback" in state else []
        return Reading(PaymentStatus.SUCCEEDED, (charge,), disputes=tuple(disputes))

    def open_envelope(self, delivery: Delivery) -> Notification:
        said = message(delivery.body)
        signed = "".join(str(said.get(name, "")) for name in ("order_id", "status_code", "gross_amount"))
        ours = hashlib.sha512(f"{signed}{self.setting('server_key')}".encode()).hexdigest()
        given = str(said.get("signature_key", ""))
        if not self.ready() or not hmac.compare_digest(ours.encode(), given.encode()):
            raise BadSignature()
        return Notification(digest(delivery.body), str(said["order_id"]), str(said.get("transaction_status", "")))

    def give_back(
        self, ref: str, money: Money, key: str, reason: str, *, before: Money, again: bool = False
    ) -> GivenBack:
        if not is_whole(money):
            return GivenBack("", done=False, problem=_("Only whole rupiah can be sent back."))
        found = self._status(ref)
        if found is None:
            return GivenBack("", done=False, problem=_("Nothing was paid."))
        name = f"{ref}:{key}"
        if found["transaction_status"] == "cancel" or any(
            row.get("refund_key") == key for row in found.get("refunds", [])
        ):
            return GivenBack(name, done=True)
        if found["transaction_status"] == "capture":
            # A card's money that is not settled can only be let go whole; a part waits for the night's settlement.
            if money != money_of(found["gross_amount"], found.get("currency", "IDR")):
                return GivenBack(name, done=False)
            return self._given(self.ask("POST", f"/v2/{ref}/cancel"), name)
        wish = {"refund_key": key, "amount": money.amount // 100, "reason": reason[:255]}
        return self._given(self.ask("POST", f"/v2/{ref}/refund", wish), name)

    @staticmethod
    def _given(answer: Answer, name: str) -> GivenBack:
        said = answer.data if isinstance(answer.data, dict) else {}
        if str(said.get("status_code")) == "200":
            return GivenBack(name, done=True)
        if not said.get("status_message"):
            raise GatewayUnreachable()
        return GivenBack(name, done=False, problem=str(said["status_message"])[:300])

    def stop(self, ref: str) -> None:
        self.ask("POST", f"/v2/{ref}/expire")  # 404 before the buyer chose, 407 afterwards: nothing to stop

    def movements(self, day: date, refs: Sequence[str]) -> DayReport:
        """Midtrans has no list: each attempt is asked for."""
        begins, ends = bounds(day)
        moved: list[Movement] = []
        for ref in refs:
            found = self._status(ref)
            if found is not None and has_arrived(found):
                moved += [each for each in _moves(ref, found) if each.at and begins <= each.at < ends]
        return DayReport(tuple(moved), complete=False)


def has_arrived(found: dict[str, Any]) -> bool:
    """Whether the money is there: settled, or taken from a card that raised no suspicion."""
    state = found.get("transaction_status")
    return state in ARRIVED or (state == "capture" and found.get("fraud_status") == "accept")


def disputes_of(found: dict[str, Any], charge: ChargeSeen) -> list[DisputeSeen]:
    """What banks took back: Midtrans tells when it is done."""
    rows = found.get("chargebacks") or [{"chargeback_amount": found["gross_amount"]}]
    return [
        DisputeSeen(
            f"{charge.ref}:{row.get('refund_chargeback_id', number)}",
            money_of(row.get("chargeback_amount", found["gross_amount"]), charge.money.unit),
            DisputeStatus.LOST,
            reason=str(row.get("reason", "")),
        )
        for number, row in enumerate(rows, 1)
    ]


def _moves(ref: str, found: dict[str, Any]) -> list[Movement]:
    unit = found.get("currency", "IDR")
    settled: datetime | None = moment(found.get("settlement_time") or found.get("transaction_time"), JAKARTA)
    charge = ChargeSeen(str(found["transaction_id"]), money_of(found["gross_amount"], unit))
    moved = [Movement(MovementKind.CHARGE, charge.ref, charge.money, ref, settled)]
    for row in found.get("refunds", []):
        money, at = money_of(row["refund_amount"], unit), moment(row.get("created_at"), JAKARTA)
        moved.append(Movement(MovementKind.REFUND, f"{ref}:{row['refund_key']}", money, ref, at))
    return moved
