"""Midtrans' Snap and its core API."""

import hashlib
import json
from datetime import timedelta, timezone
from typing import Any
from uuid import uuid4

from majlis.engines.billing.gateways.base import Delivery
from majlis.engines.billing.tests.providers.server import Asked, Double
from majlis.kit import clock
from majlis.kit.money import Money

KEY = "SB-Mid-server-TESTKEY0123456789"
WIB = timezone(timedelta(hours=7))


def now() -> str:
    return clock.now().astimezone(WIB).strftime("%Y-%m-%d %H:%M:%S")


class MidtransDouble(Double):
    provider = "midtrans"
    codes = ("midtrans",)
    unit = "IDR"

    def __init__(self) -> None:
        super().__init__()
        self.wishes: dict[str, dict[str, Any]] = {}
        self.transactions: dict[str, dict[str, Any]] = {}

    def settings(self) -> dict[str, str]:
        return {"server_key": KEY, "url": self.url}

    def answer(self, asked: Asked) -> tuple[int, Any]:
        if not asked.path.startswith("/page/") and asked.basic != f"{KEY}:":
            return 401, {"status_code": "401", "status_message": "Access denied"}
        return super().answer(asked)

    def on_get(self, asked: Asked) -> tuple[int, Any]:
        found = self.transactions.get(asked.path.split("/")[2])
        if found is None:  # the real one says 404 inside a 404 or inside a 200, by product
            return 404, {"status_code": "404", "status_message": "Transaction doesn't exist."}
        return 200, {"status_code": "200", **found}

    def on_post(self, asked: Asked) -> tuple[int, Any]:
        if asked.path == "/snap/v1/transactions":
            wish = asked.json
            name = wish["transaction_details"]["order_id"]
            if name in self.wishes:
                return 400, {"error_messages": ["transaction_details.order_id has already been taken"]}
            self.wishes[name] = wish
            token = str(uuid4())
            return 201, {"token": token, "redirect_url": f"{self.url}/page/{token}?back={wish['callbacks']['finish']}"}
        _empty, _version, name, what = asked.path.split("/")[:4]
        found = self.transactions.get(name)
        if found is None:
            return 404, {"status_code": "404", "status_message": "Transaction doesn't exist."}
        if what == "refund":
            return self._refund(found, asked.json)
        if what == "expire" and found["transaction_status"] == "pending":
            found["transaction_status"] = "expire"
            return 200, {"status_code": "407", **found}
        return 200, {"status_code": "412", "status_message": "Transaction status cannot be updated."}

    def _refund(self, found: dict[str, Any], wish: dict[str, Any]) -> tuple[int, Any]:
        gone = sum(int(float(row["refund_amount"])) for row in found.get("refunds", []))
        whole = int(float(found["gross_amount"]))
        if found["transaction_status"] not in ("settlement", "partial_refund") or gone + wish["amount"] > whole:
            return 200, {"status_code": "414", "status_message": "Refund cannot be made: amount is more than the rest"}
        found.setdefault("refunds", []).append(
            {
                "refund_chargeback_id": len(found.get("refunds", [])) + 1,
                "refund_key": wish["refund_key"],
                "refund_amount": f"{wish['amount']}.00",
                "created_at": now(),
                "reason": wish["reason"],
            }
        )
        found["transaction_status"] = "refund" if gone + wish["amount"] == whole else "partial_refund"
        return 200, {"status_code": "200", "status_message": "Success, refund request is approved", **found}

    def _open(self, ref: str, state: str, money: Money | None = None) -> dict[str, Any]:
        asked = self.wishes[ref]["transaction_details"]["gross_amount"]
        found = self.transactions.setdefault(
            ref, {"transaction_id": str(uuid4()), "order_id": ref, "payment_type": "gopay", "transaction_time": now()}
        )
        found |= {
            "transaction_status": state,
            "fraud_status": "accept",
            "gross_amount": f"{money.amount // 100 if money else asked}.00",
            "currency": money.unit if money else "IDR",
        }
        return found

    def pay(self, ref: str, money: Money | None = None) -> None:
        self._open(ref, "settlement", money)["settlement_time"] = now()

    def fail(self, ref: str) -> None:
        self._open(ref, "deny")["channel_response_message"] = "Not sufficient funds"

    def charge_back(self, ref: str) -> None:
        found = self.transactions[ref]
        found["transaction_status"] = "chargeback"
        found["chargebacks"] = [{"refund_chargeback_id": 9, "chargeback_amount": found["gross_amount"]}]

    def event(self, ref: str) -> Delivery:
        found = self.transactions.get(ref) or self._open(ref, "pending")
        return self._signed(found)

    def event_of_stranger(self) -> Delivery:
        name = f"stranger-{uuid4()}"
        facts = {"order_id": name, "gross_amount": "650000.00", "transaction_status": "settlement", "currency": "IDR"}
        return self._signed(facts)

    @staticmethod
    def _signed(facts: dict[str, Any]) -> Delivery:
        code = "201" if facts["transaction_status"] == "pending" else "200"
        signed = f"{facts['order_id']}{code}{facts['gross_amount']}{KEY}"
        body = {**facts, "status_code": code, "signature_key": hashlib.sha512(signed.encode()).hexdigest()}
        return Delivery({"content-type": "application/json"}, json.dumps(body).encode())

    def tampered(self, delivery: Delivery) -> Delivery:
        body = json.loads(delivery.body)
        body["gross_amount"] = "1.00"
        return Delivery(delivery.headers, json.dumps(body).encode())

    def given_back(self) -> list[Money]:
        rows = [row for found in self.transactions.values() for row in found.get("refunds", [])]
        return [Money(int(float(row["refund_amount"])) * 100, "IDR") for row in rows]
