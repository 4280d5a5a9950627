"""What somebody buys, what the house keeps of it, and how each thing came to its state."""

from functools import cached_property
from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.types import Commission, LineStatus, OrderStatus
from majlis.kit.db import Record
from majlis.kit.money import Money, MoneyOf


class OrderRows(models.QuerySet["Order"]):
    """Filters on orders."""

    def visible_to(self, person: Any) -> "OrderRows":
        """The person's own orders."""
        return self.filter(buyer=person)


class Order(Record):
    """One purchase: its lines, and what they cost together, fixed when it was placed.

    There is no paid amount: the ledger knows. There is no refunded state: lines are refunded one by one.
    """

    number = models.CharField(max_length=12, unique=True)
    """What people call it; random, so that it tells nobody how much is sold."""
    buyer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    key = models.CharField(max_length=200)
    """The caller's idempotency key: the same purchase asked twice is one order."""
    status = models.CharField(max_length=8, choices=OrderStatus.choices, default=OrderStatus.DRAFT)
    unit = models.CharField(max_length=5)
    net_amount = models.BigIntegerField()
    tax_amount = models.BigIntegerField()
    fee_amount = models.BigIntegerField()
    total_amount = models.BigIntegerField()
    country = models.CharField(max_length=2)
    """Whose VAT it carries."""
    reverse_charge = models.BooleanField(default=False)
    """The buyer, a business abroad, accounts for the VAT: it carries none."""
    expires_at = models.DateTimeField(null=True)
    """An open order ends by itself then; None waits for ever."""
    wallet_hold_id = models.UUIDField(null=True)
    """The hold on the buyer's wallet for the part they chose to pay from it."""
    wallet_hold_amount = models.BigIntegerField(default=0)
    paid_at = models.DateTimeField(null=True)
    voided_at = models.DateTimeField(null=True)
    void_reason = models.CharField(max_length=300, blank=True)

    objects = OrderRows.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("order"), _("orders")
        constraints = [
            models.UniqueConstraint("buyer", "key", name="order_is_placed_once_per_key"),
            models.CheckConstraint(
                condition=Q(total_amount=F("net_amount") + F("tax_amount") + F("fee_amount"))
                & Q(net_amount__gte=0, tax_amount__gte=0, fee_amount__gte=0),
                name="order_total_is_the_sum_of_its_parts",
            ),
            models.CheckConstraint(
                condition=Q(status="paid", paid_at__isnull=False) | (~Q(status="paid") & Q(paid_at__isnull=True)),
                name="order_is_paid_when_it_says_when",
            ),
            models.CheckConstraint(condition=Q(wallet_hold_amount__gte=0), name="order_wallet_part_is_not_negative"),
        ]
        indexes = [
            models.Index(fields=["buyer", "-id"], name="orders_of_a_buyer"),
            models.Index(fields=["expires_at"], name="orders_that_may_expire", condition=Q(status="open")),
        ]

    def __str__(self) -> str:
        return self.number

    @cached_property
    def lines(self) -> list["OrderLine"]:
        """Its lines in order, read once."""
        return sorted(self.order_lines.all(), key=lambda line: line.position)

    net = MoneyOf("net_amount")
    tax = MoneyOf("tax_amount")
    fee = MoneyOf("fee_amount")
    total = MoneyOf("total_amount")
    wallet_part = MoneyOf("wallet_hold_amount")
    """What is set aside on the buyer's wallet for it."""


class OrderLine(Record):
    """One thing in an order, with its price, VAT, commission and refund policy as they were when it was bought.

    Once settled, four columns say where its money went; they add up to its total.
    """

    order = models.ForeignKey(Order, on_delete=models.PROTECT, related_name="order_lines")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=32)
    subject_id = models.UUIDField()
    """The product's row; no foreign key, since products stand above."""
    title = models.CharField(max_length=300)
    """What it was called when it was bought, in the buyer's language; its invoice says so."""
    called = ""
    """What its product calls it in the reader's language; queries fill it in."""
    seller = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    """Who earns it; None is the house."""
    status = models.CharField(max_length=8, choices=LineStatus.choices, default=LineStatus.OPEN)
    held = models.BooleanField(default=True)
    unit = models.CharField(max_length=5)
    price_amount = models.BigIntegerField()
    """The list price: what refund policies take their share of."""
    discount_amount = models.BigIntegerField(default=0)
    """What coupons took off the list price."""
    subsidy_amount = models.BigIntegerField(default=0)
    """What the house adds of it to escrow, net, where it bears a coupon on what somebody else sells."""
    traits = models.JSONField(default=dict)
    """What rules and coupons may ask about it: `{"variant": "trial", "cycle": "month", "family": "vpn"}`."""
    net_amount = models.BigIntegerField()
    tax_amount = models.BigIntegerField()
    fee_amount = models.BigIntegerField()
    total_amount = models.BigIntegerField()
    tax_basis_points = models.PositiveIntegerField()
    tax_included = models.BooleanField()
    commission_basis_points = models.PositiveIntegerField()
    commission_fixed = models.BigIntegerField()
    commission_rule = models.ForeignKey("billing.CommissionRule", on_delete=models.PROTECT, null=True, related_name="+")
    policy = models.JSONField(default=dict)
    releases_at = models.DateTimeField(null=True)
    release_reason = models.CharField(max_length=200, blank=True)
    settle_key = models.CharField(max_length=200, null=True)
    settled_at = models.DateTimeField(null=True)
    settle_reason = models.CharField(max_length=300, blank=True)
    to_buyer = models.BigIntegerField(default=0)
    to_seller = models.BigIntegerField(default=0)
    to_fees = models.BigIntegerField(default=0)
    to_tax = models.BigIntegerField(default=0)
    to_coupons = models.BigIntegerField(default=0)
    """Of the subsidy, what went back to the house with the buyer's refund."""
    divided_amount = models.BigIntegerField(default=0)
    """The share of the list price that was divided so far, where a line is settled part by part."""
    goodwill_amount = models.BigIntegerField(default=0)
    """Given to the buyer by the house after the line was settled; with `to_buyer` never more than the total."""
    clawed_amount = models.BigIntegerField(default=0)
    """Taken back from the seller after the line was settled; never more than `to_seller`."""

    class Meta:
        verbose_name, verbose_name_plural = _("order line"), _("order lines")
        constraints = [
            models.UniqueConstraint("order", "position", name="line_has_its_place"),
            models.CheckConstraint(
                condition=Q(total_amount=F("net_amount") + F("tax_amount") + F("fee_amount"))
                & Q(net_amount__gte=0, tax_amount__gte=0, fee_amount__gte=0, price_amount__gte=0),
                name="line_total_is_the_sum_of_its_parts",
            ),
            models.CheckConstraint(
                condition=Q(to_buyer__gte=0, to_seller__gte=0, to_fees__gte=0, to_tax__gte=0, to_coupons__gte=0)
                & (
                    Q(
                        status__in=["settled", "refunded"],
                        total_amount=F("to_buyer")
                        + F("to_seller")
                        + F("to_fees")
                        + F("to_tax")
                        + F("to_coupons")
                        - F("subsidy_amount"),
                        divided_amount=F("price_amount"),
                        settled_at__isnull=False,
                    )
                    | Q(
                        status="held",
                        total_amount__gte=F("to_buyer")
                        + F("to_seller")
                        + F("to_fees")
                        + F("to_tax")
                        + F("to_coupons")
                        - F("subsidy_amount"),
                        divided_amount__gte=0,
                        divided_amount__lte=F("price_amount"),
                        settled_at__isnull=True,
                    )
                    | Q(
                        status__in=["open", "lapsed"],
                        to_buyer=0,
                        to_seller=0,
                        to_fees=0,
                        to_tax=0,
                        to_coupons=0,
                        divided_amount=0,
                        settled_at__isnull=True,
                    )
                ),
                name="line_is_settled_to_the_last_cent",
            ),
            models.CheckConstraint(
                condition=Q(discount_amount__gte=0, discount_amount__lte=F("price_amount"), subsidy_amount__gte=0),
                name="line_costs_nothing_at_least",
            ),
            models.CheckConstraint(
                condition=Q(goodwill_amount__gte=0, goodwill_amount__lte=F("total_amount") - F("to_buyer")),
                name="line_is_not_refunded_beyond_its_total",
            ),
            models.CheckConstraint(
                condition=Q(clawed_amount__gte=0, clawed_amount__lte=F("to_seller")),
                name="line_gives_back_at_most_what_was_earned",
            ),
            models.CheckConstraint(
                condition=Q(commission_basis_points__lte=10_000, commission_fixed__gte=0, tax_basis_points__lte=10_000),
                name="line_rates_are_sane",
            ),
        ]
        indexes = [
            models.Index(fields=["seller", "releases_at"], name="held_lines_of_a_seller", condition=Q(status="held")),
            models.Index(fields=["subject_id"], name="lines_about_a_subject"),
        ]

    def __str__(self) -> str:
        return self.title

    @property
    def name(self) -> str:
        """What to call it to whoever looks."""
        return self.called or self.title

    amount = MoneyOf("price_amount")
    """The list price."""
    net = MoneyOf("net_amount")
    tax = MoneyOf("tax_amount")
    fee = MoneyOf("fee_amount")
    total = MoneyOf("total_amount")
    """What the buyer pays for it."""
    discount = MoneyOf("discount_amount")
    """What coupons took off the list price."""
    subsidy = MoneyOf("subsidy_amount")
    """What the house adds to escrow for a coupon it bears."""

    @property
    def undivided(self) -> Money:
        """The share of the list price that still waits in escrow."""
        return Money(self.price_amount - self.divided_amount, self.unit)

    @property
    def refunded(self) -> Money:
        """What the buyer got back of it."""
        return Money(self.to_buyer + self.goodwill_amount, self.unit)

    @property
    def earned_still(self) -> Money:
        """What the seller got of it and still has, as far as the house knows: less what was taken back."""
        return Money(self.to_seller - self.clawed_amount, self.unit)

    @property
    def commission(self) -> Commission:
        """The commission agreed when it was bought."""
        return Commission(self.commission_basis_points, self.commission_fixed, self.commission_rule_id)


class LinePart(Record):
    """A share of a line's list price that left escrow before the rest: a session of a package. Written once."""

    line = models.ForeignKey(OrderLine, on_delete=models.PROTECT, related_name="parts")
    key = models.CharField(max_length=200, unique=True)
    share_amount = models.BigIntegerField()
    """Of the list price."""
    to_buyer = models.BigIntegerField()
    to_seller = models.BigIntegerField()
    to_fees = models.BigIntegerField()
    to_tax = models.BigIntegerField()
    to_coupons = models.BigIntegerField()
    reason = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(share_amount__gt=0, to_buyer__gte=0, to_seller__gte=0, to_fees__gte=0, to_tax__gte=0)
                & Q(to_coupons__gte=0),
                name="part_gives_nothing_negative",
            )
        ]

    def __str__(self) -> str:
        return self.key


class CommissionRule(Record):
    """What the house keeps of a sale: a percentage and a fixed amount, for a kind of product, one seller, a variant of
    the product (a trial lesson) or a seller who sold so much this month, for a time.

    The most particular rule in force wins: a seller's before a variant's, that before a kind's, a higher turnover
    before a lower; without any, the edition's default. A rule is ended, never edited, once orders were made under it.
    """

    kind = models.CharField(max_length=32, blank=True)
    """Empty: every kind."""
    seller = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    """None: every seller."""
    variant = models.CharField(max_length=16, blank=True)
    """Only lines of this variant (`trial`); empty: every one."""
    turnover_amount = models.BigIntegerField(default=0)
    """Only sellers whose sales of this month, net, have come so far; 0: everybody."""
    unit = models.CharField(max_length=5, blank=True)
    """The currency of `fixed` and `turnover_amount`; empty when there is neither (then it holds for every currency)."""
    basis_points = models.PositiveIntegerField()
    fixed = models.BigIntegerField(default=0)
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=200, blank=True)

    class Meta:
        verbose_name, verbose_name_plural = _("commission rule"), _("commission rules")
        constraints = [
            models.CheckConstraint(condition=Q(basis_points__lte=10_000, fixed__gte=0), name="commission_is_a_share"),
            models.CheckConstraint(
                condition=Q(ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="commission_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(fixed=0, turnover_amount=0) | ~Q(unit=""), name="commission_fixed_part_has_a_currency"
            ),
            models.CheckConstraint(condition=Q(turnover_amount__gte=0), name="commission_turnover_is_not_negative"),
        ]

    def __str__(self) -> str:
        return f"{self.basis_points / 100:g} %"


class StateChange(Record):
    """One step of one thing: who moved it, when, from what, to what, and why. Written once, never changed."""

    subject = models.CharField(max_length=64)
    """`order:<id>`, `line:<id>`, `payment:<id>`, `refund:<id>`, `withdrawal:<id>`."""
    source = models.CharField(max_length=20, blank=True)
    target = models.CharField(max_length=20)
    actor = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    """None is the house itself."""
    reason = models.CharField(max_length=300, blank=True)
    """As `source_text`."""

    class Meta:
        indexes = [models.Index(fields=["subject", "id"], name="steps_of_a_thing")]

    def __str__(self) -> str:
        return f"{self.subject}: {self.source} → {self.target}"
