"""PayPal orders (v2): the buyer agrees on PayPal's page, then we take the money.

PayPal takes nothing before it is told to (`capture`), and is told so only while the money is still wanted. An order
that is COMPLETED may still hold a declined payment: what counts is its captures. Webhooks are signed with a
certificate of PayPal's, which is fetched once from PayPal's own address.
"""

import base64
import re
import time
import zlib
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from typing import Any

from cryptography import x509
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.hashes import SHA256
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
    KeysRefused,
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
    message,
    moment,
    money_of,
    plain,
    policy_for,
)
from majlis.engines.billing.types import DisputeStatus, MovementKind, PaymentStatus
from majlis.kit import clock
from majlis.kit.money import Money
from majlis.kit.outbound import OutboundRefused, fetch

CURRENCIES = frozenset(
    {
        *("AUD", "BRL", "CAD", "CHF", "CNY", "CZK", "DKK", "EUR", "GBP", "HKD", "HUF", "ILS", "JPY"),
        *("MXN", "MYR", "NOK", "NZD", "PHP", "PLN", "SEK", "SGD", "THB", "TWD", "USD"),
    }
)
CERTIFICATE = re.compile(r"^CERT-[A-Za-z0-9-]{1,100}$")
OLDEST = timedelta(days=3, hours=1)
"""PayPal sends a message again for three days."""
LANGUAGES = {"ar": "ar-EG", "id": "id-ID"}
PAGE = 500


class PayPal(Provider):
    """PayPal."""

    code = provider = "paypal"
    name = _("PayPal")
    summary = _("With your PayPal account, or with a card on PayPal's page. It takes a minute.")
    needs = ("client_id", "client_secret", "webhook_id")
    live_url = "https://api-m.paypal.com"
    test_url = "https://api-m.sandbox.paypal.com"
    certificates_at = {True: "https://api.paypal.com", False: "https://api.sandbox.paypal.com"}

    def __init__(self) -> None:
        self._token: tuple[str, str, float] = ("", "", 0.0)
        """For which account, what, and until when (monotonic)."""
        self._certificates: dict[str, x509.Certificate] = {}

    def takes(self, money: Money, country: str) -> bool:
        return money.unit in CURRENCIES and money.amount > 0

    def greet(self) -> None:
        self._token = ("", "", 0.0)
        self._bearer()

    def _bearer(self) -> str:
        account, token, until = self._token
        if account != self._account() or time.monotonic() >= until:
            answer = super().ask(
                "POST",
                "/v1/oauth2/token",
                b"grant_type=client_credentials",
                headers={
                    "Authorization": basic(self.setting("client_id"), self.setting("client_secret")),
                    "Content-Type": "application/x-www-form-urlencoded",
                },
            )
            said = self.expect(answer, "access_token", "expires_in")
            token = str(said["access_token"])
            self._token = (self._account(), token, time.monotonic() + max(int(said["expires_in"]) - 60, 0))
        return token

    def _account(self) -> str:
        return f"{self.url()} {self.setting('client_id')}"

    def ask(self, method: str, path: str, body: Any = None, **more: Any) -> Answer:
        more["headers"] = {"Authorization": f"Bearer {self._bearer()}", **more.get("headers", {})}
        try:
            return super().ask(method, path, body, **more)
        except KeysRefused:
            self._token = ("", "", 0.0)  # the next question asks for a new one
            raise

    def begin(self, bill: Bill) -> Began:
        back = absolute(bill.return_url)
        wish = {
            "intent": "CAPTURE",
            "purchase_units": [
                {
                    "reference_id": "default",
                    "custom_id": str(bill.payment_id),
                    "description": f"{bill.description} {bill.reference}"[:127],
                    "amount": {"currency_code": bill.amount.unit, "value": plain(bill.amount)},
                }
            ],
            "payment_source": {
                "paypal": {
                    "experience_context": {
                        "return_url": back,
                        "cancel_url": back,
                        "user_action": "PAY_NOW",
                        "shipping_preference": "NO_SHIPPING",
                        "locale": LANGUAGES.get(bill.language, "en-US"),
                    }
                }
            },
        }
        answer = self.ask("POST", "/v2/checkout/orders", wish, headers={"PayPal-Request-Id": str(bill.payment_id)})
        order = self.expect(answer, "id", "links")
        return Began(str(order["id"]), link(order, "payer-action") or link(order, "approve"))

    def _order(self, ref: str) -> dict[str, Any] | None:
        answer = self.ask("GET", f"/v2/checkout/orders/{ref}")
        return None if answer.status == 404 else self.expect(answer, "status")

    def read(self, ref: str, *, wanted: bool = True) -> Reading:
        order = self._order(ref)
        if order is not None and order["status"] == "APPROVED" and wanted:
            answer = self.ask(
                "POST",
                f"/v2/checkout/orders/{ref}/capture",
                {},
                headers={"PayPal-Request-Id": f"capture:{ref}", "Prefer": "return=representation"},
            )
            if answer.status == 422 and "INSTRUMENT_DECLINED" in answer.text:
                return Reading(PaymentStatus.FAILED, problem=_("PayPal could not take the money from this card."))
            order = self.expect(answer, "status") if answer.good else self._order(ref)
        if order is None or order["status"] == "VOIDED":
            return Reading(PaymentStatus.EXPIRED)
        captures = captures_of(order)
        charges = tuple(
            ChargeSeen(str(each["id"]), money_in(each["amount"]))
            for each in captures
            if each["status"] in ("COMPLETED", "PARTIALLY_REFUNDED", "REFUNDED")
        )
        if charges:
            return Reading(PaymentStatus.SUCCEEDED, charges, disputes=tuple(self._disputes(charges)))
        if any(each["status"] in ("DECLINED", "FAILED") for each in captures):
            return Reading(PaymentStatus.FAILED, problem=_("PayPal declined the payment."))
        return Reading(PaymentStatus.PENDING)

    def _disputes(self, charges: Sequence[ChargeSeen]) -> Iterator[DisputeSeen]:
        for charge in charges:
            answer = self.ask("GET", "/v1/customer/disputes", query={"disputed_transaction_id": charge.ref})
            if answer.status == 403:  # the account was not given this permission
                return
            for row in (answer.data or {}).get("items", []) if answer.good else []:
                yield DisputeSeen(
                    str(row["dispute_id"]),
                    money_in(row["dispute_amount"]),
                    verdict(row),
                    reason=str(row.get("reason", "")),
                    answer_by=moment(row.get("seller_response_due_date")),
                )

    def open_envelope(self, delivery: Delivery) -> Notification:
        head = {name: delivery.headers.get(f"paypal-{name}", "") for name in SIGNED}
        sent = moment(head["transmission-time"])
        if not self.ready() or head["auth-algo"] != "SHA256withRSA" or sent is None:
            raise BadSignature()
        if abs(clock.now() - sent) > OLDEST:
            raise BadSignature()
        signed = "|".join(
            [
                head["transmission-id"],
                head["transmission-time"],
                self.setting("webhook_id"),
                str(zlib.crc32(delivery.body)),
            ]
        )
        try:
            key = self._certificate(head["cert-url"]).public_key()
            assert isinstance(key, RSAPublicKey)
            key.verify(base64.b64decode(head["transmission-sig"]), signed.encode(), PKCS1v15(), SHA256())
        except (InvalidSignature, ValueError, AssertionError):
            raise BadSignature() from None
        return about(message(delivery.body))

    def _certificate(self, address: str) -> x509.Certificate:
        home = self.setting("url").rstrip("/") or self.certificates_at[self.is_live()]
        place, _slash, name = address.rpartition("/")
        if place != f"{home}/v1/notifications/certs" or not CERTIFICATE.match(name):
            raise BadSignature()
        if address not in self._certificates:
            try:
                found = fetch(address, policy=policy_for(address))
            except OutboundRefused:
                raise GatewayUnreachable() from None
            if found.status != 200:
                raise BadSignature()
            if len(self._certificates) > 20:
                self._certificates.clear()
            self._certificates[address] = x509.load_pem_x509_certificate(found.content)
        certificate = self._certificates[address]
        if not certificate.not_valid_before_utc <= clock.now() <= certificate.not_valid_after_utc:
            raise BadSignature()
        return certificate

    def give_back(
        self, ref: str, money: Money, key: str, reason: str, *, before: Money, again: bool = False
    ) -> GivenBack:
        order = self._order(ref)
        taken = [each for each in captures_of(order or {}) if each["status"] in ("COMPLETED", "PARTIALLY_REFUNDED")]
        known = next((row for row in refunds_of(order or {}) if row.get("custom_id") == key), None)
        if known is None and not taken:
            return GivenBack("", done=False, problem=_("Nothing is left to send back."))
        if known is None:
            answer = self.ask(
                "POST",
                f"/v2/payments/captures/{taken[0]['id']}/refund",
                {
                    "amount": {"currency_code": money.unit, "value": plain(money)},
                    "custom_id": key,
                    "note_to_payer": reason[:255],
                },
                headers={"PayPal-Request-Id": f"refund:{key}", "Prefer": "return=representation"},
            )
            if answer.status in (400, 422):
                issues = [row.get("issue", "") for row in (answer.data or {}).get("details", [])]
                return GivenBack("", done=False, problem=", ".join(issues)[:300] or "UNPROCESSABLE_ENTITY")
            known = self.expect(answer, "id", "status")
        lost = known["status"] in ("FAILED", "CANCELLED")
        return GivenBack(
            str(known["id"]), done=known["status"] == "COMPLETED", problem=str(known["status"]) if lost else ""
        )

    def movements(self, day: date, refs: Sequence[str]) -> DayReport:
        begins, ends = bounds(day)
        query: dict[str, Any] = {
            "start_date": begins.strftime("%Y-%m-%dT%H:%M:%SZ"),
            "end_date": (ends - timedelta(seconds=1)).strftime("%Y-%m-%dT%H:%M:%SZ"),
            "fields": "transaction_info",
            "page_size": PAGE,
            "page": 1,
        }
        moved: list[Movement] = []
        while True:
            said = self.expect(
                self.ask("GET", "/v1/reporting/transactions", query=query), "transaction_details", "total_pages"
            )
            moved += filter(None, (moved_in(row["transaction_info"]) for row in said["transaction_details"]))
            if query["page"] >= int(said["total_pages"]):
                return DayReport(tuple(moved))
            query["page"] += 1


SIGNED = ("transmission-id", "transmission-time", "transmission-sig", "cert-url", "auth-algo")


def link(order: dict[str, Any], rel: str) -> str:
    """The address of an order's link."""
    return next((str(each["href"]) for each in order["links"] if each.get("rel") == rel), "")


def captures_of(order: dict[str, Any]) -> list[dict[str, Any]]:
    """What was taken for an order."""
    return _payments(order, "captures")


def refunds_of(order: dict[str, Any]) -> list[dict[str, Any]]:
    """What went back."""
    return _payments(order, "refunds")


def _payments(order: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    return [each for unit in order.get("purchase_units", []) for each in unit.get("payments", {}).get(kind, [])]


def money_in(amount: dict[str, Any]) -> Money:
    """PayPal's `{"currency_code", "value"}`."""
    return money_of(amount["value"], amount["currency_code"])


def verdict(row: dict[str, Any]) -> DisputeStatus:
    """How a dispute stands."""
    if row.get("status") != "RESOLVED":
        return DisputeStatus.OPEN
    outcome = (row.get("dispute_outcome") or {}).get("outcome_code", "")
    return DisputeStatus.LOST if outcome == "RESOLVED_BUYER_FAVOUR" else DisputeStatus.WON


def about(said: dict[str, Any]) -> Notification:
    """What a message is about: the order, or the payment of ours it carries, or the capture in dispute."""
    kind, resource = str(said.get("event_type", "")), said.get("resource")
    if "id" not in said or not isinstance(resource, dict):
        raise BadSignature()
    ref = resource.get("custom_id") or resource.get("id") or ""
    related = (resource.get("supplementary_data") or {}).get("related_ids") or {}
    if kind.startswith("CUSTOMER.DISPUTE"):
        disputed = resource.get("disputed_transactions") or [{}]
        ref = disputed[0].get("seller_transaction_id", "")
    elif related.get("order_id"):
        ref = related["order_id"]
    return Notification(str(said["id"]), str(ref), kind)


def moved_in(row: dict[str, Any]) -> Movement | None:
    """A line of PayPal's own account, if it is about a buyer's money: T00… paid, T11… refunded, T12… charged back."""
    code, amount = str(row.get("transaction_event_code", "")), money_in(row["transaction_amount"])
    kinds = {"T00": MovementKind.CHARGE, "T11": MovementKind.REFUND, "T12": MovementKind.DISPUTE}
    kind = kinds.get(code[:3])
    if kind is None or (kind == MovementKind.CHARGE and amount.amount < 0) or row.get("transaction_status") == "D":
        return None
    fee = money_in(row["fee_amount"]) if row.get("fee_amount") else None
    return Movement(
        kind,
        str(row["transaction_id"]),
        Money(abs(amount.amount), amount.unit),
        str(row.get("custom_field", "")) if kind == MovementKind.CHARGE else "",
        moment(row.get("transaction_initiation_date")),
        -fee if fee else None,
    )
