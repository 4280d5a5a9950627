"""Stripe's Billing: subscriptions that Stripe renews and charges by its own clock, and its page for members.

Read in the shapes of the library's version of the API, and in those of before 2025 (periods on the subscription, the
payment on the invoice), which older accounts and programs still speak.
"""

from collections.abc import Collection, Iterator
from datetime import datetime
from typing import Any

import stripe

from majlis.engines.billing.gateways.base import Began
from majlis.engines.billing.gateways.provider import absolute
from majlis.engines.billing.gateways.stripe import LOCALES, Stripe, asking, facts, money_in, name_of, seconds
from majlis.engines.billing.gateways.subscribing import (
    ChangeSeen,
    Declined,
    InvoiceSeen,
    NoMemberPage,
    PageSeen,
    PriceSeen,
    PriceWish,
    SubscriptionSeen,
    SubscriptionWish,
    UnknownThere,
)
from majlis.engines.billing.plan_types import MONTHS, Cycle, SubscriptionStatus
from majlis.kit import clock
from majlis.kit.money import Money
from majlis.kit.state import promised

S = SubscriptionStatus
STATES = {
    "incomplete": S.INCOMPLETE,
    "incomplete_expired": S.ENDED,
    "trialing": S.TRIALING,
    "active": S.ACTIVE,
    "past_due": S.PAST_DUE,
    "unpaid": S.UNPAID,
    "paused": S.PAUSED,
    "canceled": S.ENDED,
}
PAGE = "cs_"
MAX_ROWS = 100


class StripeBilling(Stripe):
    """Stripe, with the subscriptions it runs for us."""

    def find_price(self, ref: str) -> PriceSeen:
        with missing(), asking():
            price = facts(self.client().prices.retrieve(ref))
        rhythm, amount = price.get("recurring") or {}, price.get("unit_amount")
        cycle, days = cycle_of(str(rhythm.get("interval", "")), int(rhythm.get("interval_count") or 0))
        plain = rhythm.get("usage_type", "licensed") == "licensed" and price.get("billing_scheme") == "per_unit"
        money = money_in(amount, price["currency"]) if amount is not None and plain else None
        return PriceSeen(price["id"], money, cycle, days, active=bool(price["active"]))

    def make_price(self, wish: PriceWish) -> str:
        interval, count = rhythm_of(wish.cycle, wish.days)
        price = {
            "currency": wish.money.unit.lower(),
            "unit_amount": wish.money.amount,
            "recurring": {"interval": interval, "interval_count": count},
            "product_data": {"name": wish.name, "metadata": {"plan": wish.plan}},
            "metadata": {"price": str(wish.price_id)},
        }
        with asking():
            return str(self.client().prices.create(price, {"idempotency_key": f"price:{wish.price_id}"}).id)

    def is_page(self, ref: str) -> bool:
        return ref.startswith(PAGE)

    def names_subscription(self, ref: str) -> bool:
        return ref.startswith("sub_")

    def open_page(self, wish: SubscriptionWish) -> Began:
        ours, back = {"subscription": str(wish.subscription_id)}, absolute(wish.return_url)
        terms: dict[str, Any] = {"metadata": ours}
        if wish.trial_days:
            terms["trial_period_days"] = wish.trial_days
        with asking():
            client = self.client()
            customer = wish.customer_ref or self.new_customer(client, wish.email, wish.name, wish.person_id)
            session = client.checkout.sessions.create(
                {
                    "mode": "subscription",
                    "customer": customer,
                    "client_reference_id": str(wish.subscription_id),
                    "line_items": [{"price": wish.price_ref, "quantity": 1}],
                    "metadata": ours,
                    "subscription_data": terms,
                    "success_url": back,
                    "cancel_url": back,
                    "locale": wish.language if wish.language in LOCALES else "auto",
                },
                {"idempotency_key": f"subscription:{wish.subscription_id}"},
            )
        return Began(session.id, session.url, customer_ref=customer)

    def read_page(self, ref: str) -> PageSeen:
        with missing(), asking():
            session = facts(self.client().checkout.sessions.retrieve(ref))
        url = str(session.get("url") or "") if session["status"] == "open" else ""
        return PageSeen(url, name_of(session.get("subscription")))

    def read_subscription(self, ref: str) -> SubscriptionSeen:
        with missing(), asking():
            found = facts(self.client().subscriptions.retrieve(ref))
        item, pause = item_of(found), found.get("pause_collection")
        status = STATES.get(str(found["status"]), S.INCOMPLETE)
        stops = found.get("cancel_at_period_end") or found.get("cancel_at")
        if stops and status in (S.TRIALING, S.ACTIVE):
            status = S.CANCELED
        trial = seconds(found.get("trial_start")), seconds(found.get("trial_end"))
        return SubscriptionSeen(
            ref=found["id"],
            status=status,
            price_ref=price_in(item),
            customer_ref=name_of(found["customer"]),
            unit=str(found.get("currency") or (item.get("price") or item.get("plan") or {}).get("currency")).upper(),
            ours=str((found.get("metadata") or {}).get("subscription", "")),
            trial=(trial[0], trial[1]) if trial[0] and trial[1] else None,
            ends_at=seconds(item.get("current_period_end") or found.get("current_period_end")),
            pauses=bool(pause),
            resumes_at=seconds(pause.get("resumes_at")) if pause else None,
        )

    def read_invoices(self, ref: str, done: Collection[str] = ()) -> Iterator[InvoiceSeen]:
        with missing(), asking():
            rows = list(self.client().invoices.list({"subscription": ref, "limit": MAX_ROWS}).auto_paging_iter())
        found = [invoice_in(facts(row)) for row in rows if row["status"] != "draft" and row["id"] not in done]
        yield from sorted(filter(None, found), key=lambda each: (each.starts_at, each.made_at, each.ref))

    def charges_of(self, invoice_ref: str) -> list[str]:
        with missing(), asking():
            client = self.client()
            invoice = facts(client.invoices.retrieve(invoice_ref))
            if "payment_intent" in invoice:
                return [name for name in [name_of(invoice["payment_intent"])] if name]
            rows = facts(client.invoice_payments.list({"invoice": invoice_ref, "status": "paid"}))["data"]
        names = [name_of(row["payment"].get("payment_intent")) for row in rows]
        return [name for name in names if name]

    def subscription_of_charge(self, charge_ref: str) -> str:
        wish = {"payment": {"type": "payment_intent", "payment_intent": charge_ref}}
        with missing(), asking():
            client = self.client()
            rows = facts(client.invoice_payments.list(wish))["data"]
            if not rows:
                return ""
            invoice = facts(client.invoices.retrieve(name_of(rows[0]["invoice"])))
        return subscription_billed(invoice)

    def subscriptions_of(self, customer_ref: str) -> list[str]:
        with missing(), asking():
            rows = self.client().subscriptions.list({"customer": customer_ref, "limit": MAX_ROWS})
            return [str(row["id"]) for row in rows.auto_paging_iter()]

    def preview_change(self, ref: str, price_ref: str, at: datetime) -> ChangeSeen:
        with missing(), asking():
            client = self.client()
            item = item_of(facts(client.subscriptions.retrieve(ref)))
            details = {
                "items": [{"id": item["id"], "price": price_ref}],
                "proration_behavior": "always_invoice",
                "proration_date": int(at.timestamp()),
            }
            wish = {"subscription": ref, "subscription_details": details}
            invoice = facts(client.invoices.create_preview(wish))
        seen = promised(invoice_in(invoice))
        charge = sum(line["amount"] for line in lines_of(invoice) if line["amount"] > 0)
        return ChangeSeen(seen.credit, Money(charge, seen.due.unit), seen.due, seen.starts_at, seen.ends_at)

    def change(self, ref: str, price_ref: str, at: datetime) -> None:
        with declined(), missing(), asking():
            client = self.client()
            item = item_of(facts(client.subscriptions.retrieve(ref)))
            wish = {
                "items": [{"id": item["id"], "price": price_ref}],
                "proration_behavior": "always_invoice",
                "proration_date": int(at.timestamp()),
                "payment_behavior": "error_if_incomplete",
            }
            client.subscriptions.update(
                ref, wish, {"idempotency_key": f"change:{ref}:{price_ref}:{at.timestamp():.0f}"}
            )

    def cancel(self, ref: str, *, at_once: bool) -> None:
        if self.is_page(ref):
            self.stop(ref)
            return
        with asking():
            client = self.client()
            try:
                if at_once:
                    client.subscriptions.cancel(ref)
                else:
                    client.subscriptions.update(ref, {"cancel_at_period_end": True})
            except stripe.InvalidRequestError:
                if STATES.get(facts(client.subscriptions.retrieve(ref))["status"]) != S.ENDED:
                    raise

    def keep(self, ref: str) -> None:
        with missing(), asking():
            client = self.client()
            found = facts(client.subscriptions.retrieve(ref))
            # An end on a day of its own is taken back otherwise than one with the period.
            on_a_day = found.get("cancel_at") and not found["cancel_at_period_end"]
            client.subscriptions.update(ref, {"cancel_at": ""} if on_a_day else {"cancel_at_period_end": False})

    def pause(self, ref: str, until: datetime) -> None:
        wish = {"pause_collection": {"behavior": "void", "resumes_at": int(until.timestamp())}}
        with missing(), asking():
            self.client().subscriptions.update(ref, wish)

    def resume(self, ref: str, *, afresh: bool) -> None:
        wish: dict[str, Any] = {"pause_collection": ""}
        if afresh:
            wish |= {"billing_cycle_anchor": "now", "proration_behavior": "none"}
            wish |= {"payment_behavior": "error_if_incomplete"}
        with declined(), missing(), asking():
            client = self.client()
            if facts(client.subscriptions.retrieve(ref))["status"] == "paused":
                client.subscriptions.resume(ref)
            else:
                client.subscriptions.update(ref, wish)

    def member_page(self, customer_ref: str, return_url: str, language: str) -> str:
        wish = {"customer": customer_ref, "return_url": absolute(return_url)}
        wish["locale"] = language if language in LOCALES else "auto"
        with asking():
            try:
                return str(self.client().billing_portal.sessions.create(wish).url)
            except stripe.InvalidRequestError:
                raise NoMemberPage() from None


class missing:
    """Says `UnknownThere` where Stripe has nothing of that name."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, fault: BaseException | None, trace: Any) -> None:
        cause = fault.__cause__ if fault is not None else None
        if isinstance(cause, stripe.InvalidRequestError) and cause.http_status == 404:
            raise UnknownThere() from None


class declined:
    """Says `Declined` where Stripe could not take what was due."""

    def __enter__(self) -> None:
        return None

    def __exit__(self, kind: Any, fault: BaseException | None, trace: Any) -> None:
        cause = fault.__cause__ if fault is not None else None
        if isinstance(cause, stripe.CardError) or getattr(cause, "http_status", 0) == 402:
            raise Declined() from None


def cycle_of(interval: str, count: int) -> tuple[str, int | None]:
    """Stripe's rhythm as a cycle of ours and its days; an empty one where we have none such."""
    if interval in ("day", "week"):
        return Cycle.DAYS, count * (7 if interval == "week" else 1)
    months = count * {"month": 1, "year": 12}.get(interval, 0)
    return next((cycle for cycle, each in MONTHS.items() if each == months), ""), None


def rhythm_of(cycle: str, days: int | None) -> tuple[str, int]:
    """A cycle of ours as Stripe's interval and count."""
    if cycle == Cycle.DAYS:
        return "day", days or 1
    return ("year", 1) if cycle == Cycle.YEAR else ("month", MONTHS[Cycle(cycle)])


def item_of(subscription: dict[str, Any]) -> dict[str, Any]:
    """What is subscribed to: subscriptions of ours have one item."""
    return dict((subscription["items"]["data"] or [{}])[0])


def price_in(thing: dict[str, Any]) -> str:
    """The price of an item or a line, wherever the version of the API puts it."""
    details = (thing.get("pricing") or {}).get("price_details") or {}
    return name_of(details.get("price") or thing.get("price") or thing.get("plan"))


def lines_of(invoice: dict[str, Any]) -> list[dict[str, Any]]:
    """The lines that come with an invoice (as many as one subscription has)."""
    return list(invoice["lines"]["data"])


def is_part(line: dict[str, Any]) -> bool:
    """Whether a line is about a part of a period."""
    parent = line.get("parent") or {}
    details = parent.get("subscription_item_details") or parent.get("invoice_item_details") or {}
    return bool(details.get("proration", line.get("proration")))


def subscription_billed(invoice: dict[str, Any]) -> str:
    """The subscription an invoice is of; empty if none."""
    details = (invoice.get("parent") or {}).get("subscription_details") or {}
    return name_of(invoice.get("subscription") or details.get("subscription"))


def invoice_in(invoice: dict[str, Any]) -> InvoiceSeen | None:
    """An invoice in our words; None for one without a line that says for when it is."""
    lines, unit = lines_of(invoice), str(invoice["currency"]).upper()
    whole = [line for line in lines if not is_part(line)]
    charged = [line for line in lines if line["amount"] > 0] or lines
    # What it is for: its whole period, else the part of one that it charges; of several, the one that ends last.
    main = max(whole or charged, key=lambda line: (line["period"]["end"], line["amount"]), default=None)
    if main is None or main["period"]["end"] <= main["period"]["start"]:
        return None
    credit = -sum(line["amount"] for line in lines if is_part(line) and line["amount"] < 0)
    due = Money(max(0, int(invoice["amount_due"])), unit)
    states = {"paid": "paid", "void": "void"}
    paid = Money(int(invoice["amount_paid"]), unit)
    if invoice["status"] == "paid" and not paid:
        paid = due  # outside Stripe, which some versions of the API do not count
    return InvoiceSeen(
        ref=str(invoice.get("id") or ""),
        state=states.get(str(invoice["status"]), "open"),
        paid=paid,
        due=due,
        listed=Money(sum(line["amount"] for line in whole), unit) if whole else None,
        credit=Money(credit, unit),
        price_ref=price_in(main),
        starts_at=promised(seconds(main["period"]["start"])),
        ends_at=promised(seconds(main["period"]["end"])),
        changes=invoice.get("billing_reason") == "subscription_update" or (bool(credit) and not whole),
        made_at=seconds(invoice.get("created") or invoice.get("date")) or clock.now(),
    )
