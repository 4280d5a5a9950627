"""Fawry: a number to pay in cash at any Fawry shop or machine, or a card or mobile wallet on Fawry's page.

Three ways to pay with one account. An attempt is named by our payment's id (`merchantRefNum`), in every way.
"""

import hashlib
import hmac
from collections.abc import Sequence
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.utils.translation import gettext
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
    KeysRefused,
    Movement,
    Notification,
    Reading,
)
from majlis.engines.billing.gateways.provider import Provider, absolute, bounds, digest, message, money_of, plain
from majlis.engines.billing.gateways.provider import webhook_url as notify_at
from majlis.engines.billing.types import MovementKind, PaymentStatus
from majlis.kit.money import Money

GOOD, UNKNOWN, STRANGER, UNSIGNED = 200, 9938, 9901, 9946
"""Fawry's own status codes: done, no such payment, no such merchant, wrong signature."""
ARRIVED = {"PAID", "DELIVERED", "REFUNDED", "PARTIAL_REFUNDED"}
STATES = {
    "CANCELED": PaymentStatus.CANCELLED,
    "CANCELLED": PaymentStatus.CANCELLED,
    "EXPIRED": PaymentStatus.EXPIRED,
    "FAILED": PaymentStatus.FAILED,
}
CASH = "PAYATFAWRY"
LANGUAGES = {"ar": "ar-eg"}
PATIENCE = timedelta(days=1)


class Fawry(Provider):
    """One of Fawry's ways to pay."""

    provider = "fawry"
    needs = ("merchant_code", "security_key")
    live_url = "https://www.atfawry.com"
    test_url = "https://atfawry.fawrystaging.com"

    def __init__(self, code: str, name: Any, summary: Any, method: str, first_look: timedelta) -> None:
        self.code, self.name, self.summary, self.method, self.first_look = code, name, summary, method, first_look
        self.patience = PATIENCE if method == CASH else timedelta()

    def takes(self, money: Money, country: str) -> bool:
        return money.unit == "EGP" and money.amount >= 100 and (self.method != CASH or country in ("", "EG"))

    def greet(self) -> None:
        code = self._ask_status("nothing-of-ours").get("statusCode")
        if code in (STRANGER, UNSIGNED):
            raise KeysRefused()

    def sign(self, *parts: str) -> str:
        """SHA-256 over the parts and our key, as every question of Fawry's is signed."""
        return hashlib.sha256(("".join(parts) + self.setting("security_key")).encode()).hexdigest()

    def begin(self, bill: Bill) -> Began:
        return self._begin_cash(bill) if self.method == CASH else self._begin_page(bill)

    def _wish(self, bill: Bill) -> dict[str, Any]:
        price = bill.amount.decimal
        wish: dict[str, Any] = {
            "merchantCode": self.setting("merchant_code"),
            "merchantRefNum": str(bill.payment_id),
            "customerProfileId": str(bill.payer_id or ""),
            "customerName": bill.payer_name,
            "customerEmail": bill.payer_email,
            "customerMobile": national(bill.payer_phone),
            "language": LANGUAGES.get(bill.language, "en-gb"),
            "chargeItems": [{"itemId": bill.reference, "description": bill.description, "price": price, "quantity": 1}],
            "orderWebHookUrl": notify_at(self.provider),
        }
        if bill.expires_at is not None:
            wish["paymentExpiry"] = int(bill.expires_at.timestamp() * 1000)
        return wish

    def _begin_cash(self, bill: Bill) -> Began:
        wish = self._wish(bill)
        wish |= {
            "paymentMethod": CASH,
            "currencyCode": "EGP",
            "amount": bill.amount.decimal,
            "description": bill.description,
            "signature": self.sign(
                wish["merchantCode"], wish["merchantRefNum"], wish["customerProfileId"], CASH, plain(bill.amount)
            ),
        }
        said = self.expect(self.ask("POST", "/ECommerceWeb/Fawry/payments/charge", wish), "statusCode")
        number = said.get("referenceNumber")
        if not number:
            # Our first question was taken and its answer lost: the number stands in the status.
            said = self._ask_status(str(bill.payment_id))
            number = said.get("referenceNumber") or said.get("fawryRefNumber")
        if not number:
            raise GatewayUnreachable()
        ends = millis(said.get("expirationTime") or said.get("orderExpiryDate") or wish.get("paymentExpiry"))
        return Began(
            str(bill.payment_id),
            instructions={gettext("Fawry number"): str(number), gettext("Amount"): bill.amount.display()},
            expires_at=ends,
        )

    def _begin_page(self, bill: Bill) -> Began:
        wish = self._wish(bill)
        item = wish["chargeItems"][0]
        wish |= {"paymentMethod": self.method, "returnUrl": absolute(bill.return_url), "authCaptureModePayment": False}
        wish["signature"] = self.sign(
            wish["merchantCode"],
            wish["merchantRefNum"],
            wish["customerProfileId"],
            wish["returnUrl"],
            f"{item['itemId']}1{plain(bill.amount)}",
        )
        answer = self.ask("POST", "/fawrypay-api/api/payments/init", wish)
        page = answer.data.get("url", "") if isinstance(answer.data, dict) else answer.text.strip().strip('"')
        if not answer.good or not page.startswith(("https://", "http://")):
            raise GatewayUnreachable()
        return Began(str(bill.payment_id), page)

    def _ask_status(self, ref: str) -> dict[str, Any]:
        merchant = self.setting("merchant_code")
        query = {"merchantCode": merchant, "merchantRefNumber": ref, "signature": self.sign(merchant, ref)}
        answer = self.ask("GET", "/ECommerceWeb/Fawry/payments/status/v2", query=query)
        if not isinstance(answer.data, dict):
            raise GatewayUnreachable()
        return answer.data

    def _order(self, ref: str) -> dict[str, Any] | None:
        """The order at Fawry, or None when it has not heard of it (on its page nothing was chosen yet)."""
        found = self._ask_status(ref)
        if found.get("statusCode") == UNKNOWN:
            return None
        if found.get("statusCode", GOOD) != GOOD or not state_of(found):
            raise GatewayUnreachable()
        return found

    def read(self, ref: str, *, wanted: bool = True) -> Reading:
        found = self._order(ref)
        if found is None:
            return Reading(PaymentStatus.PENDING)
        if state_of(found) in ARRIVED:
            return Reading(PaymentStatus.SUCCEEDED, (ChargeSeen(number_of(found), paid(found)),))
        status = STATES.get(state_of(found), PaymentStatus.PENDING)
        problem = str(found.get("failureReason") or "") if status == PaymentStatus.FAILED else ""
        return Reading(status, problem=problem)

    def open_envelope(self, delivery: Delivery) -> Notification:
        said = message(delivery.body)
        try:
            signed = [
                str(said["fawryRefNumber"]),
                str(said["merchantRefNumber"]),
                plain(money_of(said["paymentAmount"], "EGP")),
                plain(money_of(said["orderAmount"], "EGP")),
                str(said["orderStatus"]),
                str(said["paymentMethod"]),
                str(said.get("paymentRefrenceNumber") or ""),  # spelled so by Fawry
            ]
        except (KeyError, GatewayUnreachable):
            raise BadSignature() from None
        given = str(said.get("messageSignature", ""))
        if not self.ready() or not hmac.compare_digest(self.sign(*signed).encode(), given.encode()):
            raise BadSignature()
        return Notification(digest(delivery.body), str(said["merchantRefNumber"]), state_of(said).lower())

    def give_back(
        self, ref: str, money: Money, key: str, reason: str, *, before: Money, again: bool = False
    ) -> GivenBack:
        found = self._order(ref)
        if found is None:
            return GivenBack("", done=False, problem=_("Nothing was paid."))
        name, state = f"{ref}:{key}", state_of(found)
        if state == "REFUNDED" and not again:
            return GivenBack(name, done=False, problem=_("All of it was sent back already."))
        if again and (state == "REFUNDED" or (state == "PARTIAL_REFUNDED" and not before)):
            return GivenBack(name, done=True)
        if again and state == "PARTIAL_REFUNDED":
            # Whether the earlier question or only an older refund did this, Fawry does not say: a person looks.
            raise GatewayUnreachable()
        merchant, number, why = self.setting("merchant_code"), number_of(found), reason[:200]
        wish = {
            "merchantCode": merchant,
            "referenceNumber": number,
            "refundAmount": money.decimal,
            "reason": why,
            "signature": self.sign(merchant, number, plain(money), why),
        }
        said = self.expect(self.ask("POST", "/ECommerceWeb/Fawry/payments/refund", wish), "statusCode")
        if said["statusCode"] == GOOD:
            return GivenBack(name, done=True)
        return GivenBack(name, done=False, problem=str(said.get("statusDescription") or said["statusCode"])[:300])

    def stop(self, ref: str) -> None:
        found = self._order(ref)
        if found is None or state_of(found) not in ("NEW", "UNPAID"):
            return
        merchant, number, lang = self.setting("merchant_code"), number_of(found), "ar-eg"
        wish = {
            "merchantAccount": merchant,
            "orderRefNo": number,
            "lang": lang,
            "signature": self.sign(number, merchant, lang),
        }
        self.ask("POST", "/ECommerceWeb/api/orders/cancel-unpaid-order", wish)

    def movements(self, day: date, refs: Sequence[str]) -> DayReport:
        """Fawry has no list: each attempt is asked for. It tells when money came, not when it went back."""
        begins, ends = bounds(day)
        moved = []
        for ref in refs:
            found = self._order(ref)
            at = millis(found.get("paymentTime")) if found else None
            if found and state_of(found) in ARRIVED and at and begins <= at < ends:
                fee = money_of(found.get("fawryFees") or 0, "EGP")
                moved.append(Movement(MovementKind.CHARGE, number_of(found), paid(found), ref, at, fee))
        return DayReport(tuple(moved), complete=False)


def paid(found: dict[str, Any]) -> Money:
    """What is ours of what was paid: Fawry's fee may stand on top of the order."""
    whole, order = money_of(found.get("paymentAmount", 0), "EGP"), money_of(found.get("orderAmount", 0), "EGP")
    return order if order and order <= whole else whole


def state_of(found: dict[str, Any]) -> str:
    """`orderStatus`; the older answers say `paymentStatus`."""
    return str(found.get("orderStatus") or found.get("paymentStatus") or "").upper()


def number_of(found: dict[str, Any]) -> str:
    """Fawry's own number of the order."""
    return str(found.get("fawryRefNumber") or found.get("referenceNumber") or "")


def millis(value: Any) -> datetime | None:
    """Fawry's times are milliseconds."""
    try:
        return datetime.fromtimestamp(int(value) / 1000, UTC)
    except (TypeError, ValueError, OverflowError, OSError):
        return None


def national(phone: str) -> str:
    """`+201012345678` as Egyptians write it: `01012345678`."""
    return f"0{phone[3:]}" if phone.startswith("+20") else ""


FAWRY = (
    Fawry(
        "fawry",
        _("Cash at Fawry"),
        _("You get a number and pay it at any Fawry shop or machine, or in the Fawry app."),
        CASH,
        timedelta(minutes=15),
    ),
    Fawry(
        "fawry_card",
        _("Card (Fawry)"),
        _("Visa, Mastercard or Meeza on Fawry's page. It takes a minute."),
        "CARD",
        timedelta(minutes=2),
    ),
    Fawry(
        "fawry_wallet",
        _("Mobile wallet (Fawry)"),
        _("Vodafone Cash, Orange Cash, e& money or WE Pay: you confirm on your phone."),
        "MWALLET",
        timedelta(minutes=2),
    ),
)
