"""Who subscribes to what, and the periods that were paid."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.models.orders import Order
from majlis.engines.billing.models.plans import Plan, PlanPrice
from majlis.engines.billing.plan_types import RUNNING, Entitlement, PeriodKind, PeriodStatus, SubscriptionStatus
from majlis.kit.db import Record
from majlis.kit.money import Money, MoneyOf


class SubscriptionRows(models.QuerySet["Subscription"]):
    """Filters on subscriptions."""

    def visible_to(self, person: Any) -> "SubscriptionRows":
        """The person's own."""
        return self.filter(person=person)

    def running(self) -> "SubscriptionRows":
        """Those that give something now."""
        return self.filter(status__in=RUNNING).exclude(entitlement=Entitlement.NONE)


class Subscription(Record):
    """One person's subscription to a plan, from its first payment (or trial) until it ends. Ended ones stay, so that a
    person has a history. Its periods say what was paid; its allowances stand in the ledger.

    There is no auto-renewal column: one that does not renew is `canceled`. There is no remaining-minutes column: the
    grants of its periods say it.
    """

    person = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    price = models.ForeignKey(PlanPrice, on_delete=models.PROTECT, related_name="+")
    next_price = models.ForeignKey(PlanPrice, on_delete=models.PROTECT, null=True, related_name="+")
    """What it changes to with the next period; None: nothing."""
    family = models.CharField(max_length=40)
    key = models.CharField(max_length=200)
    status = models.CharField(max_length=10, choices=SubscriptionStatus.choices, default=SubscriptionStatus.INCOMPLETE)
    entitlement = models.CharField(max_length=8, choices=Entitlement.choices, default=Entitlement.NONE)
    zone = models.CharField(max_length=64)
    """On whose wall its months are counted."""
    number = models.PositiveIntegerField(default=0)
    """Of its current (or last) period."""
    starts_at = models.DateTimeField(null=True)
    ends_at = models.DateTimeField(null=True)
    """The current period: from `starts_at` to before `ends_at`."""
    anchor_at = models.DateTimeField(null=True)
    cycles = models.PositiveIntegerField(default=0)
    """Months are counted from the anchor: the current period ends so many cycles after it."""
    act_at = models.DateTimeField(null=True)
    """When the worker has something to do with it; None: never."""
    past_due_since = models.DateTimeField(null=True)
    dunned_day = models.SmallIntegerField(default=-1)
    """The last day of the dunning policy that was carried out."""
    owed_amount = models.BigIntegerField(default=0)
    """Of changes of plan, for the next invoice."""
    paused_at = models.DateTimeField(null=True)
    paused_allowances = models.JSONField(default=list)
    """What was left when it was paused, to be granted again."""
    canceled_at = models.DateTimeField(null=True)
    cancel_reason = models.CharField(max_length=300, blank=True)
    ended_at = models.DateTimeField(null=True)
    return_until = models.DateTimeField(null=True)
    """Until when who left may come back at a discount."""
    returned_from = models.OneToOneField("self", on_delete=models.PROTECT, null=True, related_name="came_back")
    """The ended one whose offer to come back was taken."""
    billed_by = models.CharField(max_length=20, blank=True)
    """Whose clock it runs by: the gateway that renews and charges it, whose mirror this row is; empty: ours."""
    provider_ref = models.CharField(max_length=255, blank=True)
    """What that gateway calls it (Stripe's `sub_…`); until it exists there, the page on which it is begun."""
    look_at = models.DateTimeField(null=True)
    """When the gateway is asked next how it stands, should no webhook come."""
    seen_at = models.DateTimeField(null=True)
    """When the gateway was asked for what stands here: an older answer that comes late changes nothing."""
    resumes_at = models.DateTimeField(null=True)
    """Until when the gateway takes no payments for it."""

    objects = SubscriptionRows.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("subscription"), _("subscriptions")
        constraints = [
            models.UniqueConstraint(
                "person", "family", condition=~Q(status="ended"), name="one_live_subscription_per_family"
            ),
            models.UniqueConstraint("person", "key", name="subscription_is_made_once_per_key"),
            models.CheckConstraint(
                condition=Q(starts_at__isnull=True, ends_at__isnull=True) | Q(ends_at__gt=F("starts_at")),
                name="subscription_period_ends_after_it_starts",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["incomplete", "ended"]) | Q(starts_at__isnull=False, anchor_at__isnull=False),
                name="live_subscription_has_a_period",
            ),
            models.CheckConstraint(
                condition=Q(status="ended", ended_at__isnull=False, act_at__isnull=True)
                | (~Q(status="ended") & Q(ended_at__isnull=True)),
                name="subscription_ends_when_it_says_when",
            ),
            models.CheckConstraint(
                condition=Q(status__in=["past_due", "unpaid"], past_due_since__isnull=False)
                | (~Q(status__in=["past_due", "unpaid"]) & Q(past_due_since__isnull=True)),
                name="subscription_is_past_due_since_a_time",
            ),
            models.CheckConstraint(condition=Q(owed_amount__gte=0), name="subscription_owes_nothing_negative"),
            models.UniqueConstraint(
                fields=["billed_by", "provider_ref"],
                condition=~Q(provider_ref=""),
                name="subscription_at_a_provider_is_mirrored_once",
            ),
            models.CheckConstraint(
                condition=Q(billed_by="", provider_ref="", look_at__isnull=True)
                | (~Q(billed_by="") & Q(act_at__isnull=True)),
                name="subscription_runs_by_one_clock",
            ),
        ]
        indexes = [
            models.Index(fields=["act_at", "id"], name="subscriptions_to_act_on", condition=Q(act_at__isnull=False)),
            models.Index(fields=["person", "-id"], name="subscriptions_of_a_person"),
            models.Index(fields=["plan", "status"], name="subscriptions_of_a_plan"),
            models.Index(fields=["look_at"], name="subscriptions_to_look_at", condition=Q(look_at__isnull=False)),
        ]

    def __str__(self) -> str:
        return f"{self.plan.title}: {self.get_status_display()}"

    @property
    def subject(self) -> str:
        """What journals and grants call it."""
        return f"billing.subscription:{self.id}"

    @property
    def owed(self) -> Money:
        return Money(self.owed_amount, self.price.unit)

    @property
    def renewal(self) -> Money:
        """What the next period costs."""
        return (self.next_price or self.price).price

    def alarm(self, at: Any) -> Any:
        """What `act_at` becomes: `at`, unless a provider's clock runs it."""
        return None if self.billed_by else at

    @property
    def renews(self) -> bool:
        """Whether there will be a next period unless somebody does something."""
        return self.status in (SubscriptionStatus.TRIALING, SubscriptionStatus.ACTIVE, SubscriptionStatus.PAST_DUE)


class SubscriptionPeriod(Record):
    """One period of a subscription: what it cost, when, and the order that pays for it. A change of plan ends one early
    and begins another, so that the paid periods follow each other without a gap.

    Its money stays in escrow (the order's line is held) until it is over: what was not earned yet can come back.
    """

    subscription = models.ForeignKey(Subscription, on_delete=models.PROTECT, related_name="periods")
    number = models.PositiveIntegerField()
    kind = models.CharField(max_length=8, choices=PeriodKind.choices)
    status = models.CharField(max_length=4, choices=PeriodStatus.choices, default=PeriodStatus.OPEN)
    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="+")
    price = models.ForeignKey(PlanPrice, on_delete=models.PROTECT, related_name="+")
    unit = models.CharField(max_length=5)
    amount = models.BigIntegerField()
    """What it costs, credit included."""
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    order = models.ForeignKey(Order, on_delete=models.PROTECT, null=True, related_name="+")
    terms = models.JSONField(default=dict)
    """Of a change: its mode and amounts as they were shown."""
    provider_ref = models.CharField(max_length=255, blank=True)
    """The provider's invoice for it (Stripe's `in_…`), where it runs by a provider's clock."""

    class Meta:
        constraints = [
            models.UniqueConstraint("subscription", "number", name="period_is_opened_once"),
            models.CheckConstraint(condition=Q(ends_at__gt=F("starts_at")), name="period_ends_after_it_starts"),
            models.CheckConstraint(condition=Q(amount__gte=0), name="period_costs_nothing_negative"),
            models.UniqueConstraint(
                fields=["subscription", "provider_ref"],
                condition=~Q(provider_ref=""),
                name="invoice_of_a_provider_opens_one_period",
            ),
        ]
        indexes = [models.Index(fields=["order"], name="periods_of_an_order")]

    def __str__(self) -> str:
        return f"{self.starts_at:%Y-%m-%d} – {self.ends_at:%Y-%m-%d}"

    cost = MoneyOf("amount")
