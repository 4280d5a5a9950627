"""Xendit's invoices, refunds and transactions."""

import json
from datetime import UTC, datetime
from typing import Any
from uuid import uuid4

from majlis.engines.billing.gateways.base import Delivery
from majlis.engines.billing.tests.providers.server import Asked, Double
from majlis.kit import clock
from majlis.kit.money import Money

KEY, TOKEN = "xnd_development_TESTKEY0123456789", "callback-token-of-the-test-0123456789"


def iso(moment: datetime) -> str:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z")


class XenditDouble(Double):
    provider = "xendit"
    codes = ("xendit",)
    unit = "IDR"

    def __init__(self) -> None:
        super().__init__()
        self.invoices: dict[str, dict[str, Any]] = {}
        self.refunds: list[dict[str, Any]] = []
        self.moved: list[dict[str, Any]] = []

    def settings(self) -> dict[str, str]:
        return {"secret_key": KEY, "callback_token": TOKEN, "url": self.url}

    def answer(self, asked: Asked) -> tuple[int, Any]:
        if asked.path.startswith("/page/"):
            return super().answer(asked)
        if asked.basic != f"{KEY}:":
            return 401, {"error_code": "INVALID_API_KEY", "message": "API key in request is invalid"}
        return super().answer(asked)

    def on_get(self, asked: Asked) -> tuple[int, Any]:
        if asked.path == "/balance":
            return 200, {"balance": 0}
        if asked.path == "/v2/invoices":
            return 200, [row for row in self.invoices.values() if row["external_id"] == asked.query["external_id"]]
        if asked.path == "/refunds":
            rows = [row for row in self.refunds if row["invoice_id"] == asked.query["invoice_id"]]
            for row in rows:
                row["status"] = "PENDING" if self.refund_waits else "SUCCEEDED"
            return 200, {"data": rows, "has_more": False}
        if asked.path == "/transactions":
            begins, ends = asked.query["created[gte]"], asked.query["created[lte]"]
            rows = [row for row in self.moved if begins <= row["created"] <= ends]
            names = [row["id"] for row in rows]
            after = names.index(asked.query["after_id"]) + 1 if "after_id" in asked.query else 0
            page = rows[after : after + 2]  # the real one gives fifty; two make sure that pages are turned
            return 200, {"data": page, "has_more": after + 2 < len(rows), "links": []}
        invoice = self.invoices.get(asked.path.rpartition("/")[2])
        return (200, invoice) if invoice else (404, {"error_code": "INVOICE_NOT_FOUND_ERROR"})

    def on_post(self, asked: Asked) -> tuple[int, Any]:
        if asked.path == "/v2/invoices":
            wish = asked.json
            ref = uuid4().hex[:24]
            self.invoices[ref] = {
                **wish,
                "id": ref,
                "status": "PENDING",
                "invoice_url": f"{self.url}/page/{ref}?back={wish['success_redirect_url']}",
                "expiry_date": iso(clock.now()),
            }
            return 200, self.invoices[ref]
        if asked.path == "/refunds":
            return self._refund(asked)
        ref = asked.path.removeprefix("/invoices/").removesuffix("/expire!")
        invoice = self.invoices.get(ref)
        if invoice is None:
            return 404, {"error_code": "INVOICE_NOT_FOUND_ERROR"}
        if invoice["status"] != "PENDING":
            return 400, {"error_code": "INVOICE_ALREADY_PAID_ERROR"}
        invoice["status"] = "EXPIRED"
        return 200, invoice

    def _refund(self, asked: Asked) -> tuple[int, Any]:
        wish = asked.json
        invoice = self.invoices[wish["invoice_id"]]
        gone = sum(row["amount"] for row in self.refunds if row["invoice_id"] == wish["invoice_id"])
        if invoice["status"] != "PAID" or gone + wish["amount"] > invoice["paid_amount"]:
            return 400, {"error_code": "MAXIMUM_REFUND_AMOUNT_REACHED", "message": "Refund exceeds the payment"}
        row = {**wish, "id": f"rfd-{uuid4()}", "status": "PENDING" if self.refund_waits else "SUCCEEDED"}
        self.refunds.append(row)
        self._move("REFUND", row["id"], row["reference_id"], row["amount"])
        return 200, row

    def _move(self, kind: str, product: str, reference: str, amount: int) -> None:
        self.moved.append(
            {
                "id": f"txn_{uuid4()}",
                "product_id": product,
                "type": kind,
                "status": "SUCCESS",
                "channel_category": "INVOICE",
                "reference_id": reference,
                "currency": "IDR",
                "amount": amount,
                "cashflow": "MONEY_IN" if kind == "PAYMENT" else "MONEY_OUT",
                "created": iso(clock.now()),
                "fee": {"xendit_fee": 4500, "value_added_tax": 495, "status": "COMPLETED"},
            }
        )

    def pay(self, ref: str, money: Money | None = None) -> None:
        invoice = self.invoices[ref]
        amount = money.amount // 100 if money else invoice["amount"]
        unit = money.unit if money else invoice["currency"]
        invoice |= {"status": "PAID", "paid_amount": amount, "currency": unit, "payment_id": f"ewc_{ref}"}
        self._move("PAYMENT", ref, invoice["external_id"], amount)

    def fail(self, ref: str) -> None:
        self.invoices[ref]["status"] = "EXPIRED"

    def event(self, ref: str) -> Delivery:
        body = {"id": ref, "user_id": "5781d19b2e2385880609791c", **self.invoices[ref], "updated": iso(clock.now())}
        return self._signed(body)

    def event_of_stranger(self) -> Delivery:
        return self._signed({"id": uuid4().hex[:24], "external_id": "other", "status": "PAID", "amount": 50000})

    def _signed(self, body: dict[str, Any]) -> Delivery:
        headers = {"x-callback-token": TOKEN, "content-type": "application/json"}
        return Delivery(headers, json.dumps(body).encode())

    def tampered(self, delivery: Delivery) -> Delivery:
        """Its token signs nothing: who has it could say anything. Who has not, cannot."""
        return Delivery({**delivery.headers, "x-callback-token": TOKEN[:-1] + "8"}, delivery.body)

    def given_back(self) -> list[Money]:
        return [Money(row["amount"] * 100, "IDR") for row in self.refunds]
