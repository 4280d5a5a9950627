"""Xendit invoices: the buyer chooses bank, e-wallet, shop or card on Xendit's page.

An invoice is named by Xendit's id, and is paid once; so that id also names its charge. The token that comes with every
callback is fixed and can be copied: nothing in a callback is believed, and the same one is worked on once.
"""

import hmac
from collections.abc import Iterator, Sequence
from datetime import date, datetime
from typing import Any

from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.gateways.base import (
    BadSignature,
    Began,
    Bill,
    ChargeSeen,
    DayReport,
    Delivery,
    GatewayUnreachable,
    GivenBack,
    Movement,
    Notification,
    Reading,
)
from majlis.engines.billing.gateways.provider import (
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
from majlis.engines.billing.types import MovementKind, PaymentStatus
from majlis.kit import clock
from majlis.kit.money import Money

STATES = {
    "PENDING": PaymentStatus.PENDING,
    "PAID": PaymentStatus.SUCCEEDED,
    "SETTLED": PaymentStatus.SUCCEEDED,
    "EXPIRED": PaymentStatus.EXPIRED,
}
SHORTEST, LONGEST = 60, 30 * 24 * 3600
"""Seconds an invoice may be open."""
PAGE = 50
LEAST = 10_000 * 100
"""The smallest invoice, in minor units of rupiah."""


class Xendit(Provider):
    """Xendit invoices."""

    code = provider = "xendit"
    name = _("Bank, e-wallet or card (Xendit)")
    summary = _("Virtual account, e-wallet, QRIS, shop or card on Xendit's page. It usually takes a minute.")
    needs = ("secret_key", "callback_token")
    live_url = "https://api.xendit.co"

    def is_live(self) -> bool:
        return self.setting("secret_key").startswith("xnd_production")

    def headers(self) -> dict[str, str]:
        return {"Authorization": basic(self.setting("secret_key"))}

    def takes(self, money: Money, country: str) -> bool:
        return money.unit == "IDR" and money.amount >= LEAST

    def greet(self) -> None:
        self.expect(self.ask("GET", "/balance"), "balance")

    def begin(self, bill: Bill) -> Began:
        earlier = self.ask("GET", "/v2/invoices", query={"external_id": str(bill.payment_id)})
        if earlier.good and isinstance(earlier.data, list) and earlier.data:
            return self._began(earlier.data[0])
        back = absolute(bill.return_url)
        wish: dict[str, Any] = {
            "external_id": str(bill.payment_id),
            "amount": whole_units(bill.amount),
            "currency": bill.amount.unit,
            "description": bill.description,
            "success_redirect_url": back,
            "failure_redirect_url": back,
            "locale": "id" if bill.language == "id" else "en",
            "should_send_email": False,
        }
        if bill.payer_email:
            wish["payer_email"] = bill.payer_email
        if bill.expires_at is not None:
            left = int((bill.expires_at - clock.now()).total_seconds())
            wish["invoice_duration"] = min(max(left, SHORTEST), LONGEST)
        return self._began(self.expect(self.ask("POST", "/v2/invoices", wish), "id", "invoice_url"))

    @staticmethod
    def _began(invoice: dict[str, Any]) -> Began:
        return Began(str(invoice["id"]), str(invoice["invoice_url"]), expires_at=moment(invoice.get("expiry_date")))

    def read(self, ref: str, *, wanted: bool = True) -> Reading:
        invoice = self.expect(self.ask("GET", f"/v2/invoices/{ref}"), "status")
        status = STATES.get(str(invoice["status"]), PaymentStatus.PENDING)
        if status != PaymentStatus.SUCCEEDED:
            return Reading(status)
        paid = money_of(invoice.get("paid_amount") or invoice["amount"], invoice.get("currency", "IDR"))
        return Reading(status, (ChargeSeen(ref, paid),))

    def open_envelope(self, delivery: Delivery) -> Notification:
        ours, given = self.setting("callback_token"), delivery.headers.get("x-callback-token", "")
        if not ours or not hmac.compare_digest(ours.encode(), given.encode()):
            raise BadSignature()
        said = message(delivery.body)
        event_id = digest(delivery.body)
        if isinstance(said.get("data"), dict):  # a refund's: {"event": "refund.succeeded", "data": {…}}
            about = said["data"]
            return Notification(event_id, str(about.get("invoice_id") or ""), str(said.get("event", "")))
        return Notification(event_id, str(said.get("id", "")), f"invoice.{said.get('status', '')}".lower())

    def give_back(
        self, ref: str, money: Money, key: str, reason: str, *, before: Money, again: bool = False
    ) -> GivenBack:
        if not is_whole(money):
            return GivenBack("", done=False, problem=_("Only whole rupiah can be sent back."))
        known = self.ask("GET", "/refunds", query={"invoice_id": ref})
        rows = known.data.get("data", []) if known.good and isinstance(known.data, dict) else []
        refund = next((row for row in rows if row.get("reference_id") == key), None)
        if refund is None:
            answer = self.ask(
                "POST",
                "/refunds",
                {
                    "invoice_id": ref,
                    "reference_id": key,
                    "amount": money.amount // 100,
                    "currency": money.unit,
                    "reason": "REQUESTED_BY_CUSTOMER",
                },
                headers={"idempotency-key": key},
            )
            if not answer.good:
                return GivenBack("", done=False, problem=problem_of(answer.data))
            refund = self.expect(answer, "id", "status")
        state = str(refund["status"])
        lost = state in ("FAILED", "CANCELLED")
        problem = str(refund.get("failure_code") or state) if lost else ""
        return GivenBack(str(refund["id"]), done=state == "SUCCEEDED", problem=problem)

    def stop(self, ref: str) -> None:
        self.ask("POST", f"/invoices/{ref}/expire!")  # one that was paid or is over answers 4xx, which is as well

    def movements(self, day: date, refs: Sequence[str]) -> DayReport:
        return DayReport(tuple(self._moved(row) for row in self._transactions(*bounds(day))))

    def _transactions(self, begins: datetime, ends: datetime) -> Iterator[dict[str, Any]]:
        query: dict[str, Any] = {
            "created[gte]": begins.isoformat().replace("+00:00", "Z"),
            "created[lte]": ends.isoformat().replace("+00:00", "Z"),
            "limit": PAGE,
        }
        while True:
            page = self.expect(self.ask("GET", "/transactions", query=query), "data")
            for row in page["data"]:
                at = moment(row.get("created"))
                if row.get("type") in ("PAYMENT", "REFUND") and row.get("status") == "SUCCESS" and at and at < ends:
                    yield row
            if not page.get("has_more") or not page["data"]:
                return
            query["after_id"] = page["data"][-1]["id"]

    @staticmethod
    def _moved(row: dict[str, Any]) -> Movement:
        parts = row.get("fee") or {}
        fee = sum(int(parts.get(name) or 0) for name in ("xendit_fee", "value_added_tax"))
        return Movement(
            MovementKind.CHARGE if row["type"] == "PAYMENT" else MovementKind.REFUND,
            ref=str(row["product_id"]),
            money=money_of(row["amount"], row["currency"]),
            attempt=str(row.get("reference_id", "")) if row["type"] == "PAYMENT" else "",
            at=moment(row["created"]),
            fee=money_of(fee, row["currency"]),
        )


def problem_of(data: Any) -> str:
    """Why a refund was refused, in Xendit's words. Raises `GatewayUnreachable` when it gives none."""
    if not isinstance(data, dict) or not data.get("error_code"):
        raise GatewayUnreachable()
    return str(data.get("message") or data["error_code"])[:300]
