"""What is subscribed to: plans, what they cost, what they give, and who may."""

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Exists, F, OuterRef, Q
from django.db.models.functions import Lower
from django.utils.translation import gettext_lazy as _

from majlis.engines.billing.plan_types import AccessKind, BenefitKind, Cycle, Per
from majlis.kit import clock
from majlis.kit.db import Record
from majlis.kit.money import Money, MoneyOf
from majlis.kit.translated import TranslatedField, in_language


class PlanRows(models.QuerySet["Plan"]):
    """Filters on plans."""

    def visible_to(self, person: Any) -> "PlanRows":
        """Those the person (or None: anybody) may subscribe to: active, and theirs to see if for invited people."""
        invited = PlanInvite.objects.filter(plan=OuterRef("pk"), accepted_by=person, accepted_at__isnull=False)
        mine = Q(for_invites_only=False) if person is None else Q(for_invites_only=False) | Q(Exists(invited))
        return self.filter(mine, active=True)


class Plan(Record):
    """Something to subscribe to: a name, features in words, prices by cycle and currency, and benefits.

    There is no price column: prices are rows, since a plan is sold in several currencies and cycles.
    """

    slug = models.SlugField(max_length=60, unique=True)
    family = models.CharField(max_length=40, default="membership")
    """A person has one subscription of a family at a time."""
    name = TranslatedField()
    summary = TranslatedField()
    features = models.JSONField(default=list, blank=True)
    """`[{"en": "…", "ar": "…"}, …]`: one translated sentence each."""
    trial_days = models.PositiveSmallIntegerField(default=0)
    for_invites_only = models.BooleanField(default=False)
    active = models.BooleanField(default=False)
    """Not active: a draft, or sold no more. Who has it keeps it."""
    highlighted = models.BooleanField(default=False)
    """Shown as the one most members take."""
    position = models.PositiveSmallIntegerField(default=0)
    dunning = models.JSONField(null=True, blank=True)
    """Its own dunning policy; None: the edition's."""
    created_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    changed_at = models.DateTimeField(default=clock.now)
    changed_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")

    objects = PlanRows.as_manager()

    class Meta:
        verbose_name, verbose_name_plural = _("plan"), _("plans")
        indexes = [models.Index(fields=["family", "position"], name="plans_of_a_family")]

    def __str__(self) -> str:
        return self.title

    @property
    def title(self) -> str:
        """The name in the active language."""
        return in_language(self.name) or self.slug

    @property
    def offered(self) -> list["PlanPrice"]:
        """Its current prices, where `queries.plans_for` read them along."""
        return getattr(self, "current_prices", [])

    @property
    def feature_words(self) -> list[str]:
        """The features in the active language."""
        return [in_language(each) for each in self.features]


class PlanPrice(Record):
    """What one cycle of a plan costs in one currency. Never edited once subscribed to: a new price is a new row, and
    who subscribed keeps theirs."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="prices")
    cycle = models.CharField(max_length=10, choices=Cycle.choices)
    days = models.PositiveSmallIntegerField(null=True, blank=True)
    """Of a cycle by days."""
    unit = models.CharField(max_length=5)
    full_amount = models.BigIntegerField()
    """Before the discount, minor units."""
    discount_percent = models.PositiveSmallIntegerField(default=0)
    """For choosing this cycle."""
    ended_at = models.DateTimeField(null=True, blank=True)
    """Not offered any more from then on."""
    provider = models.CharField(max_length=20, blank=True)
    """Who else knows this price and can run subscriptions to it; empty: nobody."""
    provider_ref = models.CharField(max_length=255, blank=True)
    """What they call it (Stripe's `price_…`)."""
    sold_there = models.BooleanField(default=False)
    """Whether who takes it now subscribes there, so that the provider's clock runs it."""

    class Meta:
        verbose_name, verbose_name_plural = _("price of a plan"), _("prices of plans")
        constraints = [
            models.UniqueConstraint(
                fields=["provider", "provider_ref"],
                condition=~Q(provider_ref=""),
                name="price_at_a_provider_is_one_price",
            ),
            models.CheckConstraint(
                condition=Q(provider="", provider_ref="", sold_there=False) | (~Q(provider="") & ~Q(provider_ref="")),
                name="price_at_a_provider_has_a_name_there",
            ),
            models.UniqueConstraint(
                fields=["plan", "cycle", "days", "unit"],
                condition=Q(ended_at__isnull=True),
                name="one_price_per_plan_cycle_and_currency",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(cycle="days", days__gt=0) | (~Q(cycle="days") & Q(days__isnull=True)),
                name="only_a_cycle_by_days_counts_days",
            ),
            models.CheckConstraint(
                condition=Q(full_amount__gte=0, discount_percent__lte=100), name="plan_price_is_sane"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.plan.title}: {self.price.display()}, {self.get_cycle_display()}"

    full = MoneyOf("full_amount")
    """Before the discount."""

    @property
    def price(self) -> Money:
        """What one period costs."""
        return self.full - self.full.share(self.discount_percent * 100)


class PlanBenefit(Record):
    """One thing a plan gives: so much of a counted unit, or access to something."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="benefits")
    kind = models.CharField(max_length=10, choices=BenefitKind.choices)
    unit = models.CharField(max_length=12, blank=True)
    amount = models.BigIntegerField(default=0)
    """Of the unit; of an access: how many (devices), 0 for any number."""
    per = models.CharField(max_length=6, choices=Per.choices, default=Per.PERIOD)
    carry_limit = models.BigIntegerField(default=0)
    """How much of what is left of a period may be rolled over into the next; a week's is for its week."""
    scope = models.CharField(max_length=64, blank=True)
    """What the allowance may be used for; empty: anything."""
    access = models.CharField(max_length=20, blank=True)
    """Of an access: `course`, `model`, `server`, `device`."""
    ref = models.CharField(max_length=64, blank=True)
    """Which one; `*`: every."""

    class Meta:
        verbose_name, verbose_name_plural = _("benefit of a plan"), _("benefits of plans")
        constraints = [
            models.CheckConstraint(
                condition=(Q(kind="allowance", amount__gt=0, access="") & ~Q(unit=""))
                | (Q(kind="access", unit="", amount__gte=0) & ~Q(access="")),
                name="benefit_is_an_allowance_or_an_access",
            ),
            models.CheckConstraint(
                condition=Q(carry_limit=0) | Q(kind="allowance", per="period", carry_limit__lte=F("amount")),
                name="no_more_rolls_over_than_is_given",
            ),
        ]

    def __str__(self) -> str:
        if self.kind == BenefitKind.ALLOWANCE:
            return self.given.display()
        kind = str(dict(AccessKind.choices).get(self.access, self.access))
        return kind if self.ref == "*" else f"{kind}: {self.ref}"

    given = MoneyOf("amount")
    """The allowance with its unit."""


class PlanInvite(Record):
    """A plan offered to an address. The link's secret proves the address; only its digest is kept."""

    plan = models.ForeignKey(Plan, on_delete=models.PROTECT, related_name="invites")
    email = models.EmailField(max_length=254)
    token_hash = models.CharField(max_length=64, unique=True)
    expires_at = models.DateTimeField()
    invited_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    accepted_at = models.DateTimeField(null=True)
    accepted_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, related_name="+")
    revoked_at = models.DateTimeField(null=True)

    class Meta:
        verbose_name, verbose_name_plural = _("invitation to a plan"), _("invitations to plans")
        constraints = [
            models.UniqueConstraint(
                fields=["plan", "email"],
                condition=Q(accepted_at__isnull=True, revoked_at__isnull=True),
                name="one_open_invitation_per_plan_and_address",
            ),
            models.CheckConstraint(condition=Q(email=Lower("email")), name="plan_invite_address_is_lower_case"),
            models.CheckConstraint(
                condition=Q(accepted_at__isnull=True, accepted_by__isnull=True)
                | Q(accepted_at__isnull=False, accepted_by__isnull=False),
                name="who_took_a_plan_invite_is_known",
            ),
        ]

    def __str__(self) -> str:
        return self.email


class TrialClaim(models.Model):
    """A person has had their trial of a family: one keyed digest for each address, number and account by which they
    would be known again. Says nothing about whom; stays when the account is deleted."""

    family = models.CharField(max_length=40)
    identity = models.CharField(max_length=64)
    claimed_at = models.DateTimeField(default=clock.now)
    held_for = models.UUIDField(null=True)
    """The subscription whose trial waits to be begun on a provider's page; empty: the trial was had."""

    class Meta:
        indexes = [
            models.Index(fields=["held_for"], condition=Q(held_for__isnull=False), name="trials_that_wait_for_a_page")
        ]
        constraints = [models.UniqueConstraint("family", "identity", name="one_trial_per_person_and_family")]

    def __str__(self) -> str:
        return f"{self.family} {self.identity[:8]}"
