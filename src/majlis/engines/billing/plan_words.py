"""What periods and cycles are called, in the active language."""

from django.utils.translation import gettext, ngettext

from majlis.engines.billing.models import PlanPrice, SubscriptionPeriod
from majlis.kit import locale


def title_of(period: SubscriptionPeriod) -> str:
    """What a period is called: `Steady, Monthly`."""
    return gettext("%(plan)s, %(cycle)s") % {"plan": period.plan.title, "cycle": cycle_words(period.price)}


def cycle_words(price: PlanPrice) -> str:
    """`Monthly`, `30 days`."""
    if price.days:
        return ngettext("%(count)s day", "%(count)s days", price.days) % {"count": locale.number(price.days)}
    return str(price.get_cycle_display())
