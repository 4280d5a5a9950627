"""The words of plans and subscriptions (told through `types`)."""

from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.db import models
from django.utils.translation import gettext_lazy as _

from majlis.kit.money import Money
from majlis.kit.state import Transitions


class Cycle(models.TextChoices):
    """How long one paid period is."""

    MONTH = "month", _("Monthly")
    QUARTER = "quarter", _("Every three months")
    HALF_YEAR = "half_year", _("Every six months")
    YEAR = "year", _("Yearly")
    # So many days, said by the price.
    DAYS = "days", _("By days")


MONTHS = {Cycle.MONTH: 1, Cycle.QUARTER: 3, Cycle.HALF_YEAR: 6, Cycle.YEAR: 12}


class BenefitKind(models.TextChoices):
    # So much of a counted unit: an allowance of the ledger.
    ALLOWANCE = "allowance", _("Allowance")
    # Something may be entered or used: a course, a model, a server, so many devices.
    ACCESS = "access", _("Access")


class Per(models.TextChoices):
    # Once for every paid period.
    PERIOD = "period", _("per period")
    # For each week of the paid period, counted from its start.
    WEEK = "week", _("per week")


class AccessKind(models.TextChoices):
    """What a plan may open."""

    COURSE = "course", _("Course")
    MODEL = "model", _("Assistant's model")
    SERVER = "server", _("Server")
    # So many at a time.
    DEVICE = "device", _("Devices")


class SubscriptionStatus(models.TextChoices):
    # Asked for, not paid yet.
    INCOMPLETE = "incomplete", _("Waiting for the first payment")
    # Free until the trial ends.
    TRIALING = "trialing", _("Trial")
    ACTIVE = "active", _("Active")
    # A renewal is due and not paid; it is being tried.
    PAST_DUE = "past_due", _("Payment due")
    # Tried in vain: suspended until it is paid.
    UNPAID = "unpaid", _("Suspended")
    # The member's pause: the rest of the period waits for them.
    PAUSED = "paused", _("Paused")
    # Will not renew; good until its period ends.
    CANCELED = "canceled", _("Cancelled")
    ENDED = "ended", _("Ended")


S = SubscriptionStatus
SUBSCRIPTION_MOVES = Transitions(
    {
        S.INCOMPLETE: [S.TRIALING, S.ACTIVE, S.ENDED],
        S.TRIALING: [S.ACTIVE, S.PAST_DUE, S.CANCELED, S.ENDED],
        S.ACTIVE: [S.PAST_DUE, S.PAUSED, S.CANCELED, S.ENDED],
        S.PAST_DUE: [S.ACTIVE, S.UNPAID, S.ENDED],
        S.UNPAID: [S.ACTIVE, S.ENDED],
        S.PAUSED: [S.ACTIVE, S.ENDED],
        # Taken back before it ran out, or run out.
        S.CANCELED: [S.TRIALING, S.ACTIVE, S.ENDED],
    }
)

MIRROR_MOVES = Transitions(
    # Where a provider's clock runs it, the provider may say anything, but that what ended lives again.
    {each: [other for other in S if other not in (each, S.INCOMPLETE)] for each in S if each != S.ENDED}
)

RUNNING = (S.TRIALING, S.ACTIVE, S.PAST_DUE, S.CANCELED)
"""What gives its benefits, as far as `Entitlement` says."""


class Entitlement(models.TextChoices):
    """What a subscription gives now: a thing apart from whether it is paid."""

    FULL = "full", _("Everything")
    # A payment is late: what products count as extra is off.
    REDUCED = "reduced", _("Reduced")
    NONE = "none", _("Nothing")


class PeriodKind(models.TextChoices):
    TRIAL = "trial", _("Trial")
    FIRST = "first", _("First period")
    RENEWAL = "renewal", _("Renewal")
    # Begun by a change of plan.
    CHANGE = "change", _("Change of plan")


class PeriodStatus(models.TextChoices):
    # Ordered, not paid.
    OPEN = "open", _("Not paid yet")
    # Paid (or free), and running.
    PAID = "paid", _("Paid")
    # Its time is over; its money is earned.
    OVER = "over", _("Over")
    # Never paid.
    VOID = "void", _("Not paid")


PERIOD_MOVES = Transitions(
    {PeriodStatus.OPEN: [PeriodStatus.PAID, PeriodStatus.VOID], PeriodStatus.PAID: [PeriodStatus.OVER]}
)


class Proration(models.TextChoices):
    """How a change of plan is paid."""

    # Time left of the old is credited, the same time of the new is charged, both now; the period ends as before.
    INVOICE = "invoice", _("Pay the difference now")
    # The same difference, on the next invoice.
    PRORATE = "prorate", _("Pay the difference with the next invoice")
    # Nothing now: the new plan begins with the next period.
    NEXT_PERIOD = "next_period", _("Change when the period ends")
    # A new period begins now at its full price; nothing of the old is credited.
    RESET = "reset", _("Start a new period now")
    # A new period begins now; of the old is credited what is left both of its time and of its allowance.
    CONSUMPTION = "consumption", _("Start a new period now, with what you did not use credited")


class DunningStep(models.TextChoices):
    """What is done, so many days after a renewal was not paid."""

    RETRY = "retry", _("Try the payment again")
    WARN = "warn", _("Warn")
    REDUCE = "reduce", _("Reduce")
    SUSPEND = "suspend", _("Suspend")
    END = "end", _("End")


@dataclass(frozen=True, slots=True)
class ChangePreview:
    """What a change of plan does, computed by the object that does it."""

    mode: Proration
    at: datetime
    """When it takes effect."""
    credit: Money
    """What is credited of what was paid."""
    charge: Money
    """What the new plan costs for its time."""
    due_now: Money
    to_wallet: Money
    """What of the credit the new plan does not need: it goes to the wallet."""
    next_invoice: Money
    """What comes on top of the next invoice."""
    starts_at: datetime
    ends_at: datetime
    """The period that begins with the change."""
    renewal: Money
    """What each later period costs."""


@dataclass(frozen=True, slots=True)
class CancelPreview:
    """What cancelling does, computed by the object that does it."""

    ends_at: datetime
    """Until when the member keeps what they have."""
    back: Money
    """What goes to their wallet."""
    lost: tuple[Money, ...]
    """What is left of the allowances and would be taken back, unit by unit."""


@dataclass(frozen=True, slots=True)
class Subscribed:
    """A plan was taken."""

    subscription_id: UUID
    redirect_url: str
    """Where a provider goes on with the member; empty where we do."""
