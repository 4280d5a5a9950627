"""Stripe's API as far as a Checkout, its refunds, disputes and balance go, with its idempotency and its signatures."""

import hashlib
import hmac
import json
from threading import Lock
from typing import Any

from majlis.engines.billing.gateways.base import Delivery
from majlis.engines.billing.tests.providers.server import Asked, stamp
from majlis.engines.billing.tests.providers.stripe_billing import Billing
from majlis.engines.billing.tests.providers.stripe_words import fault, listed, metadata, new
from majlis.kit import clock
from majlis.kit.money import Money

KEY, SIGNING = "sk_test_4eC39HqLyjWDarjtT1zdp7dc", "whsec_0123456789abcdef0123456789abcdef"


class StripeDouble(Billing):
    provider = "stripe"
    codes = ("stripe",)
    unit = "USD"

    def __init__(self) -> None:
        super().__init__()
        self.sessions: dict[str, dict[str, Any]] = {}
        self.intents: dict[str, dict[str, Any]] = {}
        self.refunds: list[dict[str, Any]] = []
        self.disputes: list[dict[str, Any]] = []
        self.balance: list[dict[str, Any]] = []
        self.customers: list[dict[str, str]] = []
        self.asks_payer = False
        """Whether the bank wants the payer to confirm."""
        self.one_at_a_time = Lock()
        self.answers: dict[str, tuple[bytes, tuple[int, Any]]] = {}

    def settings(self) -> dict[str, str]:
        return {"secret_key": KEY, "webhook_secret": SIGNING, "url": self.url}

    def answer(self, asked: Asked) -> tuple[int, Any]:
        if asked.path.startswith("/page/"):
            return super().answer(asked)
        if asked.headers.get("authorization") != f"Bearer {KEY}":
            return 401, fault("invalid_request_error", "api_key", "Invalid API Key provided")
        key = asked.headers.get("idempotency-key", "")
        if asked.method != "POST" or not key:
            return self.billing(asked) or super().answer(asked)
        with self.one_at_a_time:
            if key not in self.answers:
                self.answers[key] = asked.body, self.billing(asked) or super().answer(asked)
            body, said = self.answers[key]
        if body == asked.body:
            return said
        return 400, fault("idempotency_error", "", "Keys for idempotent requests can only be used with the same")

    def on_get(self, asked: Asked) -> tuple[int, Any]:
        path = asked.path.removeprefix("/v1/")
        kind, _slash, name = path.rpartition("/")
        if path == "balance":
            return 200, {"object": "balance", "available": []}
        if path == "balance_transactions":
            begins, ends = int(asked.query["created[gte]"]), int(asked.query["created[lt]"])
            return 200, listed([row for row in self.balance if begins <= row["created"] < ends])
        if path == "refunds":
            return 200, listed([row for row in self.refunds if row["payment_intent"] == asked.query["payment_intent"]])
        if path == "disputes":
            return 200, listed([row for row in self.disputes if row["payment_intent"] == asked.query["payment_intent"]])
        if kind == "payment_methods":
            return 200, {"id": name, "object": "payment_method", "card": {"brand": "visa", "last4": "4242"}}
        if kind == "payment_intents" and name in self.intents and asked.query.get("expand[0]") == "latest_charge":
            contested = any(row["payment_intent"] == name for row in self.disputes)
            intent = self.intents[name]
            return 200, {**intent, "latest_charge": {"id": intent["latest_charge"], "disputed": contested}}
        found = {"checkout/sessions": self.sessions, "payment_intents": self.intents}.get(kind, {}).get(name)
        return (200, found) if found else (404, fault("invalid_request_error", "resource_missing", f"No such {name}"))

    def on_post(self, asked: Asked) -> tuple[int, Any]:
        path, form = asked.path.removeprefix("/v1/"), asked.form
        if path == "customers":
            self.customers.append({"id": new("cus"), "object": "customer", **form})
            return 200, self.customers[-1]
        if path == "checkout/sessions":
            return 200, self._session(form)
        if path.startswith("checkout/sessions/") and path.endswith("/expire"):
            session = self.sessions.get(path.split("/")[2])
            if session is None or session["status"] != "open":
                return 400, fault("invalid_request_error", "resource_missing", "This Session cannot be expired")
            session["status"] = "expired"
            return 200, session
        if path == "payment_intents":
            return self._charge_saved(form)
        if path == "refunds":
            return self._refund(form)
        return self.nothing(asked)

    def _session(self, form: dict[str, str]) -> dict[str, Any]:
        if form["mode"] == "subscription":
            return self._page_of_subscription(form)
        ref = new("cs_test")
        self.sessions[ref] = {
            "id": ref,
            "object": "checkout.session",
            "status": "open",
            "payment_status": "unpaid",
            "payment_intent": None,
            "amount_total": int(form["line_items[0][price_data][unit_amount]"]),
            "currency": form["line_items[0][price_data][currency]"],
            "customer": form["customer"],
            "metadata": metadata(form),
            "url": f"{self.url}/page/{ref}?back={form['success_url']}#{'fid' * 250}",  # so long are the real ones
            "expires_at": int(stamp()) + 86_400,
            "intent": metadata(form, "payment_intent_data[metadata]"),
            "keep": form.get("payment_intent_data[setup_future_usage]"),
        }
        return self.sessions[ref]

    def _page_of_subscription(self, form: dict[str, str]) -> dict[str, Any]:
        ref = new("cs_test")
        self.sessions[ref] = {
            "id": ref,
            "object": "checkout.session",
            "mode": "subscription",
            "status": "open",
            "subscription": None,
            "customer": form["customer"],
            "metadata": metadata(form),
            "url": f"{self.url}/page/{ref}?back={form['success_url']}",
            "price": form["line_items[0][price]"],
            "trial": int(form.get("subscription_data[trial_period_days]", 0)),
            "ours": metadata(form, "subscription_data[metadata]")["subscription"],
        }
        return self.sessions[ref]

    def complete(self, ref: str) -> str:
        """The member gives a card on the page of a subscription; its name."""
        session = self.sessions[ref]
        begun = self.subscribe(session["customer"], session["price"], ours=session["ours"], trial=session["trial"])
        session |= {"status": "complete", "url": None, "subscription": begun}
        return begun

    def charge(self, money: Money) -> str:
        intent = self._intent({"intent": {}, "keep": None}, money)
        self._book("charge", money.amount, self._source(intent))
        return str(intent["id"])

    def _intent(self, session: dict[str, Any], money: Money) -> dict[str, Any]:
        intent = {
            "id": new("pi"),
            "object": "payment_intent",
            "status": "succeeded",
            "amount": money.amount,
            "amount_received": money.amount,
            "currency": money.unit.lower(),
            "metadata": session["intent"],
            "latest_charge": new("ch"),
            "payment_method": "pm_card_visa_test",
            "setup_future_usage": session["keep"],
            "last_payment_error": None,
        }
        self.intents[intent["id"]] = intent
        return intent

    def _charge_saved(self, form: dict[str, str]) -> tuple[int, Any]:
        money = Money(int(form["amount"]), form["currency"].upper())
        intent = self._intent({"intent": metadata(form), "keep": None}, money)
        if self.declines or self.asks_payer:
            code = "authentication_required" if self.asks_payer else "card_declined"
            wrong = {"code": code, "message": "Your card was declined."}
            intent |= {"status": "requires_payment_method", "amount_received": 0, "last_payment_error": wrong}
            return 402, fault("card_error", code, "Your card was declined.", payment_intent=intent)
        self._book("charge", money.amount, self._source(intent))
        return 200, intent

    def _refund(self, form: dict[str, str]) -> tuple[int, Any]:
        intent = self.intents[form["payment_intent"]]
        gone = sum(row["amount"] for row in self.refunds if row["payment_intent"] == intent["id"])
        amount = int(form["amount"])
        if gone + amount > intent["amount_received"]:
            words = "Refund amount is greater than unrefunded amount on charge"
            return 400, fault("invalid_request_error", "", words)
        row = {
            "id": new("re"),
            "object": "refund",
            "amount": amount,
            "currency": intent["currency"],
            "payment_intent": intent["id"],
            "metadata": metadata(form),
            "status": "pending" if self.refund_waits else "succeeded",
        }
        self.refunds.append(row)
        self._book("refund", -amount, row)
        return 200, row

    @staticmethod
    def _source(intent: dict[str, Any]) -> dict[str, Any]:
        names = ("amount", "currency", "metadata")
        facts = {name: intent[name] for name in names}
        return {"id": intent["latest_charge"], "object": "charge", "payment_intent": intent["id"], **facts}

    def _book(self, kind: str, amount: int, source: dict[str, Any]) -> None:
        self.balance.append(
            {
                "id": new("txn"),
                "object": "balance_transaction",
                "type": kind,
                "amount": amount,
                "fee": 59,
                "currency": "usd",
                "created": int(clock.now().timestamp()),
                "source": source,
            }
        )

    def settle_refunds(self) -> None:
        for row in self.refunds:
            row["status"] = "succeeded"

    def pay(self, ref: str, money: Money | None = None) -> None:
        session = self.sessions[ref]
        intent = self._intent(session, money or Money(session["amount_total"], session["currency"].upper()))
        session |= {"status": "complete", "payment_status": "paid", "payment_intent": intent["id"]}
        session |= {"amount_total": intent["amount"], "currency": intent["currency"]}
        self._book("charge", intent["amount"], self._source(intent))

    def fail(self, ref: str) -> None:
        session = self.sessions[ref]
        intent = self._intent(session, Money(session["amount_total"], session["currency"].upper()))
        wrong = {"code": "card_declined", "message": "Your card was declined."}
        intent |= {"status": "requires_payment_method", "amount_received": 0, "last_payment_error": wrong}
        session |= {"status": "complete", "payment_intent": intent["id"]}

    def contest(self, ref: str, status: str = "needs_response") -> Delivery:
        """The buyer's bank asks for the money; or what came of it."""
        intent = self.intents[self.sessions[ref]["payment_intent"]]
        if not self.disputes:
            row = {"id": new("dp"), "object": "dispute", "payment_intent": intent["id"], "reason": "fraudulent"}
            row |= {"amount": intent["amount"], "currency": intent["currency"], "metadata": {}}
            self.disputes.append({**row, "evidence_details": {"due_by": int(stamp()) + 864_000}})
            self._book("adjustment", -intent["amount"], self.disputes[0])
        self.disputes[0]["status"] = status
        return self.signed("charge.dispute.updated", self.disputes[0])

    def event(self, ref: str) -> Delivery:
        session = self.sessions[ref]
        kinds = {"open": "checkout.session.created", "expired": "checkout.session.expired"}
        return self.signed(kinds.get(session["status"], "checkout.session.completed"), session)

    def event_of_stranger(self) -> Delivery:
        thing = {"id": new("cs_test"), "object": "checkout.session", "payment_status": "unpaid", "metadata": {}}
        return self.signed("checkout.session.completed", thing)

    @staticmethod
    def signed(kind: str, thing: dict[str, Any], *, at: float | None = None) -> Delivery:
        body = json.dumps({"id": new("evt"), "object": "event", "type": kind, "data": {"object": thing}}).encode()
        time = str(int(at or stamp()))
        given = hmac.new(SIGNING.encode(), f"{time}.".encode() + body, hashlib.sha256).hexdigest()
        return Delivery({"stripe-signature": f"t={time},v1={given}", "content-type": "application/json"}, body)

    def tampered(self, delivery: Delivery) -> Delivery:
        return Delivery(delivery.headers, delivery.body.replace(b'"usd"', b'"eur"'))

    def given_back(self) -> list[Money]:
        return [Money(row["amount"], row["currency"].upper()) for row in self.refunds]
