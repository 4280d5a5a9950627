"""Stripe's Billing in the same manner: prices, subscriptions, invoices, proration to the second, a page for members."""

from datetime import UTC, datetime, timedelta
from typing import Any

from majlis.engines.billing.gateways.base import Delivery
from majlis.engines.billing.tests.providers.server import Asked, Double
from majlis.engines.billing.tests.providers.stripe_words import fault, listed, metadata, new
from majlis.kit import clock
from majlis.kit.money import Money

DAYS = {"day": 1, "week": 7, "month": 30, "year": 365}
"""How long a period lasts here: no calendar is needed to try what follows from it."""
GONE = ("canceled", "incomplete_expired")


def at(moment: datetime) -> int:
    return int(moment.timestamp())


class Billing(Double):
    """What Stripe knows of subscriptions. Time passes only when a test says so."""

    declines = False
    portal = True
    today: datetime | None = None
    """Its clock, where a test moved ours: it answers in a thread of its own."""

    def now(self) -> datetime:
        return self.today or clock.now()

    def __init__(self) -> None:
        super().__init__()
        self.prices: dict[str, dict[str, Any]] = {}
        self.subscriptions: dict[str, dict[str, Any]] = {}
        self.invoices: dict[str, dict[str, Any]] = {}
        self.paid_by: dict[str, str] = {}
        self.portals: list[dict[str, str]] = []

    # What it answers.

    def billing(self, asked: Asked) -> tuple[int, Any] | None:
        """An answer, where the question is about subscriptions."""
        kind, _slash, rest = asked.path.removeprefix("/v1/").partition("/")
        name, _slash, verb = ("", "", rest) if rest in ("create_preview", "sessions") else rest.partition("/")
        run = getattr(self, "_" + "_".join(filter(None, [asked.method.lower(), kind, verb])), None)
        return run(asked, *filter(None, [name])) if run else None

    def _post_billing_portal_sessions(self, asked: Asked) -> tuple[int, Any]:
        if not self.portal:
            return 400, fault("invalid_request_error", "", "No configuration provided and your default does not exist.")
        self.portals.append(asked.form)
        back = asked.form["return_url"]
        return 200, {"id": new("bps"), "object": "billing_portal.session", "url": f"{self.url}/page/portal?back={back}"}

    def _known(self, rows: dict[str, dict[str, Any]], name: str) -> tuple[int, Any]:
        found = rows.get(name)
        return (200, found) if found else (404, fault("invalid_request_error", "resource_missing", f"No such {name}"))

    def _get_prices(self, asked: Asked, name: str) -> tuple[int, Any]:
        return self._known(self.prices, name)

    def _post_prices(self, asked: Asked) -> tuple[int, Any]:
        form = asked.form
        ref = self.price(
            Money(int(form["unit_amount"]), form["currency"].upper()),
            form["recurring[interval]"],
            int(form["recurring[interval_count]"]),
        )
        self.prices[ref]["metadata"] = metadata(form)
        return 200, self.prices[ref]

    def _get_subscriptions(self, asked: Asked, name: str = "") -> tuple[int, Any]:
        if name:
            return self._known(self.subscriptions, name)
        rows = [row for row in self.subscriptions.values() if row["customer"] == asked.query["customer"]]
        return 200, listed([row for row in rows if row["status"] not in GONE])

    def _delete_subscriptions(self, asked: Asked, name: str) -> tuple[int, Any]:
        if name not in self.subscriptions or self.subscriptions[name]["status"] in GONE:
            return 404, fault("invalid_request_error", "resource_missing", f"No such subscription: {name}")
        self.end(name)
        return 200, self.subscriptions[name]

    def _post_subscriptions(self, asked: Asked, name: str) -> tuple[int, Any]:
        form, row = asked.form, self.subscriptions[name]
        if row["status"] in GONE:
            return 400, fault("invalid_request_error", "", "A canceled subscription can only update its metadata.")
        if "items[0][price]" in form:
            return self._change(row, form["items[0][price]"], int(form["proration_date"]))
        if "cancel_at=" in asked.body.decode().split("&"):
            row["cancel_at"] = None
        if "cancel_at_period_end" in form:
            row["cancel_at_period_end"] = form["cancel_at_period_end"] == "true"
        if "pause_collection[behavior]" in form:
            until = int(form["pause_collection[resumes_at]"])
            row["pause_collection"] = {"behavior": form["pause_collection[behavior]"], "resumes_at": until}
        elif "pause_collection=" in asked.body.decode().split("&"):
            row["pause_collection"] = None
        if form.get("billing_cycle_anchor") == "now":
            if self.declines:
                return 402, fault("card_error", "card_declined", "Your card was declined.")
            self.renew(name, begins=self.now())
        return 200, row

    def _post_subscriptions_resume(self, asked: Asked, name: str) -> tuple[int, Any]:
        self.subscriptions[name]["status"] = "active"
        self.renew(name, begins=self.now())
        return 200, self.subscriptions[name]

    def _get_invoices(self, asked: Asked, name: str = "") -> tuple[int, Any]:
        if name:
            return self._known(self.invoices, name)
        rows = [row for row in self.invoices.values() if of(row) == asked.query["subscription"]]
        return 200, listed(rows[::-1])

    def _post_invoices_create_preview(self, asked: Asked) -> tuple[int, Any]:
        form = asked.form
        row = self.subscriptions[form["subscription"]]
        begins = int(form["subscription_details[proration_date]"])
        lines = self._difference(row, form["subscription_details[items][0][price]"], begins)
        return 200, {**self._invoice(row, lines, "upcoming"), "id": None, "status": "draft"}

    def _get_invoice_payments(self, asked: Asked) -> tuple[int, Any]:
        wanted = {asked.query.get("invoice"), self.paid_by.get(asked.query.get("payment[payment_intent]", ""))}
        rows = [
            {"id": new("inpay"), "invoice": invoice, "payment": {"type": "payment_intent", "payment_intent": intent}}
            for intent, invoice in self.paid_by.items()
            if invoice in wanted
        ]
        return 200, listed(rows)

    # What happens there.

    def price(self, money: Money, interval: str = "month", count: int = 1) -> str:
        ref = new("price")
        self.prices[ref] = {
            "id": ref,
            "object": "price",
            "active": True,
            "billing_scheme": "per_unit",
            "currency": money.unit.lower(),
            "unit_amount": money.amount,
            "recurring": {"interval": interval, "interval_count": count, "usage_type": "licensed"},
        }
        return ref

    def subscribe(self, customer: str, price: str, *, ours: str = "", trial: int = 0, begins: Any = None) -> str:
        """Somebody subscribes: on the page, or by a hand of the operator's."""
        ref, begins = new("sub"), begins or self.now()
        row = {
            "id": ref,
            "object": "subscription",
            "status": "trialing" if trial else "incomplete" if self.declines else "active",
            "customer": customer,
            "currency": self.prices[price]["currency"],
            "metadata": {"subscription": ours} if ours else {},
            "items": {"object": "list", "data": [{"id": new("si"), "price": self.prices[price]}]},
            "cancel_at_period_end": False,
            "cancel_at": None,
            "pause_collection": None,
            "trial_start": at(begins) if trial else None,
            "trial_end": at(begins + timedelta(days=trial)) if trial else None,
            "created": at(begins),
        }
        self.subscriptions[ref] = row
        length = timedelta(days=trial) if trial else self._length(row)
        self._window(row, begins, begins + length)
        lines = [self._line(row, 0 if trial else self.prices[price]["unit_amount"], at(begins), at(begins + length))]
        self._settle(self._keep(row, lines, "subscription_create"))
        return ref

    def renew(self, ref: str, begins: Any = None) -> str:
        """The next period is due: its invoice is made and, unless the card declines, paid."""
        row = self.subscriptions[ref]
        price = row["items"]["data"][0]["price"]
        starts = begins or datetime.fromtimestamp(row["items"]["data"][0]["current_period_end"], UTC)
        ends = starts + self._length(row)
        self._window(row, starts, ends)
        invoice = self._keep(row, [self._line(row, price["unit_amount"], at(starts), at(ends))], "subscription_cycle")
        if row["pause_collection"]:
            invoice["status"] = "void"
        else:
            row["status"] = "past_due" if self.declines else "active"
            self._settle(invoice)
        return str(invoice["id"])

    def collect(self, invoice: str, money: Money | None = None) -> None:
        """An open invoice is paid after all; or with other money than it asks for."""
        self.subscriptions[of(self.invoices[invoice])]["status"] = "active"
        self._settle(self.invoices[invoice], money)

    def mark_paid(self, invoice: str, *, counted: bool) -> None:
        """A hand in its dashboard says that an invoice was paid elsewhere; versions of the API differ in whether that
        counts as an amount paid."""
        row = self.invoices[invoice]
        self.subscriptions[of(row)]["status"] = "active"
        row |= {"status": "paid", "amount_paid": row["amount_due"] if counted else 0, "paid_out_of_band": True}

    def end(self, ref: str, status: str = "canceled") -> None:
        self.subscriptions[ref] |= {"status": status, "ended_at": at(self.now())}

    def word(self, kind: str, thing: str) -> Delivery:
        """What it sends about a subscription or an invoice as it stands now."""
        found = self.subscriptions.get(thing) or self.invoices[thing]
        return self.signed(kind, found)  # type: ignore[attr-defined, no-any-return]

    # How.

    def _length(self, row: dict[str, Any]) -> timedelta:
        rhythm = row["items"]["data"][0]["price"]["recurring"]
        return timedelta(days=DAYS[rhythm["interval"]] * rhythm["interval_count"])

    @staticmethod
    def _window(row: dict[str, Any], starts: datetime, ends: datetime) -> None:
        row["items"]["data"][0] |= {"current_period_start": at(starts), "current_period_end": at(ends)}

    @staticmethod
    def _line(row: dict[str, Any], amount: int, starts: int, ends: int, price: Any = None, part: bool = False) -> Any:
        item = row["items"]["data"][0]
        details = {"subscription": row["id"], "subscription_item": item["id"], "proration": part}
        return {
            "id": new("il"),
            "object": "line_item",
            "amount": amount,
            "currency": row["currency"],
            "period": {"start": starts, "end": ends},
            "pricing": {"type": "price_details", "price_details": {"price": (price or item["price"])["id"]}},
            "parent": {"type": "subscription_item_details", "subscription_item_details": details},
        }

    def _difference(self, row: dict[str, Any], price: str, begins: int) -> list[Any]:
        """To the second, as Stripe does; another rhythm begins a new period at its full price."""
        item, new_price = row["items"]["data"][0], self.prices[price]
        starts, ends = item["current_period_start"], item["current_period_end"]
        left = (ends - begins) / (ends - starts)
        credit = self._line(row, -round(item["price"]["unit_amount"] * left), begins, ends, part=True)
        if new_price["recurring"] == item["price"]["recurring"]:
            return [credit, self._line(row, round(new_price["unit_amount"] * left), begins, ends, new_price, part=True)]
        rhythm = new_price["recurring"]
        later = begins + DAYS[rhythm["interval"]] * rhythm["interval_count"] * 86_400
        return [credit, self._line(row, new_price["unit_amount"], begins, later, new_price)]

    def _change(self, row: dict[str, Any], price: str, begins: int) -> tuple[int, Any]:
        lines = self._difference(row, price, begins)
        if self.declines and sum(line["amount"] for line in lines) > 0:
            return 402, fault("card_error", "card_declined", "Your card was declined.")
        invoice = self._keep(row, lines, "subscription_update")
        item = row["items"]["data"][0]
        item |= {"price": self.prices[price]}
        item |= {"current_period_start": lines[1]["period"]["start"], "current_period_end": lines[1]["period"]["end"]}
        self._settle(invoice)
        return 200, row

    def _invoice(self, row: dict[str, Any], lines: list[Any], why: str) -> dict[str, Any]:
        total = sum(line["amount"] for line in lines)
        return {
            "id": new("in"),
            "object": "invoice",
            "status": "open",
            "customer": row["customer"],
            "currency": row["currency"],
            "billing_reason": why,
            "lines": listed(lines),
            "total": total,
            "amount_due": max(0, total),
            "amount_paid": 0,
            "created": at(self.now()),
            "parent": {"type": "subscription_details", "subscription_details": {"subscription": row["id"]}},
        }

    def _keep(self, row: dict[str, Any], lines: list[Any], why: str) -> dict[str, Any]:
        invoice = self._invoice(row, lines, why)
        self.invoices[invoice["id"]] = invoice
        return invoice

    def _settle(self, invoice: dict[str, Any], money: Money | None = None) -> None:
        """Take what it asks for, if the card lets us."""
        asked = money or Money(invoice["amount_due"], invoice["currency"].upper())
        if asked and self.declines:
            return
        invoice |= {"status": "paid", "amount_paid": asked.amount, "currency": asked.unit.lower()}
        if asked:
            self.paid_by[self.charge(asked)] = invoice["id"]

    def charge(self, money: Money) -> str:
        """Take money from the card on file; the PaymentIntent's name."""
        raise NotImplementedError


def of(invoice: dict[str, Any]) -> str:
    return str(invoice["parent"]["subscription_details"]["subscription"])
