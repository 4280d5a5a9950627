"""Stripe: card and wallets on Stripe's Checkout, through its official library.

An attempt is a Checkout Session; what pays it is its PaymentIntent, which names the charge and carries our payment's
id wherever Stripe speaks of it. The library keeps its own rules (what to retry, where to connect) out of this: its
questions go through the same careful door as everybody's.
"""

import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, date, datetime
from typing import Any

import stripe
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
    KeptMethod,
    KeysRefused,
    Movement,
    Notification,
    Reading,
)
from majlis.engines.billing.gateways.provider import Provider, absolute, bounds, digest, policy_for
from majlis.engines.billing.types import DisputeStatus, MovementKind, PaymentStatus
from majlis.kit import db
from majlis.kit.money import Money
from majlis.kit.outbound import OutboundRefused, fetch

LEAST = {"USD": 50, "EUR": 50, "GBP": 30, "SAR": 200, "AED": 200, "EGP": 3_000, "IDR": 800_000, "MYR": 200, "SGD": 50}
"""What Stripe takes of each currency at least, in minor units; others are not offered."""
LOCALES = frozenset({"en", "id"})
"""Ours that Stripe's page speaks; it finds the others by the browser."""
TOLERANCE = 300
"""Seconds a webhook may be old."""


class Door(stripe.HTTPClient):
    """The library's way out: once, in time, to a public address."""

    name = "majlis"

    def request(
        self, method: str, url: str, headers: Mapping[str, str] | None, post_data: Any = None, **_kwargs: Any
    ) -> tuple[str, int, Mapping[str, str]]:
        content = post_data.encode() if isinstance(post_data, str) else post_data
        try:
            answer = fetch(url, policy=policy_for(url), method=method.upper(), headers=headers, content=content)
        except OutboundRefused as fault:
            raise stripe.APIConnectionError(f"Stripe does not answer: {fault.code}.") from None
        return answer.content.decode(errors="replace"), answer.status, answer.headers

    def close(self) -> None:
        """Nothing is kept open."""


class Stripe(Provider):
    """Stripe Checkout."""

    code = provider = "stripe"
    name = _("Card (Stripe)")
    summary = _("Visa, Mastercard, Apple Pay or Google Pay on Stripe's page. It takes a minute.")
    needs = ("secret_key", "webhook_secret")
    live_url = "https://api.stripe.com"

    def is_live(self) -> bool:
        return "_live_" in self.setting("secret_key")

    def takes(self, money: Money, country: str) -> bool:
        return money.unit in LEAST and money.amount >= LEAST[money.unit]

    def client(self) -> Any:
        """The library, ready to ask. Must not be used inside a transaction."""
        db.refuse_transaction()
        return stripe.StripeClient(
            self.setting("secret_key"),
            base_addresses={"api": self.url()},
            http_client=Door(),
            max_network_retries=0,
        ).v1

    def greet(self) -> None:
        with asking():
            self.client().balance.retrieve()

    def begin(self, bill: Bill) -> Began:
        ours, back = {"payment": str(bill.payment_id)}, absolute(bill.return_url)
        intent: dict[str, Any] = {"metadata": ours, "description": f"{bill.description} {bill.reference}"}
        if bill.keep:
            intent["setup_future_usage"] = "off_session"
        with asking():
            client = self.client()
            customer = bill.customer_ref or self.new_customer(client, bill.payer_email, bill.payer_name, bill.payer_id)
            session = client.checkout.sessions.create(
                {
                    "mode": "payment",
                    "customer": customer,
                    "client_reference_id": str(bill.payment_id),
                    "line_items": [
                        {
                            "quantity": 1,
                            "price_data": {
                                "currency": bill.amount.unit.lower(),
                                "unit_amount": bill.amount.amount,
                                "product_data": {"name": f"{bill.description} ({bill.reference})"},
                            },
                        }
                    ],
                    "metadata": ours,
                    "payment_intent_data": intent,
                    "success_url": back,
                    "cancel_url": back,
                    "locale": bill.language if bill.language in LOCALES else "auto",
                },
                {"idempotency_key": f"payment:{bill.payment_id}"},
            )
        return Began(session.id, session.url, expires_at=seconds(session.expires_at), customer_ref=customer)

    def charge_saved(self, bill: Bill, method_ref: str) -> Began:
        wish = {
            "amount": bill.amount.amount,
            "currency": bill.amount.unit.lower(),
            "customer": bill.customer_ref,
            "payment_method": method_ref,
            "off_session": True,
            "confirm": True,
            "description": f"{bill.description} {bill.reference}",
            "metadata": {"payment": str(bill.payment_id)},
        }
        with asking():
            try:
                intent = self.client().payment_intents.create(wish, {"idempotency_key": f"payment:{bill.payment_id}"})
                return Began(str(intent.id), customer_ref=bill.customer_ref)
            except stripe.CardError as declined:
                found = facts(declined.error).get("payment_intent") if declined.error else None
                if not found:
                    raise
                return Began(str(found["id"]), customer_ref=bill.customer_ref)

    @staticmethod
    def new_customer(client: Any, email: str, name: str, person_id: Any) -> str:
        """Stripe's customer of a person, made once."""
        wish = {"email": email, "name": name, "metadata": {"person": str(person_id)}}
        key = digest(json.dumps(wish, sort_keys=True).encode())
        return str(client.customers.create(wish, {"idempotency_key": f"customer:{key}"}).id)

    def _intent(self, client: Any, ref: str) -> tuple[dict[str, Any] | None, str]:
        """The PaymentIntent behind an attempt (None before there is one), and the session's state."""
        whole = {"expand": ["latest_charge"]}
        if ref.startswith("pi_"):
            return facts(client.payment_intents.retrieve(ref, whole)), ""
        session = facts(client.checkout.sessions.retrieve(ref))
        intent = session.get("payment_intent")
        return (facts(client.payment_intents.retrieve(intent, whole)) if intent else None), str(session["status"])

    def read(self, ref: str, *, wanted: bool = True) -> Reading:
        with asking():
            client = self.client()
            intent, session = self._intent(client, ref)
            if intent is None or intent["status"] != "succeeded":
                return Reading(*unpaid(intent, session), asks_payer=asks_payer(intent))
            arrived = intent.get("amount_received", intent["amount"])
            charge = ChargeSeen(intent["id"], money_in(arrived, intent["currency"]))
            return Reading(
                PaymentStatus.SUCCEEDED,
                (charge,),
                disputes=tuple(self._disputes(client, intent)),
                kept=self._kept(client, intent),
            )

    @staticmethod
    def _kept(client: Any, intent: dict[str, Any]) -> KeptMethod | None:
        method = intent.get("payment_method")
        if not method or intent.get("setup_future_usage") != "off_session":
            return None
        card = facts(client.payment_methods.retrieve(method)).get("card") or {}
        return KeptMethod(method, f"{str(card.get('brand', 'card')).title()} •••• {card.get('last4', '')}")

    @staticmethod
    def _disputes(client: Any, intent: dict[str, Any]) -> Iterator[DisputeSeen]:
        if not (intent.get("latest_charge") or {}).get("disputed"):
            return
        for row in facts(client.disputes.list({"payment_intent": intent["id"]}))["data"]:
            yield DisputeSeen(
                row["id"],
                money_in(row["amount"], row["currency"]),
                VERDICTS.get(row["status"], DisputeStatus.OPEN),
                reason=str(row.get("reason") or ""),
                answer_by=seconds((row.get("evidence_details") or {}).get("due_by")),
            )

    def open_envelope(self, delivery: Delivery) -> Notification:
        given, text = delivery.headers.get("stripe-signature", ""), delivery.body.decode(errors="replace")
        for secret in filter(None, self.setting("webhook_secret").split(",")):  # two while one is being replaced
            try:
                stripe.WebhookSignature.verify_header(text, given, secret.strip(), TOLERANCE)
                break
            except (stripe.SignatureVerificationError, ValueError):
                continue
        else:
            raise BadSignature()
        try:
            event = json.loads(text)
            return about(str(event["id"]), str(event["type"]), event["data"]["object"])
        except (ValueError, KeyError, TypeError):
            raise BadSignature() from None

    def give_back(
        self, ref: str, money: Money, key: str, reason: str, *, before: Money, again: bool = False
    ) -> GivenBack:
        with asking():
            client = self.client()
            intent, _session = self._intent(client, ref)
            if intent is None:
                return GivenBack("", done=False, problem=_("Nothing was paid."))
            earlier = facts(client.refunds.list({"payment_intent": intent["id"], "limit": 100}))["data"]
            refund = next((row for row in earlier if (row.get("metadata") or {}).get("refund") == key), None)
            if refund is None:
                try:
                    wish = {"payment_intent": intent["id"], "amount": money.amount, "metadata": {"refund": key}}
                    refund = facts(client.refunds.create(wish, {"idempotency_key": f"refund:{key}"}))
                except stripe.InvalidRequestError as refused:
                    return GivenBack("", done=False, problem=str(refused.user_message or refused.code)[:300])
        lost = refund["status"] in ("failed", "canceled")
        problem = str(refund.get("failure_reason") or refund["status"]) if lost else ""
        return GivenBack(refund["id"], done=refund["status"] == "succeeded", problem=problem)

    def stop(self, ref: str) -> None:
        with asking():
            client = self.client()
            try:
                if ref.startswith("cs_"):
                    client.checkout.sessions.expire(ref)
            except stripe.InvalidRequestError:
                return  # it is paid, over, or was never there

    def movements(self, day: date, refs: Sequence[str]) -> DayReport:
        begins, ends = bounds(day)
        query = {
            "created": {"gte": int(begins.timestamp()), "lt": int(ends.timestamp())},
            "limit": 100,
            "expand": ["data.source"],
        }
        with asking():
            rows = self.client().balance_transactions.list(query).auto_paging_iter()
            return DayReport(tuple(filter(None, (moved_in(facts(row)) for row in rows))))


class asking:
    """Turns the library's errors into ours; one about the question itself is a fault of this file and flies on, except
    where it is caught nearer."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, fault: BaseException | None, trace: Any) -> None:
        if isinstance(fault, stripe.AuthenticationError | stripe.PermissionError):
            raise KeysRefused() from None
        if isinstance(fault, stripe.StripeError):
            raise GatewayUnreachable() from fault


VERDICTS = {
    "won": DisputeStatus.WON,
    "warning_closed": DisputeStatus.WON,
    "prevented": DisputeStatus.WON,
    "lost": DisputeStatus.LOST,
}


def facts(thing: Any) -> dict[str, Any]:
    """An object of the library as plain values."""
    return dict(thing.to_dict())


def money_in(amount: Any, currency: Any) -> Money:
    """Stripe's minor units."""
    return Money(int(amount), str(currency).upper())


def unpaid(intent: dict[str, Any] | None, session: str) -> tuple[PaymentStatus, tuple[ChargeSeen, ...], str]:
    """How an attempt without money stands, and why."""
    if session == "expired":
        return PaymentStatus.EXPIRED, (), ""
    if intent is None:
        return PaymentStatus.PENDING, (), ""
    if intent["status"] == "canceled":
        return PaymentStatus.CANCELLED, (), ""
    # While its page is open the buyer may try another card: only what failed afterwards has failed.
    if intent["status"] == "requires_payment_method" and session in ("complete", ""):
        fault = intent.get("last_payment_error") or {}
        return (PaymentStatus.FAILED if fault else PaymentStatus.PENDING), (), str(fault.get("message") or "")[:300]
    return PaymentStatus.PENDING, (), ""


def asks_payer(intent: dict[str, Any] | None) -> bool:
    """Whether it failed because the payer's bank wants them to confirm it."""
    fault = (intent or {}).get("last_payment_error") or {}
    return "authentication_required" in (fault.get("code"), fault.get("decline_code"))


def about(event_id: str, kind: str, thing: dict[str, Any]) -> Notification:
    """What an event is about: the subscription, the session, the payment of ours it carries, or the PaymentIntent."""
    ours = (thing.get("metadata") or {}).get("payment")
    ref = subscription_in(thing) or (thing["id"] if thing.get("object") == "checkout.session" else None)
    ref = ref or ours or thing.get("payment_intent") or thing["id"]
    return Notification(event_id, str(ref), kind)


def subscription_in(thing: dict[str, Any]) -> str:
    """The subscription that an object is, began, or bills; empty if none. Messages come in the version of the API that
    the account chose, so both places are looked at."""
    if thing.get("object") == "subscription":
        return str(thing["id"])
    details = (thing.get("parent") or {}).get("subscription_details") or {}
    return name_of(thing.get("subscription") or details.get("subscription"))


def name_of(thing: Any) -> str:
    """The id of what Stripe gives as an id or whole; empty for nothing."""
    return str(thing["id"] if isinstance(thing, dict) else thing or "")


def seconds(stamp: Any) -> datetime | None:
    """Stripe's times are seconds."""
    return datetime.fromtimestamp(int(stamp), UTC) if stamp else None


def moved_in(row: dict[str, Any]) -> Movement | None:
    """A line of Stripe's balance, if it is about a buyer's money."""
    source, kind = row.get("source"), str(row["type"])
    if not isinstance(source, dict):
        return None
    if kind in ("charge", "payment"):
        what, ref = MovementKind.CHARGE, str(source.get("payment_intent") or source["id"])
    elif kind in ("refund", "payment_refund"):
        what, ref = MovementKind.REFUND, str(source["id"])
    elif kind == "adjustment" and source.get("object") == "dispute":
        what, ref = MovementKind.DISPUTE, str(source["id"])
    else:
        return None
    # The balance is in the account's currency; what the buyer paid is the source's.
    ours = (source.get("metadata") or {}).get("payment", "")
    return Movement(
        what,
        ref,
        money_in(abs(int(source["amount"])), source["currency"]),
        str(ours),
        seconds(row["created"]),
        money_in(row["fee"], row["currency"]),
    )
