"""Paymob's intentions, transactions and callbacks."""

import hashlib
import hmac
import json
from typing import Any
from uuid import uuid4
from zoneinfo import ZoneInfo

from majlis.engines.billing.gateways.base import Delivery
from majlis.engines.billing.tests.providers.server import Asked, Double
from majlis.kit import clock
from majlis.kit.money import Money

SECRET, PUBLIC, HMAC = "egy_sk_test_0123456789abcdef", "egy_pk_test_0123456789", "HMACTESTSECRET0123456789"


def write(value: Any) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


class PaymobDouble(Double):
    provider = "paymob"
    codes = ("paymob",)
    unit = "EGP"

    def __init__(self) -> None:
        super().__init__()
        self.intentions: dict[str, dict[str, Any]] = {}
        self.transactions: dict[str, dict[str, Any]] = {}
        self.refunds: list[int] = []

    def settings(self) -> dict[str, str]:
        return {
            "secret_key": SECRET,
            "public_key": PUBLIC,
            "hmac_secret": HMAC,
            "integration_ids": "4097558,4097559",
            "url": self.url,
        }

    def answer(self, asked: Asked) -> tuple[int, Any]:
        if asked.path.startswith("/unifiedcheckout/"):
            return 200, "<!doctype html><title>Paymob</title><h1>Provider</h1>"
        if asked.headers.get("authorization") != f"Token {SECRET}":
            return 401, {"detail": "Authentication credentials were not provided."}
        return super().answer(asked)

    def on_post(self, asked: Asked) -> tuple[int, Any]:
        wish = asked.json
        if asked.path == "/v1/intention/":
            if any(each["special_reference"] == wish["special_reference"] for each in self.intentions.values()):
                return 400, {"special_reference": ["intention with this special_reference already exists"]}
            order = str(217_503_754 + len(self.intentions))
            self.intentions[order] = wish
            return 201, {
                "id": f"pi_test_{uuid4().hex}",
                "intention_order_id": int(order),
                "client_secret": f"egy_csk_test_{uuid4().hex}",
                "status": "intended",
            }
        if asked.path == "/api/ecommerce/orders/transaction_inquiry":
            found = self.transactions.get(str(wish["order_id"]))
            return (200, found) if found else (404, {"detail": "Not found."})
        if asked.path == "/api/acceptance/void_refund/refund":
            return self._refund(wish)
        return self.nothing(asked)

    def _refund(self, wish: dict[str, Any]) -> tuple[int, Any]:
        found = next(each for each in self.transactions.values() if each["id"] == wish["transaction_id"])
        if found["refunded_amount_cents"] + wish["amount_cents"] > found["amount_cents"]:
            return 400, {"message": "Full Amount has been already refunded / not enough left"}
        found["refunded_amount_cents"] += wish["amount_cents"]
        found["is_refunded"] = True
        self.refunds.append(wish["amount_cents"])
        return 201, {"id": found["id"] + 1, "success": True, "pending": False, "amount_cents": wish["amount_cents"]}

    def _open(self, ref: str, *, success: bool, pending: bool, money: Money | None = None) -> dict[str, Any]:
        wish = self.intentions[ref]
        self.transactions[ref] = {
            "id": 192_036_465 + int(ref),
            "pending": pending,
            "amount_cents": money.amount if money else wish["amount"],
            "success": success,
            "is_auth": False,
            "is_capture": False,
            "is_standalone_payment": True,
            "is_voided": False,
            "is_refunded": False,
            "refunded_amount_cents": 0,
            "is_3d_secure": True,
            "integration_id": 4097558,
            "has_parent_transaction": False,
            "order": {"id": int(ref), "merchant_order_id": wish["special_reference"]},
            "created_at": clock.now().astimezone(ZoneInfo("Africa/Cairo")).replace(tzinfo=None).isoformat(),
            "currency": money.unit if money else wish["currency"],
            "source_data": {"pan": "2346", "type": "card", "sub_type": "MasterCard"},
            "error_occured": False,
            "owner": 302852,
            "data": {"message": "Approved" if success else "Insufficient funds"},
        }
        return self.transactions[ref]

    def pay(self, ref: str, money: Money | None = None) -> None:
        self._open(ref, success=True, pending=False, money=money)

    def fail(self, ref: str) -> None:
        self._open(ref, success=False, pending=False)

    def event(self, ref: str) -> Delivery:
        return self._signed(self.transactions.get(ref) or self._open(ref, success=False, pending=True))

    def event_of_stranger(self) -> Delivery:
        self.intentions["999"] = {"amount": 5_000, "currency": "EGP", "special_reference": "another-shop"}
        self.pay("999")
        return self._signed(self.transactions.pop("999"))

    @staticmethod
    def _signed(obj: dict[str, Any]) -> Delivery:
        flat = {**obj, "order.id": obj["order"]["id"], **{f"source_data.{k}": v for k, v in obj["source_data"].items()}}
        fields = """amount_cents created_at currency error_occured has_parent_transaction id integration_id is_3d_secure
            is_auth is_capture is_refunded is_standalone_payment is_voided order.id owner pending source_data.pan
            source_data.sub_type source_data.type success"""
        signed = "".join(write(flat[name]) for name in fields.split())
        given = hmac.new(HMAC.encode(), signed.encode(), hashlib.sha512).hexdigest()
        body = json.dumps({"type": "TRANSACTION", "obj": obj}).encode()
        return Delivery({"content-type": "application/json"}, body, {"hmac": given})

    def tampered(self, delivery: Delivery) -> Delivery:
        body = json.loads(delivery.body)
        body["obj"]["amount_cents"] = 1
        return Delivery(delivery.headers, json.dumps(body).encode(), delivery.query)

    def given_back(self) -> list[Money]:
        return [Money(amount, "EGP") for amount in self.refunds]
