"""PayPal's orders, captures, refunds and reports; its certificate, and webhooks signed with its key."""

import base64
import json
import zlib
from datetime import UTC, datetime, timedelta
from functools import cache
from typing import Any
from uuid import uuid4

from cryptography import x509
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.asymmetric.padding import PKCS1v15
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.x509.oid import NameOID

from majlis.engines.billing.gateways.base import Delivery
from majlis.engines.billing.tests.providers.server import Asked, Double
from majlis.kit import clock
from majlis.kit.money import Money

ID, SECRET, WEBHOOK = "AeTestClient0123456789", "EPTestSecret0123456789", "9XL90610J3647323C"
CERTIFICATE = "CERT-360caa42-fca2a594-a5cafa77"


@cache
def identity() -> tuple[rsa.RSAPrivateKey, bytes]:
    """PayPal's key, and its certificate as PEM."""
    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "messageverificationcerts.paypal.com")])
    made = (
        x509.CertificateBuilder()
        .subject_name(name)
        .issuer_name(name)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(datetime(2020, 1, 1, tzinfo=UTC))
        .not_valid_after(datetime(2099, 1, 1, tzinfo=UTC))
        .sign(key, SHA256())
    )
    return key, made.public_bytes(serialization.Encoding.PEM)


def new() -> str:
    return uuid4().hex[:17].upper()


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


class PayPalDouble(Double):
    provider = "paypal"
    codes = ("paypal",)
    unit = "USD"

    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[str, dict[str, Any]] = {}
        self.requests: dict[str, tuple[int, Any]] = {}
        self.moved: list[dict[str, Any]] = []
        self.disputes: list[dict[str, Any]] = []
        self.tokens = 0
        self.agreed: dict[str, Money | None] = {}
        self.declined: set[str] = set()

    def settings(self) -> dict[str, str]:
        return {"client_id": ID, "client_secret": SECRET, "webhook_id": WEBHOOK, "url": self.url}

    def answer(self, asked: Asked) -> tuple[int, Any]:
        if asked.path == f"/v1/notifications/certs/{CERTIFICATE}":
            return 200, identity()[1].decode()
        if asked.path.startswith("/page/"):
            return super().answer(asked)
        if asked.path == "/v1/oauth2/token":
            if asked.basic != f"{ID}:{SECRET}" or asked.form != {"grant_type": "client_credentials"}:
                return 401, {"error": "invalid_client"}
            self.tokens += 1
            return 200, {"access_token": f"A21AA{self.tokens}", "token_type": "Bearer", "expires_in": 32400}
        if not asked.headers.get("authorization", "").startswith("Bearer A21AA"):
            return 401, {"error": "invalid_token"}
        return super().answer(asked)

    def on_get(self, asked: Asked) -> tuple[int, Any]:
        if asked.path == "/v1/reporting/transactions":
            begins, ends = asked.query["start_date"], asked.query["end_date"]
            rows = [row for row in self.moved if begins <= row["transaction_initiation_date"] <= ends]
            number = int(asked.query["page"])
            page = [{"transaction_info": row} for row in rows[(number - 1) * 2 : number * 2]]
            return 200, {"transaction_details": page, "page": number, "total_pages": -(-len(rows) // 2)}
        if asked.path == "/v1/customer/disputes":
            wanted = asked.query["disputed_transaction_id"]
            return 200, {"items": [row for row in self.disputes if row["of"] == wanted]}
        order = self.orders.get(asked.path.rpartition("/")[2])
        return (200, order) if order else (404, {"name": "RESOURCE_NOT_FOUND"})

    def on_post(self, asked: Asked) -> tuple[int, Any]:
        key = asked.headers.get("paypal-request-id", "")
        if key and key in self.requests:
            return self.requests[key]
        said = self._do(asked)
        if key:
            self.requests[key] = said
        return said

    def _do(self, asked: Asked) -> tuple[int, Any]:
        if asked.path == "/v2/checkout/orders":
            wish = asked.json
            ref = new()
            context = wish["payment_source"]["paypal"]["experience_context"]
            links = [{"rel": "payer-action", "href": f"{self.url}/page/{ref}?back={context['return_url']}"}]
            self.orders[ref] = {
                "id": ref,
                "status": "PAYER_ACTION_REQUIRED",
                "purchase_units": wish["purchase_units"],
                "links": links,
            }
            return 200, self.orders[ref]
        if asked.path.endswith("/capture"):
            return self._capture(self.orders[asked.path.split("/")[4]])
        if asked.path.endswith("/refund"):
            return self._refund(asked.path.split("/")[4], asked.json)
        return self.nothing(asked)

    def _capture(self, order: dict[str, Any]) -> tuple[int, Any]:
        if order["id"] in self.declined:
            return 422, {"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": "INSTRUMENT_DECLINED"}]}
        if order["status"] != "APPROVED":
            return 422, {"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": "ORDER_ALREADY_CAPTURED"}]}
        unit = order["purchase_units"][0]
        money = self.agreed[order["id"]]
        amount = {"currency_code": money.unit, "value": str(money.decimal)} if money else unit["amount"]
        capture = {"id": new(), "status": "COMPLETED", "amount": amount, "custom_id": unit["custom_id"]}
        unit["payments"] = {"captures": [capture], "refunds": []}
        order["status"] = "COMPLETED"
        self._move("T0006", capture["id"], amount["value"], unit["custom_id"], amount["currency_code"])
        return 201, order

    def _refund(self, name: str, wish: dict[str, Any]) -> tuple[int, Any]:
        unit = next(u for o in self.orders.values() for u in o["purchase_units"] if self._has(u, name))
        payments = unit["payments"]
        gone = sum(float(row["amount"]["value"]) for row in payments["refunds"])
        if gone + float(wish["amount"]["value"]) > float(payments["captures"][0]["amount"]["value"]):
            return 422, {"name": "UNPROCESSABLE_ENTITY", "details": [{"issue": "REFUND_AMOUNT_EXCEEDED"}]}
        status = "PENDING" if self.refund_waits else "COMPLETED"
        row = {"id": new(), "status": status, "amount": wish["amount"], "custom_id": wish["custom_id"]}
        payments["refunds"].append(row)
        payments["captures"][0]["status"] = "PARTIALLY_REFUNDED"
        amount = wish["amount"]
        self._move("T1107", row["id"], f"-{amount['value']}", unit["custom_id"], amount["currency_code"])
        return 201, row

    @staticmethod
    def _has(unit: dict[str, Any], name: str) -> bool:
        return any(row["id"] == name for row in unit.get("payments", {}).get("captures", []))

    def _move(self, code: str, name: str, value: str, custom: str, currency: str) -> None:
        self.moved.append(
            {
                "transaction_id": name,
                "transaction_event_code": code,
                "transaction_initiation_date": iso(clock.now()),
                "transaction_amount": {"currency_code": currency, "value": value},
                "fee_amount": {"currency_code": currency, "value": "-3.20"},
                "transaction_status": "S",
                "custom_field": custom,
            }
        )

    def settle_refunds(self) -> None:
        for order in self.orders.values():
            for unit in order["purchase_units"]:
                for row in unit.get("payments", {}).get("refunds", []):
                    row["status"] = "COMPLETED"

    def approve(self, ref: str, money: Money | None = None) -> None:
        """The buyer agrees; nothing is taken yet."""
        self.orders[ref]["status"] = "APPROVED"
        self.agreed[ref] = money

    def pay(self, ref: str, money: Money | None = None) -> None:
        """The buyer agreed, and the money was taken (by the reading that the agreement's webhook set off)."""
        self.approve(ref, money)
        self._capture(self.orders[ref])

    def fail(self, ref: str) -> None:
        self.approve(ref)
        self.declined.add(ref)

    def contest(self, ref: str) -> Delivery:
        capture = self.orders[ref]["purchase_units"][0]["payments"]["captures"][0]
        row = {"dispute_id": "PP-D-4012", "dispute_amount": capture["amount"], "status": "OPEN", "of": capture["id"]}
        self.disputes.append({**row, "reason": "MERCHANDISE_OR_SERVICE_NOT_RECEIVED"})
        disputed = {"dispute_id": "PP-D-4012", "disputed_transactions": [{"seller_transaction_id": capture["id"]}]}
        return self.signed("CUSTOMER.DISPUTE.CREATED", disputed)

    def event(self, ref: str) -> Delivery:
        order = self.orders[ref]
        captures = order["purchase_units"][0].get("payments", {}).get("captures", [])
        if not captures:
            return self.signed("CHECKOUT.ORDER.APPROVED", {**order, "amount": None})
        related = {"supplementary_data": {"related_ids": {"order_id": ref}}}
        return self.signed("PAYMENT.CAPTURE.COMPLETED", {**captures[0], **related})

    def event_of_stranger(self) -> Delivery:
        return self.signed("CHECKOUT.ORDER.APPROVED", {"id": new(), "status": "APPROVED"})

    def signed(self, kind: str, resource: dict[str, Any], *, age: timedelta = timedelta()) -> Delivery:
        body = json.dumps({"id": f"WH-{new()}", "event_type": kind, "resource": resource}).encode()
        name, sent = str(uuid4()), iso(clock.now() - age)
        signed = f"{name}|{sent}|{WEBHOOK}|{zlib.crc32(body)}".encode()
        head = {
            "paypal-transmission-id": name,
            "paypal-transmission-time": sent,
            "paypal-transmission-sig": base64.b64encode(identity()[0].sign(signed, PKCS1v15(), SHA256())).decode(),
            "paypal-cert-url": f"{self.url}/v1/notifications/certs/{CERTIFICATE}",
            "paypal-auth-algo": "SHA256withRSA",
        }
        return Delivery(head, body)

    def tampered(self, delivery: Delivery) -> Delivery:
        return Delivery(delivery.headers, delivery.body.replace(b'"id"', b'"iD"', 1))

    def given_back(self) -> list[Money]:
        units = [unit for order in self.orders.values() for unit in order["purchase_units"]]
        rows = [row for unit in units for row in unit.get("payments", {}).get("refunds", [])]
        return [Money(round(float(row["amount"]["value"]) * 100), row["amount"]["currency_code"]) for row in rows]
