"""Fawry's reference numbers, its hosted page, and its notifications (V2)."""

import hashlib
import json
from decimal import Decimal
from typing import Any
from uuid import uuid4

from majlis.engines.billing.gateways.base import Delivery
from majlis.engines.billing.tests.providers.server import Asked, Double
from majlis.kit import clock
from majlis.kit.money import Money

MERCHANT, KEY = "1tSa6uxz2nTESTCODE==", "259af31f-TEST-security-key-0123456789"
NOT_FOUND = {"type": "PaymentStatusResponse", "statusCode": 9938, "statusDescription": "Payment not found"}


def sha(*parts: str) -> str:
    return hashlib.sha256("".join(parts).encode()).hexdigest()


def two(value: Any) -> str:
    return f"{Decimal(str(value)):.2f}"


class FawryDouble(Double):
    provider = "fawry"
    codes = ("fawry", "fawry_card", "fawry_wallet")
    unit = "EGP"

    def __init__(self) -> None:
        super().__init__()
        self.orders: dict[str, dict[str, Any]] = {}
        self.refunds: list[tuple[str, Decimal]] = []
        self.pages: dict[str, dict[str, Any]] = {}

    def settings(self) -> dict[str, str]:
        return {"merchant_code": MERCHANT, "security_key": KEY, "url": self.url}

    def on_get(self, asked: Asked) -> tuple[int, Any]:
        ref = asked.query.get("merchantRefNumber", "")
        if asked.path != "/ECommerceWeb/Fawry/payments/status/v2":
            return self.nothing(asked)
        if asked.query["merchantCode"] != MERCHANT:
            return 200, {"statusCode": 9901, "statusDescription": "Merchant code is invalid"}
        if asked.query["signature"] != sha(MERCHANT, ref, KEY):
            return 200, {"statusCode": 9946, "statusDescription": "Wrong Signature"}
        order = self.orders.get(ref)
        return 200, {**order, "statusCode": 200} if order else NOT_FOUND

    def on_post(self, asked: Asked) -> tuple[int, Any]:
        wish = asked.json
        if asked.path == "/ECommerceWeb/Fawry/payments/charge":
            return self._charge(wish)
        if asked.path == "/fawrypay-api/api/payments/init":
            return self._init(wish)
        if asked.path == "/ECommerceWeb/Fawry/payments/refund":
            return self._refund(wish)
        if asked.path == "/ECommerceWeb/api/orders/cancel-unpaid-order":
            if wish["signature"] != sha(wish["orderRefNo"], MERCHANT, wish["lang"], KEY):
                return 200, {"code": 9946, "description": "Wrong Signature"}
            self._by_number(wish["orderRefNo"])["orderStatus"] = "CANCELED"
            return 200, {"code": "200", "description": "Operation done successfully"}
        return self.nothing(asked)

    def _charge(self, wish: dict[str, Any]) -> tuple[int, Any]:
        ref = wish["merchantRefNum"]
        if wish["signature"] != sha(
            MERCHANT, ref, wish["customerProfileId"], wish["paymentMethod"], two(wish["amount"]), KEY
        ):
            return 200, {"type": "ChargeResponse", "statusCode": 9946, "statusDescription": "Wrong Signature"}
        if ref in self.orders:
            return 200, {"type": "ChargeResponse", "statusCode": 9929, "statusDescription": "Order already exists"}
        order = self._open(ref, wish)
        return 200, {
            "type": "ChargeResponse",
            "referenceNumber": order["fawryRefNumber"],
            "merchantRefNumber": ref,
            "expirationTime": wish.get("paymentExpiry"),
            "statusCode": 200,
            "statusDescription": "Operation done successfully",
        }

    def _init(self, wish: dict[str, Any]) -> tuple[int, Any]:
        item = wish["chargeItems"][0]
        item_signed = f"{item['itemId']}{item['quantity']}{two(item['price'])}"
        signed = (MERCHANT, wish["merchantRefNum"], wish["customerProfileId"], wish["returnUrl"], item_signed, KEY)
        if wish["signature"] != sha(*signed):
            return 400, {"statusCode": 9946, "statusDescription": "Wrong Signature"}
        self.pages[wish["merchantRefNum"]] = wish
        return 200, f"{self.url}/page/{wish['merchantRefNum']}?back={wish['returnUrl']}"

    def _open(self, ref: str, wish: dict[str, Any]) -> dict[str, Any]:
        amount = wish.get("amount") or wish["chargeItems"][0]["price"]
        self.orders[ref] = {
            "requestId": uuid4().hex,
            "fawryRefNumber": str(990_000_000 + len(self.orders)),
            "merchantRefNumber": ref,
            "customerMail": wish["customerEmail"],
            "paymentAmount": amount,
            "orderAmount": amount,
            "fawryFees": 0.0,
            "orderStatus": "NEW",
            "paymentMethod": "PayAtFawry",
            "orderExpiryDate": wish.get("paymentExpiry"),
        }
        return self.orders[ref]

    def _by_number(self, number: str) -> dict[str, Any]:
        return next(order for order in self.orders.values() if order["fawryRefNumber"] == number)

    def _refund(self, wish: dict[str, Any]) -> tuple[int, Any]:
        signed = (MERCHANT, wish["referenceNumber"], two(wish["refundAmount"]), wish["reason"], KEY)
        if wish["signature"] != sha(*signed):
            return 200, {"type": "ResponseDataModel", "statusCode": 9946, "statusDescription": "Wrong Signature"}
        order = self._by_number(wish["referenceNumber"])
        gone = sum((each for number, each in self.refunds if number == wish["referenceNumber"]), Decimal())
        whole, wanted = Decimal(str(order["orderAmount"])), Decimal(str(wish["refundAmount"]))
        if gone + wanted > whole:
            return 200, {"statusCode": 9935, "statusDescription": "Refund amount is more than the paid amount"}
        self.refunds.append((wish["referenceNumber"], wanted))
        order["orderStatus"] = "REFUNDED" if gone + wanted == whole else "PARTIAL_REFUNDED"
        return 200, {"type": "ResponseDataModel", "statusCode": 200, "statusDescription": "Operation done successfully"}

    def _order(self, ref: str) -> dict[str, Any]:
        return self.orders.get(ref) or self._open(ref, self.pages[ref])

    def pay(self, ref: str, money: Money | None = None) -> None:
        order = self._order(ref)
        if money:
            order |= {"paymentAmount": str(money.decimal), "orderAmount": str(money.decimal)}
        order |= {"orderStatus": "PAID", "paymentTime": int(clock.now().timestamp() * 1000)}
        order["paymentRefrenceNumber"] = "24480"

    def fail(self, ref: str) -> None:
        self._order(ref)["orderStatus"] = "FAILED"

    def event(self, ref: str) -> Delivery:
        return self._signed(self._order(ref))

    def event_of_stranger(self) -> Delivery:
        facts = {"fawryRefNumber": "970177", "merchantRefNumber": "another-shop", "orderStatus": "PAID"}
        return self._signed({**facts, "paymentAmount": 20.5, "orderAmount": 20.5, "paymentMethod": "CARD"})

    @staticmethod
    def _signed(facts: dict[str, Any]) -> Delivery:
        signed = (
            *(facts["fawryRefNumber"], facts["merchantRefNumber"]),
            *(two(facts["paymentAmount"]), two(facts["orderAmount"])),
            *(facts["orderStatus"], facts["paymentMethod"], facts.get("paymentRefrenceNumber", ""), KEY),
        )
        return Delivery(
            {"content-type": "application/json"}, json.dumps({**facts, "messageSignature": sha(*signed)}).encode()
        )

    def tampered(self, delivery: Delivery) -> Delivery:
        body = json.loads(delivery.body)
        body["paymentAmount"] = body["orderAmount"] = 1
        return Delivery(delivery.headers, json.dumps(body).encode())

    def given_back(self) -> list[Money]:
        return [Money(int(each * 100), "EGP") for _number, each in self.refunds]
