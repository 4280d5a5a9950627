"""What each paid period gives, and the word before it ends."""

from datetime import datetime, timedelta
from fractions import Fraction
from math import floor

from majlis.engines.billing.models import PlanBenefit, Subscription, SubscriptionPeriod
from majlis.engines.billing.periods import weeks_of
from majlis.engines.billing.plan_types import BenefitKind, Per, SubscriptionStatus
from majlis.engines.billing.services.allowances import GrantDraft, carry_allowances, grant_allowances
from majlis.engines.billing.subscription_policies import subscription_policies
from majlis.kernel.notices import services as notices
from majlis.kernel.notices.types import Word
from majlis.kit.translated import in_language

S = SubscriptionStatus
SECOND = timedelta(seconds=1)
WEEK_SECONDS = 7 * 86_400


def give_benefits(
    subscription: Subscription, period: SubscriptionPeriod, part: Fraction = Fraction(1), *, now: datetime
) -> None:
    """Grant what a period gives: a week's allowance for each of its weeks (a broken week its share), a period's for
    the whole of it, or for `part` of it; and roll over what may be rolled over."""
    memo = in_language(period.plan.name, subscription.person.language)
    for benefit in period.plan.benefits.filter(kind=BenefitKind.ALLOWANCE).order_by("id"):
        drafts = drafts_of(benefit, period, part)
        if not drafts:
            continue
        grants = grant_allowances(
            person_id=subscription.person_id,
            unit=benefit.unit,
            drafts=drafts,
            subject=subscription.subject,
            scope=benefit.scope,
            memo=memo,
            now=now,
        )
        if benefit.carry_limit:
            carry_allowances(from_subject=subscription.subject, into=grants[0], ended_before=period.starts_at, now=now)


def drafts_of(benefit: PlanBenefit, period: SubscriptionPeriod, part: Fraction = Fraction(1)) -> list[GrantDraft]:
    """What one allowance of a plan gives in a period, or in `part` of it."""
    key = f"period:{period.id}:{benefit.id}"
    if benefit.per == Per.WEEK:
        return [
            GrantDraft(amount, f"{key}:{number}", begins, ends)
            for number, (begins, ends) in enumerate(weeks_of(period.starts_at, period.ends_at))
            if (amount := benefit.amount * min(WEEK_SECONDS, (ends - begins) // SECOND) // WEEK_SECONDS)
        ]
    amount = floor(benefit.amount * part)
    carry = min(benefit.carry_limit, amount)
    kept = period.ends_at + timedelta(days=subscription_policies().carry_days)
    return [GrantDraft(amount, key, period.starts_at, period.ends_at, kept if carry else None, carry)] * bool(amount)


def remind_of_end(subscription: Subscription) -> None:
    """Have the member reminded before the trial ends or the next payment is taken, and not of what was before."""
    notices.forget_reminders(subject=reminded(subscription))
    found = reminder_of_end(subscription)
    if found is not None:
        at, word = found
        kind = "trial_ending" if subscription.status == S.TRIALING else "renewal_upcoming"
        notices.remind(person_id=word.person_id, kind=kind, facts=word.facts, link=word.link, at=at, key=word.key)


def reminded(subscription: Subscription) -> str:
    """What reminders call it."""
    return f"subscription:{subscription.id}"


def reminder_of_end(subscription: Subscription) -> tuple[datetime, Word] | None:
    """When and of what the member is reminded, if they are."""
    rules, trial = subscription_policies(), subscription.status == S.TRIALING
    if subscription.ends_at is None or not subscription.renewal:
        return None
    at = subscription.ends_at - timedelta(days=rules.trial_remind_days if trial else rules.remind_days)
    if at <= (subscription.starts_at or at):
        return None
    return at, Word(
        subscription.person_id,
        {"plan": subscription.plan.name, "amount": subscription.renewal, "at": subscription.ends_at},
        "/membership/",
        f"{reminded(subscription)}:{subscription.number}.{subscription.cycles}.{at:%Y%m%d%H%M}:end",
    )
