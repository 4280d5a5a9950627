"""Paymob: card, mobile wallet or instalments on Paymob's unified checkout.

An attempt is named by Paymob's order number, the only name that stands inside the signed part of its callbacks.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import date
from typing import Any
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

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
from majlis.engines.billing.gateways.provider import Provider, absolute, bounds, digest, message, moment, webhook_url
from majlis.engines.billing.types import MovementKind, PaymentStatus
from majlis.kit import clock
from majlis.kit.money import Money

SIGNED = (
    *("amount_cents", "created_at", "currency", "error_occured", "has_parent_transaction", "id", "integration_id"),
    *("is_3d_secure", "is_auth", "is_capture", "is_refunded", "is_standalone_payment", "is_voided", "order.id"),
    *("owner", "pending", "source_data.pan", "source_data.sub_type", "source_data.type", "success"),
)
"""The fields of a transaction that are signed, in Paymob's order (and spelling)."""
CAIRO = ZoneInfo("Africa/Cairo")
"""Paymob writes times without a zone."""
TRIES = 5


class Paymob(Provider):
    """Paymob's unified checkout."""

    code = provider = "paymob"
    name = _("Card or mobile wallet (Paymob)")
    summary = _("Card, mobile wallet or instalments on Paymob's page. It takes a minute.")
    needs = ("secret_key", "public_key", "hmac_secret", "integration_ids")
    live_url = "https://accept.paymob.com"

    def is_live(self) -> bool:
        return "_test_" not in self.setting("secret_key")

    def currency(self) -> str:
        """What this account takes: one of Paymob's countries."""
        return self.setting("currency") or "EGP"

    def headers(self) -> dict[str, str]:
        return {"Authorization": f"Token {self.setting('secret_key')}"}

    def takes(self, money: Money, country: str) -> bool:
        return money.unit == self.currency() and money.amount >= 100

    def greet(self) -> None:
        self._transaction("0")

    def begin(self, bill: Bill) -> Began:
        for attempt in range(1, TRIES + 1):
            name = str(bill.payment_id) if attempt == 1 else f"{bill.payment_id}-{attempt}"
            answer = self.ask("POST", "/v1/intention/", self._wish(bill, name))
            # A reference is taken once, and its first answer is not told again: the buyer never saw that attempt.
            if answer.good or "special_reference" not in answer.text:
                said = self.expect(answer, "client_secret", "intention_order_id")
                page = {"publicKey": self.setting("public_key"), "clientSecret": said["client_secret"]}
                return Began(str(said["intention_order_id"]), f"{self.url()}/unifiedcheckout/?{urlencode(page)}")
        raise GatewayUnreachable()

    def _wish(self, bill: Bill, name: str) -> dict[str, Any]:
        first, _space, last = bill.payer_name.partition(" ")
        wish: dict[str, Any] = {
            "amount": bill.amount.amount,
            "currency": bill.amount.unit,
            "payment_methods": [int(each) for each in self.setting("integration_ids").split(",") if each.strip()],
            "items": [
                {
                    "name": bill.reference,
                    "amount": bill.amount.amount,
                    "description": bill.description[:255],
                    "quantity": 1,
                }
            ],
            "billing_data": {
                "first_name": first[:50] or "NA",
                "last_name": last[:50] or "NA",
                "email": bill.payer_email or "NA",
                "phone_number": bill.payer_phone or "NA",
                "country": bill.country or "NA",
            },
            "special_reference": name,
            "notification_url": webhook_url(self.provider),
            "redirection_url": absolute(bill.return_url),
        }
        if bill.expires_at is not None:
            wish["expiration"] = max(int((bill.expires_at - clock.now()).total_seconds()), 60)
        return wish

    def _transaction(self, ref: str) -> dict[str, Any] | None:
        """The last transaction of the order; None before there is one."""
        answer = self.ask("POST", "/api/ecommerce/orders/transaction_inquiry", {"order_id": ref})
        if answer.status in (400, 404):
            return None
        return self.expect(answer, "id", "success", "pending", "amount_cents", "currency")

    def read(self, ref: str, *, wanted: bool = True) -> Reading:
        found = self._transaction(ref)
        if found is None or found["pending"]:
            return Reading(PaymentStatus.PENDING)
        if found.get("is_voided"):
            return Reading(PaymentStatus.CANCELLED)
        if not found["success"]:
            said = found.get("data") or {}
            return Reading(PaymentStatus.FAILED, problem=str(said.get("message") or "")[:300])
        return Reading(PaymentStatus.SUCCEEDED, (charge_of(found),))

    def open_envelope(self, delivery: Delivery) -> Notification:
        said = message(delivery.body)
        about = said.get("obj")
        if said.get("type") != "TRANSACTION" or not isinstance(about, dict):
            raise BadSignature()
        signed = "".join(written(about, name) for name in SIGNED)
        ours = hmac.new(self.setting("hmac_secret").encode(), signed.encode(), hashlib.sha512).hexdigest()
        given = delivery.query.get("hmac", "")
        if not self.ready() or not hmac.compare_digest(ours.encode(), given.lower().encode()):
            raise BadSignature()
        arrived = about.get("success") and not about.get("pending") and not about.get("has_parent_transaction")
        kind = "transaction.success" if arrived else "transaction.other"
        # Only the signed part names the message: whoever alters the rest sends the same one again.
        return Notification(digest(signed.encode()), written(about, "order.id"), kind)

    def give_back(
        self, ref: str, money: Money, key: str, reason: str, *, before: Money, again: bool = False
    ) -> GivenBack:
        found = self._transaction(ref)
        if found is None or not found["success"]:
            return GivenBack("", done=False, problem=_("Nothing was paid."))
        name = f"{ref}:{key}"
        if again and int(found.get("refunded_amount_cents") or 0) >= (before + money).amount:
            return GivenBack(name, done=True)
        wish = {"transaction_id": found["id"], "amount_cents": money.amount}
        answer = self.ask("POST", "/api/acceptance/void_refund/refund", wish)
        said = answer.data if isinstance(answer.data, dict) else {}
        if answer.good and said.get("success"):
            return GivenBack(name, done=True)
        if answer.good and said.get("pending"):
            return GivenBack(name, done=False)
        problem = said.get("message") or said.get("detail") or (said.get("data") or {}).get("message")
        if not problem:
            raise GatewayUnreachable()
        return GivenBack(name, done=False, problem=str(problem)[:300])

    def movements(self, day: date, refs: Sequence[str]) -> DayReport:
        """Paymob has no list for our keys: each attempt is asked for."""
        begins, ends = bounds(day)
        moved = []
        for ref in refs:
            found = self._transaction(ref)
            at = moment(found.get("created_at"), CAIRO) if found else None
            if found and found["success"] and not found["pending"] and at and begins <= at < ends:
                charge = charge_of(found)
                moved.append(Movement(MovementKind.CHARGE, charge.ref, charge.money, ref, at))
        return DayReport(tuple(moved), complete=False)


def charge_of(transaction: dict[str, Any]) -> ChargeSeen:
    """A transaction that went well."""
    return ChargeSeen(str(transaction["id"]), Money(int(transaction["amount_cents"]), str(transaction["currency"])))


def written(transaction: dict[str, Any], name: str) -> str:
    """A field as it is signed: booleans in lower case, `a.b` inside `a`."""
    value: Any = transaction
    for part in name.split("."):
        value = value.get(part) if isinstance(value, dict) else value
    return str(value).lower() if isinstance(value, bool) else "" if value is None else str(value)
