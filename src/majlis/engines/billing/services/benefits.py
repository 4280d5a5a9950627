"""What each paid period gives, and the word before it ends."""

from datetime import datetime, timedelta
from fractions import Fraction
from math import floor

from majlis.engines.billing.models import Subscription, SubscriptionPeriod
from majlis.engines.billing.periods import weeks_of
from majlis.engines.billing.plan_types import BenefitKind, Per, SubscriptionStatus
from majlis.engines.billing.services.allowances import GrantDraft, carry_allowances, grant_allowances
from majlis.engines.billing.subscription_policies import subscription_policies
from majlis.kernel.notices import services as notices
from majlis.kit.translated import in_language

S = SubscriptionStatus
SECOND = timedelta(seconds=1)
WEEK_SECONDS = 7 * 86_400


def give_benefits(
    subscription: Subscription, period: SubscriptionPeriod, part: Fraction = Fraction(1), *, now: datetime
) -> None:
    """Grant what a period gives: a week's allowance for each of its weeks (a broken week its share), a period's for
    the whole of it, or for `part` of it; and roll over what may be rolled over."""
    language = subscription.person.language
    memo = in_language(period.plan.name, language)
    kept = period.ends_at + timedelta(days=subscription_policies().carry_days)
    for benefit in period.plan.benefits.filter(kind=BenefitKind.ALLOWANCE).order_by("id"):
        key = f"period:{period.id}:{benefit.id}"
        if benefit.per == Per.WEEK:
            drafts = [
                GrantDraft(amount, f"{key}:{number}", begins, ends)
                for number, (begins, ends) in enumerate(weeks_of(period.starts_at, period.ends_at))
                if (amount := benefit.amount * min(WEEK_SECONDS, (ends - begins) // SECOND) // WEEK_SECONDS)
            ]
        else:
            amount = floor(benefit.amount * part)
            carry = min(benefit.carry_limit, amount)
            drafts = [
                GrantDraft(amount, key, period.starts_at, period.ends_at, kept if carry else None, carry),
            ] * bool(amount)
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


def remind_of_end(subscription: Subscription) -> None:
    """Have the member reminded before the trial ends or the next payment is taken, and not of what was before."""
    notices.forget_reminders(subject=f"subscription:{subscription.id}")
    rules, trial = subscription_policies(), subscription.status == S.TRIALING
    if subscription.ends_at is None or not subscription.renewal:
        return
    at = subscription.ends_at - timedelta(days=rules.trial_remind_days if trial else rules.remind_days)
    if at <= (subscription.starts_at or at):
        return
    notices.remind(
        person_id=subscription.person_id,
        kind="trial_ending" if trial else "renewal_upcoming",
        facts={"plan": subscription.plan.name, "amount": subscription.renewal, "at": subscription.ends_at},
        link="/membership/",
        at=at,
        key=f"subscription:{subscription.id}:{subscription.number}.{subscription.cycles}.{at:%Y%m%d%H%M}:end",
    )
