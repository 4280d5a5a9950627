"""What periods and cycles are called, in the active language."""

from django.utils.translation import gettext, ngettext

from majlis.engines.billing.models import PlanBenefit, PlanPrice, SubscriptionPeriod
from majlis.engines.billing.plan_types import AccessKind, BenefitKind, Per
from majlis.kit import locale


def title_of(period: SubscriptionPeriod) -> str:
    """What a period is called: `Steady, Monthly`."""
    return gettext("%(plan)s, %(cycle)s") % {"plan": period.plan.title, "cycle": cycle_words(period.price)}


def cycle_words(price: PlanPrice) -> str:
    """`Monthly`, `30 days`."""
    if price.days:
        return ngettext("%(count)s day", "%(count)s days", price.days) % {"count": locale.number(price.days)}
    return str(price.get_cycle_display())


def benefit_words(benefit: PlanBenefit) -> str:
    """`60 minutes every week`, `Every course`, `5 devices at a time`."""
    if benefit.kind == BenefitKind.ALLOWANCE:
        template = gettext("%(amount)s every week") if benefit.per == Per.WEEK else gettext("%(amount)s in each period")
        return template % {"amount": benefit.given.display()}
    if benefit.access == AccessKind.DEVICE:
        if not benefit.amount:
            return gettext("Any number of devices")
        template = ngettext("%(count)s device at a time", "%(count)s devices at a time", benefit.amount)
        return template % {"count": locale.number(benefit.amount)}
    every = {
        AccessKind.COURSE: gettext("Every course"),
        AccessKind.MODEL: gettext("Every model of the assistant"),
        AccessKind.SERVER: gettext("Every server"),
    }
    if benefit.ref == "*" and benefit.access in every:
        return every[AccessKind(benefit.access)]
    kind = dict(AccessKind.choices).get(benefit.access, benefit.access)
    return gettext("%(kind)s: %(which)s") % {"kind": kind, "which": benefit.ref}
